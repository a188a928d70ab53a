#pragma once
// Arithmetic of 16-bit sequence numbers, which wrap (RFC 3550 A.1).

#include <cstdint>

namespace rtp {

// How far `to` is ahead of `from`, between -32768 and 32767.
constexpr std::int32_t sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}

constexpr bool is_newer(std::uint16_t a, std::uint16_t b) {
  return sequence_distance(b, a) > 0;
}

}  // namespace rtp
