#pragma once
// RTCP where RTP is sent under a source of ours (rtp/outgoing_stream.h): what one side says about itself must be true
// of the stream that the other side hears, and what it reports on our stream must become a report on the source behind
// it (RFC 3550 7.2, RFC 8079 3.2).

#include <cstddef>
#include <optional>
#include <span>

#include "media-relay/rtp/outgoing_stream.h"

namespace rtp {

struct Direction {
  // Carries the speaker's media to the one that gets this RTCP; null: it goes under the speaker's own SSRC and numbers.
  const OutgoingStream* forward = nullptr;
  // Carries the media of that one to the speaker, whose reports are about it; null: likewise.
  const OutgoingStream* backward = nullptr;
};

// Rewrites a compound that has passed `read_compound` in place and returns its size, which is never more than before;
// nullopt: nothing is left of it.
//
// - SR: our SSRC, its RTP timestamp on our time line, and what we have sent (packets, octets). Of a source whose media
//   did not pass it becomes an RR, for there is no time line to put it on.
// - Report blocks, and XR blocks, on our stream are on the source behind it; on anything else they are left out.
// - SDES: our SSRC. APP and feedback (RFC 4585, RFC 5104, REMB): sender and media source, PIDs of NACK, SSRCs in FCI.
// - BYE: left out. A source that goes is followed by another one, and our stream ends with the flow.
std::optional<std::size_t> translate(std::span<std::byte> compound, const Direction& direction);

// What is said of our stream while we are its source: SR and CNAME (RFC 3550 6.1, 6.4.1). The time in it is that since
// the worker's start, which has no calendar. Returns the size; `out` must have room for kOwnReportBytes.
inline constexpr std::size_t kOwnReportBytes = 48;
std::size_t write_own_report(std::span<std::byte> out, const OutgoingStream& stream, base::Instant now);

// The last words of our stream: an empty RR, a CNAME and BYE (RFC 3550 6.1, 6.6). Returns the size; `out` must have
// room for kFarewellBytes.
inline constexpr std::size_t kFarewellBytes = 36;
std::size_t write_farewell(std::span<std::byte> out, std::uint32_t ssrc);

}  // namespace rtp
