#pragma once
// Comfort noise (RFC 3389): what a silent stretch sounds like, in a few bytes.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+--+--+-...-+--+
//   |0|   level     |N1|N2| ... |NM|      level: -dBov; N: reflection coefficients
//   +-+-+-+-+-+-+-+-+--+--+-...-+--+
//   (RFC 3389 3.3)

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/codec/format.h"
#include "media-relay/codec/limits.h"

namespace codec {

struct ComfortNoise {
  std::uint8_t level = 127;  // 0: as loud as can be; 127: nearly nothing
  std::array<float, kMaxNoiseOrder> reflection{};
  std::size_t order = 0;
};

// nullopt: empty, or a level with its first bit set, or a reserved coefficient (3.1, 3.2). Coefficients past the
// highest order used are left out.
std::optional<ComfortNoise> read_comfort_noise(std::span<const std::byte> payload);
// The level of this audio, 0 to 127: the payload of a packet with nothing but its energy (3.3: a model of order 0).
std::uint8_t noise_level_of(std::span<const Sample> audio);

// Makes noise as it was last told. Repeatable: it is to be heard, not to be unpredictable.
class NoiseGenerator {
 public:
  explicit NoiseGenerator(std::uint32_t seed = 1) : state_(seed | 1) {}
  void tell(const ComfortNoise& noise);
  void fill(std::span<Sample> out);

 private:
  float white();

  std::uint32_t state_;
  float gain_ = 0;
  ComfortNoise noise_;
  std::array<float, kMaxNoiseOrder + 1> memory_{};  // of the lattice filter
};

}  // namespace codec
