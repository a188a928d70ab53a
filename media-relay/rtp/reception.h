#pragma once
// Reception statistics of one side: extended sequence numbers, loss and interarrival jitter as RFC 3550 A.1, A.3 and
// A.8 have them, carried on when the source (SSRC) changes.

#include <cstdint>

#include "media-relay/base/time.h"
#include "media-relay/rtp/clock_rate.h"
#include "media-relay/rtp/header.h"

namespace rtp {

// RFC 3550 A.1: a jump ahead that is still a gap, and a step back that is still late; anything else is a restart if the
// next packet confirms it.
inline constexpr std::uint16_t kMaxDropout = 3000;
inline constexpr std::uint16_t kMaxMisorder = 100;

class Reception {
 public:
  void on_packet(const Header& header, base::Instant arrival);

  // Sums over all sources so far.
  std::uint64_t expected() const;
  std::uint64_t received() const { return received_before_ + received_; }
  std::int64_t lost() const { return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received()); }

  // Of the present source; zero while its clock is not known.
  base::Duration jitter() const;
  std::uint32_t extended_highest() const { return cycles_ + highest_; }
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint8_t payload_type() const { return payload_type_; }
  std::uint32_t ssrc_changes() const { return ssrc_changes_; }
  bool started() const { return started_; }

  template <typename Carrier>
  void carry(Carrier& c) {
    c(started_, payload_type_, ssrc_, ssrc_changes_, highest_, cycles_, base_, expect_restart_, received_,
      expected_before_, received_before_, clock_, jitter_rate_, has_transit_, transit_, last_timestamp_, jitter_);
  }

 private:
  void start(const Header& header);
  // False when the sequence number makes no sense (yet), so that the packet counts for nothing.
  bool update_sequence(std::uint16_t sequence, bool& in_order);
  void update_jitter(const Header& header, base::Instant arrival);

  static constexpr std::uint32_t kNone = 0x10000;  // outside 16 bits

  bool started_ = false;
  std::uint8_t payload_type_ = 0;
  std::uint32_t ssrc_ = 0;
  std::uint32_t ssrc_changes_ = 0;

  std::uint16_t highest_ = 0;             // RFC 3550 A.1: max_seq
  std::uint32_t cycles_ = 0;              // count of wraps, shifted by 16
  std::uint32_t base_ = 0;                // base_seq
  std::uint32_t expect_restart_ = kNone;  // bad_seq: the number that would confirm a restart; kNone: none
  std::uint64_t received_ = 0;
  std::uint64_t expected_before_ = 0;  // of earlier sources and runs
  std::uint64_t received_before_ = 0;

  ClockEstimator clock_;
  std::uint32_t jitter_rate_ = 0;
  bool has_transit_ = false;
  std::uint32_t transit_ = 0;
  std::uint32_t last_timestamp_ = 0;
  std::uint32_t jitter_ = 0;  // A.8: scaled by 16
};

}  // namespace rtp
