#pragma once
// Crypto suites: which cipher and which tag protect RTP and RTCP.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace secure {

enum class Suite : std::uint8_t {
  AesCm128HmacSha1_80,  // RFC 4568 6.2.1
  AesCm128HmacSha1_32,  // RFC 4568 6.2.2
  AesCm192HmacSha1_80,  // RFC 6188 section 4
  AesCm192HmacSha1_32,
  AesCm256HmacSha1_80,
  AesCm256HmacSha1_32,
  AeadAes128Gcm,  // RFC 7714 14.1
  AeadAes256Gcm,
};
inline constexpr std::size_t kSuites = 8;

struct Traits {
  std::string_view name;  // as in SDP
  std::size_t key_bytes;
  std::size_t salt_bytes;
  std::size_t rtp_tag_bytes;
  std::size_t rtcp_tag_bytes;  // RFC 4568 6.2.2: a short tag is for RTP only
  bool aead;
};
const Traits& traits_of(Suite suite);
// By its name in SDP, without regard to case (RFC 4568 9.2: the ABNF's strings are).
std::optional<Suite> suite_named(std::string_view name);

}  // namespace secure
