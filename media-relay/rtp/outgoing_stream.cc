#include "media-relay/rtp/outgoing_stream.h"

#include <algorithm>
#include <utility>

#include "media-relay/rtp/reception.h"
#include "media-relay/rtp/sequence.h"

namespace rtp {
namespace {

// How long after a change of source packets of the one before are stragglers and not its return.
constexpr base::Duration kStraggling = base::milliseconds(200);
// A source whose timestamps run ahead of the time by more has leapt. Silence suppression lets both run.
constexpr std::int64_t kLeapSeconds = 5;
// Timestamps between two packets that tell how long a packet is: 200 ms is the longest in use (RFC 3551 4.2).
constexpr std::uint32_t kLongestPacketsPerSecond = 5;

std::int64_t ticks(base::Duration d, std::uint32_t clock) {
  return d.count() / 1'000'000'000 * clock + d.count() % 1'000'000'000 * clock / 1'000'000'000;
}

}  // namespace

OutgoingStream::OutgoingStream(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
  s_.ssrc = ssrc;
  s_.next = sequence & 0x7fff;
  s_.timestamp = timestamp;
}

void OutgoingStream::adopt(const Header& packet) {
  s_.ssrc = packet.ssrc;
  s_.next = packet.sequence;
  s_.timestamp = packet.timestamp;
}

std::uint32_t OutgoingStream::timestamp_at(base::Instant now) const {
  if (!s_.sent) return s_.timestamp;
  // Never on top of the packet before, however fast this one follows it.
  const std::int64_t passed = ticks(std::max(now - s_.sent_at, base::Duration{}), clock());
  return s_.timestamp + static_cast<std::uint32_t>(std::max<std::int64_t>(passed, s_.step));
}

std::uint32_t OutgoingStream::media_time(base::Instant now) const {
  return s_.timestamp + static_cast<std::uint32_t>(s_.sent ? ticks(now - s_.sent_at, clock()) : 0);
}

void OutgoingStream::leap(std::uint16_t numbers) {
  s_.next = static_cast<std::uint16_t>(s_.next + numbers);
  s_.relaying = false;
  s_.before.reset();
  s_.left.reset();
}

std::optional<Stamp> OutgoingStream::relay(const Header& packet, std::uint32_t clock, base::Instant now) {
  if (clock != 0) s_.clock = clock;
  return place(packet, false, now);
}

std::optional<Stamp> OutgoingStream::relay_event(const Header& packet, base::Instant now) {
  return place(packet, true, now);
}

std::optional<Stamp> OutgoingStream::place(const Header& packet, bool event, base::Instant now) {
  if (!s_.relaying || packet.ssrc != s_.source) {
    if (s_.left == packet.ssrc && now - s_.taken_over < kStraggling) return std::nullopt;
    if (s_.relaying) s_.left = s_.source;
    s_.taken_over = now;
    return take_over(packet, now);
  }
  const std::int32_t ahead = sequence_distance(s_.highest, packet.sequence);
  if (ahead >= kMaxDropout || ahead < -static_cast<std::int32_t>(kMaxMisorder)) {
    if (!confirms_restart(packet.sequence)) return std::nullopt;
    return take_over(packet, now);
  }
  if (ahead <= 0) {
    const auto number = late(packet.sequence);
    if (!number) return std::nullopt;
    return Stamp{*number, timestamp_of(packet.timestamp), false};
  }
  advance(packet.sequence);
  Stamp stamp;
  const auto since_ours = static_cast<std::int32_t>(timestamp_of(packet.timestamp) - s_.timestamp);
  if (!event && (leaps(packet, now) || (s_.interrupted && since_ours <= 0))) {
    s_.timestamp_offset = timestamp_at(now) - packet.timestamp;
    stamp.first = true;
  }
  if (std::exchange(s_.interrupted, false)) {
    s_.before = s_.shift.used ? std::optional<Shift>(s_.shift) : s_.before;
    s_.shift = {packet.sequence, static_cast<std::uint16_t>(s_.next - packet.sequence), false};
  }
  s_.shift.used = true;
  stamp.sequence = static_cast<std::uint16_t>(packet.sequence + s_.shift.offset);
  stamp.timestamp = timestamp_of(packet.timestamp);
  s_.next = static_cast<std::uint16_t>(stamp.sequence + 1);
  if (event) return stamp;
  const std::uint32_t step = stamp.timestamp - s_.timestamp;
  if (s_.sent && ahead == 1 && step <= clock() / kLongestPacketsPerSecond) s_.step = step;
  s_.timestamp = stamp.timestamp;
  s_.sent = true;
  s_.sent_at = s_.source_at = now;
  s_.source_timestamp = packet.timestamp;
  return stamp;
}

Stamp OutgoingStream::take_over(const Header& packet, base::Instant now) {
  s_.relaying = true;
  s_.source = packet.ssrc;
  s_.highest = packet.sequence;
  s_.cycles = 0;
  s_.restart.reset();
  s_.before.reset();
  s_.interrupted = false;
  s_.shift = {packet.sequence, static_cast<std::uint16_t>(s_.next - packet.sequence), true};
  const std::uint32_t timestamp = timestamp_at(now);
  s_.timestamp_offset = timestamp - packet.timestamp;
  s_.timestamp = timestamp;
  s_.source_timestamp = packet.timestamp;
  s_.sent = true;
  s_.sent_at = s_.source_at = now;
  return {take_number(), timestamp, true};
}

// RFC 3550 A.1: two in a row are a restart, one is an error.
bool OutgoingStream::confirms_restart(std::uint16_t sequence) {
  const bool confirmed = s_.restart == sequence;
  s_.restart = static_cast<std::uint16_t>(sequence + 1);
  return confirmed;
}

bool OutgoingStream::leaps(const Header& packet, base::Instant now) const {
  const std::int64_t rate = clock();
  const auto change = static_cast<std::int32_t>(packet.timestamp - s_.source_timestamp);
  return change < -rate || change > ticks(now - s_.source_at, clock()) + kLeapSeconds * rate;
}

void OutgoingStream::advance(std::uint16_t sequence) {
  if (sequence < s_.highest) s_.cycles += 0x10000;
  s_.highest = sequence;
  s_.restart.reset();
}

std::optional<std::uint16_t> OutgoingStream::late(std::uint16_t sequence) const {
  if (s_.shift.used && sequence_distance(s_.shift.from, sequence) >= 0)
    return static_cast<std::uint16_t>(sequence + s_.shift.offset);
  if (s_.before && sequence_distance(s_.before->from, sequence) >= 0)
    return static_cast<std::uint16_t>(sequence + s_.before->offset);
  return std::nullopt;
}

void OutgoingStream::swallow(const Header& packet) {
  if (!s_.relaying || packet.ssrc != s_.source) return;
  const std::int32_t ahead = sequence_distance(s_.highest, packet.sequence);
  if (ahead <= 0 || ahead >= kMaxDropout) return;
  advance(packet.sequence);
  if (s_.interrupted) return;
  if (s_.shift.used) s_.before = s_.shift;
  s_.shift = {static_cast<std::uint16_t>(packet.sequence + 1), static_cast<std::uint16_t>(s_.shift.offset - 1), false};
}

Stamp OutgoingStream::own(std::uint32_t timestamp, std::uint32_t clock, base::Instant now) {
  if (clock != 0) s_.clock = clock;
  const std::uint32_t step = timestamp - s_.timestamp;
  if (s_.sent && step <= this->clock() / kLongestPacketsPerSecond) s_.step = step;
  s_.interrupted = true;
  s_.timestamp = timestamp;
  s_.sent = true;
  s_.sent_at = now;
  return {take_number(), timestamp, false};
}

Stamp OutgoingStream::own_event(std::uint32_t timestamp) {
  s_.interrupted = true;
  return {take_number(), timestamp, false};
}

std::optional<std::uint32_t> OutgoingStream::source_sequence(std::uint16_t sent) const {
  if (!s_.relaying) return std::nullopt;
  for (const std::optional<Shift>& shift : {std::optional<Shift>(s_.shift), s_.before}) {
    if (!shift) continue;
    const auto number = static_cast<std::uint16_t>(sent - shift->offset);
    if (sequence_distance(shift->from, number) < 0) continue;
    // Numbers of our own that followed stand for the last one of the source.
    const std::int32_t behind = std::min(sequence_distance(s_.highest, number), 0);
    return s_.cycles + s_.highest + static_cast<std::uint32_t>(behind);
  }
  return std::nullopt;
}

}  // namespace rtp
