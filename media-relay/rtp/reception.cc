#include "media-relay/rtp/reception.h"

#include <cstdlib>

#include "media-relay/rtp/sequence.h"

namespace rtp {

void Reception::start(const Header& header) {
  expected_before_ = expected();
  received_before_ += received_;
  started_ = true;
  highest_ = header.sequence;
  base_ = header.sequence;
  cycles_ = 0;
  received_ = 0;
  expect_restart_ = kNone;
  has_transit_ = false;
}

std::uint64_t Reception::expected() const {
  if (!started_) return 0;
  // Nothing is expected of a run before its first packet was counted.
  return expected_before_ + (received_ == 0 ? 0 : std::uint64_t{extended_highest()} - base_ + 1);
}

void Reception::on_packet(const Header& header, base::Instant arrival) {
  if (!started_) {
    start(header);
    ssrc_ = header.ssrc;
  } else if (header.ssrc != ssrc_) {
    // RFC 3550 section 8: another source has taken over (transfer, music on hold). Its numbers have nothing to do with
    // the old ones.
    start(header);
    ssrc_ = header.ssrc;
    ++ssrc_changes_;
    clock_ = ClockEstimator{};
    jitter_ = 0;
    jitter_rate_ = 0;
  }
  payload_type_ = header.payload_type;
  bool in_order = true;
  if (!update_sequence(header.sequence, in_order)) {
    // The packet after a confirmed jump starts a new run: what lies between was not lost, the sender has restarted.
    if (expect_restart_ == header.sequence) {
      start(header);
    } else {
      expect_restart_ = static_cast<std::uint16_t>(header.sequence + 1);
      return;
    }
  }
  ++received_;
  if (in_order) update_jitter(header, arrival);
}

bool Reception::update_sequence(std::uint16_t sequence, bool& in_order) {
  const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
  if (ahead < kMaxDropout) {
    if (sequence < highest_) cycles_ += 0x10000;
    in_order = ahead != 0 || received_ == 0;
    highest_ = sequence;
    return true;
  }
  if (ahead <= 0x10000 - kMaxMisorder) return false;
  in_order = false;  // late or twice
  return true;
}

void Reception::update_jitter(const Header& header, base::Instant arrival) {
  const std::uint32_t rate = clock_.observe(header.payload_type, header.timestamp, arrival);
  if (rate == 0) return;
  if (rate != jitter_rate_) {
    jitter_rate_ = rate;
    has_transit_ = false;
    jitter_ = 0;
  }
  // Packets of one frame, and of one telephone-event, share a timestamp: only the first says something about the
  // network.
  if (has_transit_ && header.timestamp == last_timestamp_) return;
  last_timestamp_ = header.timestamp;
  const auto nanos = static_cast<std::uint64_t>(arrival.time_since_epoch().count());
  const std::uint64_t ticks = nanos / 1'000'000'000 * rate + nanos % 1'000'000'000 * rate / 1'000'000'000;
  const std::uint32_t transit = static_cast<std::uint32_t>(ticks) - header.timestamp;
  if (has_transit_) {
    const auto change = static_cast<std::int32_t>(transit - transit_);
    const auto d = static_cast<std::uint32_t>(change < 0 ? -static_cast<std::int64_t>(change) : change);
    // A step of more than a second is a new time line (the sender's clock was set, the call was held), not the network.
    if (d <= rate) jitter_ += d - ((jitter_ + 8) >> 4);
  }
  transit_ = transit;
  has_transit_ = true;
}

base::Duration Reception::jitter() const {
  if (jitter_rate_ == 0) return {};
  return base::Duration(static_cast<std::int64_t>(std::uint64_t{jitter_} * 1'000'000'000 / 16 / jitter_rate_));
}

}  // namespace rtp
