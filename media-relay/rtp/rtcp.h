#pragma once
// A view of a compound RTCP packet (RFC 3550 6.1): one datagram, several RTCP packets.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/rtp/wire.h"

namespace rtp {

// Packet types (RFC 3550 12.1, RFC 4585 6.1, RFC 3611).
inline constexpr std::uint8_t kSenderReport = 200;
inline constexpr std::uint8_t kReceiverReport = 201;
inline constexpr std::uint8_t kSourceDescription = 202;
inline constexpr std::uint8_t kBye = 203;
inline constexpr std::uint8_t kApp = 204;
inline constexpr std::uint8_t kTransportFeedback = 205;
inline constexpr std::uint8_t kPayloadFeedback = 206;

inline constexpr std::size_t kRtcpHeaderBytes = 4;

struct RtcpPacket {
  std::uint8_t type = 0;
  std::uint8_t count = 0;  // the five bits RC, SC or FMT
  std::size_t offset = 0;  // of the packet's first byte in the datagram
  std::size_t size = 0;    // header included
};

// The packet that starts at `offset`, nullopt when there is none or when it does not fit.
std::optional<RtcpPacket> read_rtcp_packet(std::span<const std::byte> datagram, std::size_t offset);

struct Compound {
  std::uint8_t first_type = 0;
  std::uint32_t sender_ssrc = 0;  // the word behind the first header; 0 when there is none
  std::size_t packets = 0;
};

// Checks of RFC 3550 A.2 (version, lengths that add up to the datagram's), except that a compound need not begin with a
// report: RFC 5506 allows reduced-size packets.
std::optional<Compound> read_compound(std::span<const std::byte> datagram);

}  // namespace rtp
