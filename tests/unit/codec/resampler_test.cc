#include "media-relay/codec/resampler.h"

#include <gtest/gtest.h>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

TEST(Resampler, KeepsToneLevelAndLengthBetweenAllRates) {
  for (const unsigned from : {8000U, 16'000U, 48'000U})
    for (const unsigned to : {8000U, 16'000U, 48'000U}) {
      Resampler resampler(from, to);
      const auto in = tone(1000, from, from);
      std::vector<Sample> out, room(kMaxSamples);
      for (std::size_t at = 0; at < in.size(); at += from / 50) {
        const auto made = resampler.run(std::span(in).subspan(at, from / 50), room);
        out.insert(out.end(), made.begin(), made.end());
      }
      EXPECT_NEAR(static_cast<double>(out.size()), to, 1) << from << " to " << to;
      const auto later = std::span(out).subspan(out.size() / 2);
      EXPECT_GT(share_of(later, 1000, to), 0.98) << from << " to " << to;
      EXPECT_NEAR(rms(later) / rms(in), 1, 0.05) << from << " to " << to;
    }
}

// What 8000 samples cannot hold must not come back as another tone.
TEST(Resampler, TakesAwayWhatTheLowerRateCannotHold) {
  Resampler resampler(16'000, 8000);
  const auto in = tone(6000, 16'000, 16'000);
  std::vector<Sample> room(16'001);
  EXPECT_LT(rms(resampler.run(in, room)), rms(in) / 30);
}

}  // namespace
}  // namespace codec
