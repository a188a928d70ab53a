#include "media-relay/flow/rewriter.h"

#include <cstdlib>

#include "media-relay/rtp/clock_rate.h"
#include "media-relay/rtp/wire.h"

namespace flow {
namespace {

constexpr std::uint32_t kVideoClock = 90'000;  // RFC 3551 5: there the marker ends a frame
// An event begins near the audio around it; what is further away was stamped by another clock.
constexpr std::int64_t kNearSeconds = 2;

// Each party's audio has one.
static_assert(sizeof(Rewriter) <= 384);

// RFC 5761 section 4: with the marker these are RTCP to whoever receives both on one port.
bool looks_like_rtcp(std::uint8_t payload_type) {
  return payload_type >= 64 && payload_type <= 95;
}

std::uint32_t scaled(std::uint32_t ticks, std::uint32_t from, std::uint32_t to) {
  return static_cast<std::uint32_t>(std::uint64_t{ticks} * to / from);
}

}  // namespace

void Rewriter::set(const Rewrite& spec) {
  if (continuous_ && !spec.continuous && !stream_.fresh() && stream_.ssrc() != own_.ssrc) {
    stream_ = {own_.ssrc, own_.sequence, own_.timestamp};
    adopts_ = false;
  }
  continuous_ = spec.continuous;
  closed_ = spec.closed;
  places_ = {};
  rules_.clear();
  rules_.reserve(spec.payloads.size());
  for (const PayloadRule& rule : spec.payloads) {
    const std::uint32_t from = rule.clock_from != 0 ? rule.clock_from : rtp::static_clock_rate(rule.from);
    rules_.push_back({rule.to, rule.use, from, rule.clock_to != 0 ? rule.clock_to : from});
    places_[rule.from & 0x7f] = static_cast<std::uint8_t>(rules_.size());
  }
}

Rewriter::Rule Rewriter::rule_of(std::uint8_t payload_type) const {
  if (const std::uint8_t place = places_[payload_type & 0x7f]; place != 0) return rules_[place - 1U];
  return {payload_type, closed_ ? PayloadUse::Drop : PayloadUse::Pass, rtp::static_clock_rate(payload_type), 0};
}

void Rewriter::swallow(const rtp::Header& header) {
  if (continuous_) stream_.swallow(header);
}

std::optional<Drop> Rewriter::rewrite(packet::Packet& packet, const rtp::Header& header, base::Instant now) {
  const Rule rule = rule_of(header.payload_type);
  if (rule.use == PayloadUse::Drop) {
    swallow(header);
    return Drop::PayloadType;
  }
  const auto bytes = packet.bytes();
  bool marker = header.marker;
  const bool scales = rule.use == PayloadUse::Event && rule.clock_from != rule.clock_to;
  if (continuous_) {
    const bool event = rule.use == PayloadUse::Event;
    const bool begins = adopts_ && stream_.fresh();
    if (begins) stream_.adopt(header);
    const auto stamp = event ? stream_.relay_event(header, now) : stream_.relay(header, rule.clock_from, now);
    if (!stamp) return Drop::Straggler;
    // RFC 3551 4.1: the first packet after a pause; whoever plays the stream may set its delay anew there.
    if (stamp->first && !begins && !event && stream_.clock() != kVideoClock && !looks_like_rtcp(rule.to)) marker = true;
    rtp::write_u16(bytes, 2, stamp->sequence);
    rtp::write_u32(bytes, 4, scales ? place_event(header, rule, stamp->timestamp, now) : stamp->timestamp);
    rtp::write_u32(bytes, 8, stream_.ssrc());
    stream_.count(header.payload_size);
  }
  if (scales) {
    const std::uint32_t behind = scaler_.scale(header, bytes.subspan(header.payload_offset, header.payload_size),
                                               rule.clock_from, rule.clock_to);
    if (behind != 0) {
      const std::uint32_t clock = continuous_ ? stream_.clock() : rule.clock_to;
      rtp::write_u32(bytes, 4, rtp::read_u32(bytes, 4) + scaled(behind, rule.clock_to, clock));
    }
  }
  bytes[1] = static_cast<std::byte>((marker ? 0x80 : 0) | rule.to);
  return std::nullopt;
}

// RFC 4733 2.5.1.2: events have the timestamps of the audio that they stand in. One that was stamped by its own clock
// is put where it arrives; its further segments follow it.
std::uint32_t Rewriter::place_event(const rtp::Header& header, const Rule& rule, std::uint32_t guess,
                                    base::Instant now) {
  const std::uint32_t clock = stream_.clock();
  if (event_ && event_->ssrc == header.ssrc) {
    const std::uint32_t since = header.timestamp - event_->from;
    if (since == 0) return event_->to;
    if (since == rtp::kLongestSegment) {
      *event_ = {header.ssrc, header.timestamp, event_->to + scaled(since, rule.clock_from, clock)};
      return event_->to;
    }
  }
  const std::uint32_t here = stream_.timestamp_at(now);
  const auto off = static_cast<std::int32_t>(guess - here);
  const bool near = std::abs(std::int64_t{off}) <= kNearSeconds * clock;
  event_ = EventPlace{header.ssrc, header.timestamp, near ? guess : here};
  return event_->to;
}

}  // namespace flow
