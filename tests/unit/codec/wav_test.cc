#include "media-relay/codec/wav.h"

#include <gtest/gtest.h>

#include <string>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

std::string le(std::uint32_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  return out;
}
std::string chunk(const std::string& name, const std::string& body) {
  return name + le(static_cast<std::uint32_t>(body.size()), 4) + body +
         (body.size() % 2 != 0 ? std::string(1, '\0') : "");
}
struct Fmt {
  unsigned tag = 1, channels = 1, rate = 8000, bits = 16;
};
std::string fmt(const Fmt& f) {
  return chunk("fmt ", le(f.tag, 2) + le(f.channels, 2) + le(f.rate, 4) + le(f.rate * f.channels * f.bits / 8, 4) +
                           le(f.channels * f.bits / 8, 2) + le(f.bits, 2));
}
std::string riff(const std::string& chunks) {
  return "RIFF" + le(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
}
auto read(const std::string& file) {
  return read_wav(std::as_bytes(std::span(file)));
}

TEST(Wav, ReadsLinearSamplesBehindOtherChunks) {
  const auto audio =
      read(riff(chunk("LIST", "abc") + fmt({}) + chunk("data", le(1, 2) + le(0xffff, 2) + le(0x8000, 2))));
  ASSERT_TRUE(audio) << audio.error();
  EXPECT_EQ(audio->rate, 8000U);
  EXPECT_EQ(audio->samples, (std::vector<Sample>{1, -1, -32768}));
}

TEST(Wav, MakesOneChannelOfTwo) {
  const auto audio = read(riff(fmt({.channels = 2, .rate = 48'000}) + chunk("data", le(100, 2) + le(300, 2))));
  ASSERT_TRUE(audio) << audio.error();
  EXPECT_EQ(audio->rate, 48'000U);
  EXPECT_EQ(audio->samples, (std::vector<Sample>{200}));
}

TEST(Wav, ReadsBothLawsOfG711) {
  const auto mu = read(riff(fmt({.tag = 7, .bits = 8}) + chunk("data", "\xff\x80")));
  ASSERT_TRUE(mu) << mu.error();
  EXPECT_EQ(mu->samples[0], 0);
  EXPECT_GT(mu->samples[1], 32'000);
  const auto a = read(riff(fmt({.tag = 6, .bits = 8}) + chunk("data", "\xd5\xaa")));
  ASSERT_TRUE(a) << a.error();
  EXPECT_LT(std::abs(int{a->samples[0]}), 16);
  EXPECT_GT(a->samples[1], 32'000);
}

// A recorder that was stopped hard leaves the size at its largest.
TEST(Wav, EndsWithTheFileWhenTheDataSaysMore) {
  const auto audio = read(riff(fmt({}) + "data" + le(0xffffffff, 4) + le(7, 2)));
  ASSERT_TRUE(audio) << audio.error();
  EXPECT_EQ(audio->samples, (std::vector<Sample>{7}));
}

TEST(Wav, SaysWhatIsWrong) {
  const std::string data = chunk("data", "ab");
  const struct {
    std::string file;
    std::string error;
  } cases[] = {
      {"", "expected a RIFF WAVE file"},
      {"RIFFxxxxAVI ", "expected a RIFF WAVE file"},
      {riff(data), "expected a fmt chunk before the data"},
      {riff(fmt({})), "expected a data chunk"},
      {riff(fmt({}) + chunk("data", "a")), "expected samples, got none"},
      {riff(chunk("fmt ", "short") + data), "fmt chunk: expected 16 bytes, got 5"},
      {riff(fmt({.tag = 3}) + data), "format: expected 1 (linear), 6 (A-law) or 7 (mu-law), got 3"},
      {riff(fmt({.channels = 3}) + data), "channels: expected 1 or 2, got 3"},
      {riff(fmt({.channels = 0}) + data), "channels: expected 1 or 2, got 0"},
      {riff(fmt({.rate = 44'100}) + data), "sample rate: expected 8000, 16000 or 48000, got 44100"},
      {riff(fmt({.bits = 24}) + data), "bits in a sample: expected 16, got 24"},
  };
  for (const auto& c : cases) {
    const auto audio = read(c.file);
    ASSERT_FALSE(audio) << c.error;
    EXPECT_EQ(audio.error(), c.error);
  }
}

TEST(Wav, MayBeAsLongAsTheLimitAndNoLonger) {
  const std::string head = riff(fmt({}) + "data" + le(0xffffffff, 4));
  std::string file = head + std::string(kMaxWavBytes - head.size(), '\0');
  EXPECT_TRUE(read(file));
  file.push_back('\0');
  EXPECT_FALSE(read(file));
}

TEST(Wav, IsHeardTheSameAtAnotherRate) {
  const Audio in{48'000, tone(1000, 48'000, 96'000)};
  for (const unsigned rate : {8000U, 16'000U, 48'000U}) {
    const Audio out = resampled(in, rate);
    EXPECT_EQ(out.rate, rate);
    EXPECT_NEAR(static_cast<double>(out.samples.size()), rate * 2, 8);
    EXPECT_GT(share_of(std::span(out.samples).subspan(1000), 1000, rate), 0.98);
  }
}

}  // namespace
}  // namespace codec
