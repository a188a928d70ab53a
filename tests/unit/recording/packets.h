#pragma once
// RTP as it comes, and files as they are found.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/rtp/header.h"

namespace recording {

inline base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

struct Rtp {
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 1;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 7;
};

inline std::vector<std::byte> rtp(const Rtp& fields, std::size_t samples, std::uint8_t value) {
  std::vector<std::byte> out(12 + samples, static_cast<std::byte>(value));
  out[0] = std::byte{0x80};
  out[1] = static_cast<std::byte>(fields.payload_type);
  const auto put = [&out](std::size_t at, std::uint32_t number, std::size_t size) {
    for (std::size_t i = size; i-- > 0; number >>= 8) out[at + i] = static_cast<std::byte>(number & 0xff);
  };
  put(2, fields.sequence, 2);
  put(4, fields.timestamp, 4);
  put(8, fields.ssrc, 4);
  return out;
}

inline std::vector<std::byte> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

inline std::uint32_t little(const std::vector<std::byte>& bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

inline std::uint32_t big(const std::vector<std::byte>& bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

}  // namespace recording
