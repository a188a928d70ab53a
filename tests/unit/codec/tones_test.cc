#include "media-relay/codec/tones.h"

#include <gtest/gtest.h>

#include <array>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

TEST(Tones, AreHeardForTheirTimeAtTheirFrequencies) {
  const std::array<Tone, 3> plan{{{425, 0, 500}, {0, 0, 250}, {440, 480, 250}}};
  const Audio audio = make_tones(plan);
  ASSERT_EQ(audio.rate, 8000U);
  ASSERT_EQ(audio.samples.size(), 8000U);
  const std::span<const Sample> all(audio.samples);
  EXPECT_GT(share_of(all.first(4000), 425, 8000), 0.95);
  EXPECT_EQ(rms(all.subspan(4000, 2000)), 0);
  EXPECT_GT(share_of(all.subspan(6000, 2000), 440, 8000), 0.4);
  EXPECT_GT(share_of(all.subspan(6000, 2000), 480, 8000), 0.4);
}

TEST(Tones, AreAsLoudAsANetworksTones) {
  const std::array<Tone, 1> plan{{{425, 0, 1000}}};
  // ITU-T E.180: -10 dBm0; a full sine (3.14 dBm0) has an RMS of 32767 / sqrt(2).
  EXPECT_NEAR(20 * std::log10(rms(make_tones(plan).samples) / (32767 / std::sqrt(2.0))) + 3.14, -10, 0.1);
}

}  // namespace
}  // namespace codec
