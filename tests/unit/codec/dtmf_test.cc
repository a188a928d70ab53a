#include "media-relay/codec/dtmf.h"

#include <gtest/gtest.h>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

std::vector<Sample> pressed(char key, unsigned ms, int level = -9) {
  std::vector<Sample> out(std::size_t{ms} * 8);
  DtmfTone::of(key, level)->fill(out);
  return out;
}

TEST(Dtmf, EveryKeyIsHeardOnceWithItsEnd) {
  for (const char key : kDtmfKeys) {
    DtmfDetector detector;
    std::vector<DtmfDetector::Change> changes;
    const auto audio = pressed(key, 100);
    const std::vector<Sample> silence(800);
    for (std::size_t at = 0; at < audio.size(); at += 160) detector.listen(std::span(audio).subspan(at, 160), changes);
    detector.listen(silence, changes);
    ASSERT_EQ(changes.size(), 2U) << key;
    EXPECT_EQ(changes[0].key, key);
    EXPECT_NEAR(changes[0].level_dbm0, -6, 4) << key;  // of both tones together
    EXPECT_EQ(changes[1].key, 0) << key;
  }
}

TEST(Dtmf, IsHeardThroughG711) {
  for (const Coding law : {Coding::Pcmu, Coding::Pcma}) {
    DtmfDetector detector;
    std::vector<DtmfDetector::Change> changes;
    const auto audio = round_trip(*make_encoder(law, 8000), *make_decoder(law, 8000), pressed('5', 80), 20);
    detector.listen(audio, changes);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].key, '5');
  }
}

TEST(Dtmf, OneToneOrNoiseIsNoKey) {
  DtmfDetector detector;
  std::vector<DtmfDetector::Change> changes;
  detector.listen(tone(697, 8000, 8000), changes);
  detector.listen(tone(1336, 8000, 8000), changes);
  detector.listen(tone(440, 8000, 8000), changes);
  EXPECT_TRUE(changes.empty());
}

TEST(Dtmf, TonesHaveTheirTwoFrequenciesAndNeverClip) {
  const auto audio = pressed('1', 200, 3);
  EXPECT_NEAR(share_of(audio, 697, 8000), 0.5, 0.05);
  EXPECT_NEAR(share_of(audio, 1209, 8000), 0.5, 0.05);
  for (const Sample s : audio) EXPECT_LT(std::abs(int{s}), 32767);
}

TEST(Dtmf, OtherCharactersAreNoKeys) {
  for (const char c : {'\0', 'E', 'a', ' ', '-'}) EXPECT_FALSE(DtmfTone::of(c)) << c;
}

}  // namespace
}  // namespace codec
