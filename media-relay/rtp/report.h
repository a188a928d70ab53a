#pragma once
// What the two ends of a stream report to each other, read as it passes: reception reports (RFC 3550 6.4), the VoIP
// metrics of extended reports (RFC 3611 4.7), and from both the round trip between us and the one that reports.
//
// The reports of one side speak of what we sent there. When its report names a sender report (LSR) that we passed on to
// it a moment ago, then the time since then, less what it says it waited (DLSR), is the way there and back (RFC 3550
// 6.4.1). The peer's clock takes no part in it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/base/time.h"
#include "media-relay/rtp/rtcp.h"

namespace rtp {

inline constexpr std::uint8_t kExtendedReport = 207;  // RFC 3611 2

struct ReportBlock {
  std::uint32_t ssrc = 0;          // of the stream that is reported on
  std::uint8_t fraction_lost = 0;  // of 256, since its last report
  std::int32_t lost = 0;           // since the stream began; 24 bits, signed
  std::uint32_t jitter = 0;        // ticks of the stream's clock
  std::uint32_t last_report = 0;   // middle 32 bits of the NTP time in the last sender report; 0: none came
  std::uint32_t delay = 0;         // since then, 1/65536 s

  template <typename Carrier>
  void carry(Carrier& c) {
    c(ssrc, fraction_lost, lost, jitter, last_report, delay);
  }
};

// RFC 3611 4.7, as far as somebody looks at it.
struct VoipMetrics {
  std::uint8_t loss_rate = 0;     // of 256
  std::uint8_t discard_rate = 0;  // of 256: came too late for the jitter buffer
  std::uint8_t mos_lq = 127;      // listening quality, times 10; 127: not known
  std::uint8_t mos_cq = 127;      // conversational quality, likewise

  template <typename Carrier>
  void carry(Carrier& c) {
    c(loss_rate, discard_rate, mos_lq, mos_cq);
  }
};

// Whether a compound that has passed read_compound has a report block or feedback (RFC 4585) on this stream.
bool reports_on(std::span<const std::byte> compound, std::uint32_t ssrc);

class PeerReports {
 public:
  // A compound that goes to this peer, and one that came from it. Both must have passed read_compound.
  void told(std::span<const std::byte> compound, base::Instant now);
  void heard(std::span<const std::byte> compound, base::Instant now);

  // Smoothed like a TCP round trip; nullopt while none was measured.
  std::optional<base::Duration> round_trip() const { return round_trip_; }
  // The last block about the stream that it hears; nullopt: it reported none.
  const std::optional<ReportBlock>& block() const { return block_; }
  const std::optional<VoipMetrics>& voip() const { return voip_; }

  // Without the sender reports that are on their way: who answers one over a restart gives a wrong round trip.
  template <typename Carrier>
  void carry(Carrier& c) {
    c(round_trip_, block_, voip_);
  }

 private:
  // Sender reports come seconds apart (RFC 3550 6.2), and a report answers one of the last few.
  static constexpr std::size_t kStamps = 4;
  struct Stamp {
    std::uint32_t ntp = 0;  // 0: unused
    base::Instant at{};
  };

  void take(const ReportBlock& block, base::Instant now);
  void read_extended(std::span<const std::byte> packet);

  std::array<Stamp, kStamps> stamps_;
  std::size_t next_ = 0;
  std::optional<base::Duration> round_trip_;
  std::optional<ReportBlock> block_;
  std::optional<VoipMetrics> voip_;
};

}  // namespace rtp
