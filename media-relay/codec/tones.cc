#include "media-relay/codec/tones.h"

#include <cmath>
#include <numbers>

namespace codec {
namespace {

constexpr unsigned kRate = 8000;
// ITU-T E.180 7: -10 dBm0. A full sine is 3.14 dBm0 (G.711, table 5).
const double kAmplitude = 32767 * std::pow(10, (-10 - 3.14) / 20);

}  // namespace

Audio make_tones(std::span<const Tone> tones) {
  Audio out{kRate, {}};
  for (const Tone& tone : tones) {
    const std::size_t count = std::size_t{tone.ms} * kRate / 1000;
    // Two together are as loud as one.
    const double level = kAmplitude / (tone.second_hz == 0 ? 1 : 2);
    for (std::size_t i = 0; i < count; ++i) {
      double sum = 0;
      for (const unsigned hz : {tone.first_hz, tone.second_hz})
        sum += std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / kRate);
      out.samples.push_back(static_cast<Sample>(std::lround(level * sum)));
    }
  }
  return out;
}

}  // namespace codec
