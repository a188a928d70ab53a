#pragma once
// STUN that is authentic, whatever is in it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "media-relay/ice/agent.h"
#include "media-relay/stun/wire.h"

namespace fuzz {

inline constexpr std::string_view kPassword = "password-of-24-bytes-abc";

inline void put16(std::string& to, std::size_t at, std::size_t value) {
  to[at] = static_cast<char>(value >> 8 & 0xff);
  to[at + 1] = static_cast<char>(value & 0xff);
}

// Attributes as they came, with a right integrity and fingerprint behind them.
inline std::string seal(std::string_view attributes) {
  std::string out("\x00\x01\x00\x00\x21\x12\xa4\x42transaction!", 20);
  out.append(attributes.substr(0, attributes.size() & ~std::size_t{3}));
  put16(out, 2, out.size() - 20 + 24);
  const auto code = secure::HmacSha1(std::as_bytes(std::span(kPassword))).of(std::as_bytes(std::span(out)));
  out.append(std::string_view("\x00\x08\x00\x14", 4)).append(reinterpret_cast<const char*>(code.data()), code.size());
  put16(out, 2, out.size() - 20 + 8);
  const std::uint32_t crc = stun::crc32(out) ^ stun::kFingerprintXor;
  out.append(std::string_view("\x80\x28\x00\x04", 4));
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(crc >> shift & 0xff);
  return out;
}

}  // namespace fuzz
