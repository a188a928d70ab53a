#include "media-relay/control/sound.h"

#include <gtest/gtest.h>

#include "media-relay/control/limits.h"

namespace control {
namespace {

TEST(Sound, NamesHaveNoPath) {
  for (const char* good : {"busy", "All-circuits_busy.de", "7"}) EXPECT_TRUE(sound_problem(good).empty()) << good;
  for (const char* bad : {"", "../etc/passwd", "a/b", ".hidden", "-x", "a b", "a\\b", "busy\n", "b\xc3\xbc"})
    EXPECT_FALSE(sound_problem(bad).empty()) << bad;
  EXPECT_TRUE(sound_problem(std::string(kMaxSoundNameBytes, 'a')).empty());
  EXPECT_FALSE(sound_problem(std::string(kMaxSoundNameBytes + 1, 'a')).empty());
}

TEST(Sound, TonesAreSpelledOut) {
  EXPECT_EQ(read_tones("tone:425/1000,0/4000"), (std::vector<Tone>{{425, 0, 1000}, {0, 0, 4000}}));
  EXPECT_EQ(read_tones("tone:440+480/2000"), (std::vector<Tone>{{440, 480, 2000}}));
}

TEST(Sound, BadTonesSayWhatWasExpected) {
  for (const char* bad : {"tone:", "tone:425", "tone:425/", "tone:/100", "tone:425/5", "tone:425/10001", "tone:20/100",
                          "tone:3401/100", "tone:0+440/100", "tone:440+/100", "tone:425/100;0/100", "tone:425/-1",
                          "tone:425/9000,425/9000,425/9000,425/9000"}) {
    const std::string problem = sound_problem(bad);
    EXPECT_NE(problem.find("expected tones as in"), std::string::npos) << bad << ": " << problem;
  }
  std::string many = "tone:425/10";
  for (std::size_t i = 1; i < kMaxTones; ++i) many += ",425/10";
  EXPECT_TRUE(sound_problem(many).empty());
  EXPECT_FALSE(sound_problem(many + ",425/10").empty());
}

}  // namespace
}  // namespace control
