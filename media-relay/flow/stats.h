#pragma once
// What a flow has counted: a plain copy, taken between two batches.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/spec.h"
#include "media-relay/rtp/report.h"

namespace flow {

// From a packet's receipt to its sending, inside the relay.
struct Residence {
  std::uint64_t packets = 0;
  base::Duration sum{};
  base::Duration longest{};
  void add(base::Duration stay) {
    ++packets;
    sum += stay;
    longest = std::max(longest, stay);
  }
};

// What one side has sent to us ("in") and what we have sent to it ("out").
struct PacketCounts {
  std::uint64_t rtp_packets_in = 0;  // accepted from the right source, whether forwarded or not
  std::uint64_t rtp_bytes_in = 0;    // UDP payload
  std::uint64_t rtcp_packets_in = 0;
  std::uint64_t rtcp_bytes_in = 0;
  std::uint64_t rtp_packets_out = 0;
  std::uint64_t rtp_bytes_out = 0;
  std::uint64_t rtcp_packets_out = 0;
  std::uint64_t rtcp_bytes_out = 0;
  Residence residence;  // of packets from this side

  template <typename Carrier>
  void carry(Carrier& c) {
    c(rtp_packets_in, rtp_bytes_in, rtcp_packets_in, rtcp_bytes_in, rtp_packets_out, rtp_bytes_out, rtcp_packets_out,
      rtcp_bytes_out);
  }
};

struct HalfStats : PacketCounts {
  DropCounts drops{};  // of packets that arrived from this side

  // Reception as RFC 3550 6.4.1 and A.3 count it, summed over the sources (SSRC) heard one after another.
  std::uint64_t expected = 0;
  std::int64_t lost = 0;    // negative when there were more duplicates than losses
  base::Duration jitter{};  // interarrival jitter (A.8) of the present source; zero while its clock is not known
  std::uint32_t ssrc = 0;   // of the present source
  std::uint32_t ssrc_changes = 0;
  std::uint8_t payload_type = 0;  // of the last RTP packet

  // What this peer reports of the stream that it gets from us: rtp/report.h.
  std::optional<base::Duration> round_trip;  // between us and it
  std::optional<rtp::ReportBlock> reported;
  std::optional<rtp::VoipMetrics> voip;

  std::optional<base::Endpoint> latched_rtp;  // learned sources
  std::optional<base::Endpoint> latched_rtcp;
  std::optional<base::Duration> silent_for;  // since the last accepted packet; nullopt: there was none
};

struct Stats {
  std::array<HalfStats, 2> half;  // by index_of(Side)
  const HalfStats& a() const { return half[0]; }
  const HalfStats& b() const { return half[1]; }
};

}  // namespace flow
