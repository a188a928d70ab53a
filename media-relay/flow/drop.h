#pragma once
// Why a packet was not forwarded. Each drop is counted once, under the first reason met.

#include <array>
#include <cstdint>
#include <string_view>

namespace flow {

enum class Drop : std::uint8_t {
  NoFlow,         // the port belongs to no flow
  Empty,          // no bytes: a keep-alive (RFC 6263 4.1)
  Stun,           // RFC 7983: 0..3; no ICE agent on this flow
  Dtls,           // RFC 7983: 20..63; no DTLS on this flow
  NotMedia,       // neither RTP nor RTCP by its first bytes
  MalformedRtp,   // RFC 3550 5.1, A.1
  MalformedRtcp,  // RFC 3550 A.2
  WrongPort,      // RTP on the RTCP port, or RTCP there after multiplexing was agreed
  WrongSource,    // not the signalled or learned source
  NotAllowed,     // may not be learned: outside the permitted prefixes
  WindowClosed,   // may not be learned: no signalling for too long
  Probation,      // a candidate that has not shown a second packet in sequence yet
  NotReceiving,   // RTP from a side that is not received from (sendonly, inactive)
  NotSending,     // RTP towards a side that is not sent to
  NoDestination,  // the other side's address is not known (or is 0.0.0.0)
  Loop,           // the destination is one of our own ports of this flow
};
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(Drop::Loop) + 1;

std::string_view name_of(Drop reason);  // "no_flow", "wrong_source": label of a metric

using DropCounts = std::array<std::uint64_t, kDropReasons>;

}  // namespace flow
