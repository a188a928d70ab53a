#include "media-relay/codec/comfort_noise.h"

#include <algorithm>
#include <cmath>

namespace codec {
namespace {

constexpr float kOverload = 32768.0F;  // 3.1: 0 dBov is a square wave of this
// Uniform noise between -1 and 1 has a power of one third.
const float kWhiteToUnit = std::sqrt(3.0F);

Sample clipped(float value) {
  return static_cast<Sample>(std::lround(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace

std::optional<ComfortNoise> read_comfort_noise(std::span<const std::byte> payload) {
  if (payload.empty() || static_cast<unsigned>(payload[0]) > 127) return std::nullopt;
  ComfortNoise out;
  out.level = static_cast<std::uint8_t>(payload[0]);
  for (const std::byte b : payload.subspan(1)) {
    const int n = static_cast<int>(b);
    if (n == 255) return std::nullopt;
    if (out.order < kMaxNoiseOrder) out.reflection[out.order++] = static_cast<float>(258 * (n - 127)) / 32768.0F;
  }
  return out;
}

std::uint8_t noise_level_of(std::span<const Sample> audio) {
  double power = 0;
  for (const Sample s : audio) power += double{1} * s * s;
  if (power <= 0) return 127;
  const double rms = std::sqrt(power / static_cast<double>(audio.size()));
  return static_cast<std::uint8_t>(std::lround(std::clamp(-20 * std::log10(rms / double{kOverload}), 0.0, 127.0)));
}

void NoiseGenerator::tell(const ComfortNoise& noise) {
  noise_ = noise;
  // The filter of reflection coefficients k raises the power by the product of 1 / (1 - k^2): taken back here, so that
  // the level is that of what is heard.
  float shrink = 1;
  for (std::size_t i = 0; i < noise.order; ++i) shrink *= 1 - noise.reflection[i] * noise.reflection[i];
  gain_ = kOverload * std::pow(10.0F, -static_cast<float>(noise.level) / 20) * kWhiteToUnit *
          std::sqrt(std::max(shrink, 0.0F));
}

float NoiseGenerator::white() {
  // xorshift32
  state_ ^= state_ << 13;
  state_ ^= state_ >> 17;
  state_ ^= state_ << 5;
  return static_cast<float>(static_cast<std::int32_t>(state_)) / 2147483648.0F;
}

void NoiseGenerator::fill(std::span<Sample> out) {
  for (Sample& sample : out) {
    // All-pole lattice, from the highest order down.
    float forward = gain_ * white();
    for (std::size_t i = noise_.order; i-- > 0;) {
      forward -= noise_.reflection[i] * memory_[i];
      memory_[i + 1] = memory_[i] + noise_.reflection[i] * forward;
    }
    memory_[0] = forward;
    sample = clipped(forward);
  }
}

}  // namespace codec
