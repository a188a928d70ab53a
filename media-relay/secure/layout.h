#pragma once
// Where the parts of a protected packet are. Only what protection needs is looked at: whether a payload makes sense is
// for those to judge who see it in clear.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/secure/suite.h"

namespace secure {

struct RtpLayout {
  std::size_t header_bytes = 0;  // with CSRC list and header extension
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
};
// nullopt unless version 2 and a whole header are there.
std::optional<RtpLayout> read_rtp_layout(std::span<const std::byte> packet);

inline constexpr std::size_t kRtcpClearBytes = 8;  // first header and SSRC (RFC 3711 3.4)
struct RtcpLayout {
  std::uint32_t ssrc = 0;
};
std::optional<RtcpLayout> read_rtcp_layout(std::span<const std::byte> packet);

// What lies behind a protected packet.
struct Tail {
  std::size_t bytes = 0;    // all of it
  std::size_t mki_at = 0;   // counted from the end of the packet's own bytes
  std::size_t word_at = 0;  // RTCP: E flag and index
};
Tail rtp_tail(const Traits& traits, std::size_t mki_bytes);
Tail rtcp_tail(const Traits& traits, std::size_t mki_bytes);

std::uint32_t read_word(std::span<const std::byte> bytes, std::size_t at);

}  // namespace secure
