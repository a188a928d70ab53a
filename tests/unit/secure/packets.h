#pragma once
// Packets and keys of the tests.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/secure/context.h"

namespace secure {

using Bytes = std::vector<std::byte>;

inline Bytes hex(std::string_view text) {
  Bytes out;
  int high = -1;
  for (const char c : text) {
    int digit = 0;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      digit = c - 'A' + 10;
    else
      continue;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  return out;
}

inline base::Secret secret(std::string_view text) {
  return base::Secret(hex(text));
}

inline Bytes random_bytes(base::Random& random, std::size_t size) {
  Bytes out(size);
  random.fill(out);
  return out;
}

inline Parameters parameters_for(Suite suite, base::Random& random, std::vector<std::string> mkis = {""}) {
  Parameters out{suite, {}};
  const std::size_t size = traits_of(suite).key_bytes + traits_of(suite).salt_bytes;
  for (std::string& mki : mkis) out.keys.push_back({base::Secret(random_bytes(random, size)), std::move(mki)});
  return out;
}

struct RtpShape {
  std::uint32_t ssrc = 0x12345678;
  std::uint16_t sequence = 1;
  unsigned csrcs = 0;
  unsigned extension_words = 0;  // 0: no extension
  std::size_t payload = 160;
  std::uint8_t padding = 0;
};

inline Bytes rtp(const RtpShape& shape, std::byte fill = std::byte{0x55}) {
  Bytes out(12);
  out[0] = static_cast<std::byte>(0x80 | shape.csrcs | (shape.extension_words != 0 ? 0x10U : 0U) |
                                  (shape.padding != 0 ? 0x20U : 0U));
  out[2] = static_cast<std::byte>(shape.sequence >> 8);
  out[3] = static_cast<std::byte>(shape.sequence);
  for (unsigned i = 0; i < 4; ++i) out[8 + i] = static_cast<std::byte>(shape.ssrc >> (24 - 8 * i));
  out.resize(out.size() + std::size_t{4} * shape.csrcs, std::byte{0xc5});
  if (shape.extension_words != 0) {
    out.insert(out.end(),
               {std::byte{0xbe}, std::byte{0xde}, std::byte{0}, static_cast<std::byte>(shape.extension_words)});
    out.resize(out.size() + std::size_t{4} * shape.extension_words, std::byte{0xee});
  }
  out.resize(out.size() + shape.payload, fill);
  if (shape.padding != 0) {
    out.resize(out.size() + shape.padding, std::byte{0});
    out.back() = static_cast<std::byte>(shape.padding);
  }
  return out;
}

// A receiver report with one block, and a source description.
inline Bytes rtcp(std::uint32_t ssrc = 0x12345678) {
  Bytes out =
      hex("81c90007 00000000 11111111 22222222 33333333 44444444 55555555 66666666"
          "81ca0003 00000000 0104 6e616d65 0000");
  for (const std::size_t at : {std::size_t{4}, std::size_t{36}})
    for (unsigned i = 0; i < 4; ++i) out[at + i] = static_cast<std::byte>(ssrc >> (24 - 8 * i));
  return out;
}

inline std::expected<Bytes, Refusal> seal_rtp(Sender& sender, Bytes packet) {
  const std::size_t size = packet.size();
  packet.resize(size + kMaxGrowthBytes);
  const Outcome sealed = sender.protect_rtp(packet, size);
  if (!sealed) return std::unexpected(sealed.error());
  packet.resize(*sealed);
  return packet;
}
inline std::expected<Bytes, Refusal> seal_rtcp(Sender& sender, Bytes packet) {
  const std::size_t size = packet.size();
  packet.resize(size + kMaxGrowthBytes);
  const Outcome sealed = sender.protect_rtcp(packet, size);
  if (!sealed) return std::unexpected(sealed.error());
  packet.resize(*sealed);
  return packet;
}
inline std::expected<Bytes, Refusal> open_rtp(Receiver& receiver, Bytes packet) {
  const Outcome opened = receiver.unprotect_rtp(packet);
  if (!opened) return std::unexpected(opened.error());
  packet.resize(*opened);
  return packet;
}
inline std::expected<Bytes, Refusal> open_rtcp(Receiver& receiver, Bytes packet) {
  const Outcome opened = receiver.unprotect_rtcp(packet);
  if (!opened) return std::unexpected(opened.error());
  packet.resize(*opened);
  return packet;
}

inline constexpr std::array kAllSuites{
    Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32, Suite::AesCm192HmacSha1_80, Suite::AesCm192HmacSha1_32,
    Suite::AesCm256HmacSha1_80, Suite::AesCm256HmacSha1_32, Suite::AeadAes128Gcm,       Suite::AeadAes256Gcm};
inline constexpr std::array kEngines{Engine::OpenSsl, Engine::Libsrtp};

}  // namespace secure
