#include "media-relay/rtp/telephone_event.h"

#include <algorithm>
#include <string_view>

#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD!";
constexpr std::uint8_t kEnd = 0x80;
constexpr std::uint8_t kVolume = 0x3f;

std::uint32_t scaled(std::uint32_t ticks, std::uint32_t from, std::uint32_t to) {
  return static_cast<std::uint32_t>(std::uint64_t{ticks} * to / from);
}

}  // namespace

std::optional<TelephoneEvent> read_event(std::span<const std::byte> payload) {
  if (payload.size() < kEventBytes) return std::nullopt;
  const std::uint8_t flags = read_u8(payload, 1);
  return TelephoneEvent{read_u8(payload, 0), (flags & kEnd) != 0, static_cast<std::uint8_t>(flags & kVolume),
                        read_u16(payload, 2)};
}

void write_event(std::span<std::byte> payload, const TelephoneEvent& event) {
  payload[0] = static_cast<std::byte>(event.event);
  payload[1] = static_cast<std::byte>((event.end ? kEnd : 0) | (event.volume & kVolume));
  write_u16(payload, 2, event.duration);
}

std::optional<char> digit_of(std::uint8_t event) {
  if (event >= kDigits.size()) return std::nullopt;
  return kDigits[event];
}

std::optional<std::uint8_t> event_of(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const std::size_t at = kDigits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

HeardDigit DigitReader::close() {
  open_ = false;
  const std::uint64_t ticks = before_ + duration_;
  return {*digit_of(event_), base::milliseconds(ticks * 1000 / clock_)};
}

std::optional<HeardDigit> DigitReader::on_event(const Header& header, std::span<const std::byte> payload,
                                                std::uint32_t clock, base::Instant now) {
  const auto event = read_event(payload);
  if (!event) return std::nullopt;
  std::optional<HeardDigit> ended;
  const bool same_stream = known_ && header.ssrc == ssrc_;
  const auto newer = static_cast<std::int32_t>(header.timestamp - timestamp_);
  // RFC 4733 2.5.2.2: further reports of what has been played are ignored, and so is what comes out of order.
  if (same_stream && newer < 0) return std::nullopt;
  if (same_stream && newer == 0) {
    if (!open_ || event->event != event_) return std::nullopt;
    duration_ = std::max(duration_, event->duration);
  } else if (same_stream && open_ && event->event == event_ && static_cast<std::uint32_t>(newer) == duration_) {
    // RFC 4733 2.5.2.3: no gap, so it is the next segment of the same event.
    before_ += duration_;
    timestamp_ = header.timestamp;
    duration_ = event->duration;
  } else {
    if (open_) ended = close();
    known_ = true;
    ssrc_ = header.ssrc;
    timestamp_ = header.timestamp;
    event_ = event->event;
    begun_ = digit_of(event_);
    open_ = begun_.has_value();
    clock_ = clock;
    before_ = 0;
    duration_ = event->duration;
  }
  last_at_ = now;
  // Both at once only when a packet is the first of its event and the last one: then the end is what comes again.
  if (event->end && open_ && !ended) return close();
  return ended;
}

std::optional<HeardDigit> DigitReader::on_deadline(base::Instant now) {
  if (!open_ || now < next_deadline()) return std::nullopt;
  return close();
}

std::uint32_t EventScaler::scale(const Header& header, std::span<std::byte> payload, std::uint32_t from,
                                 std::uint32_t to) {
  const auto event = read_event(payload);
  if (!event || from == 0 || to == 0) return 0;
  if (!known_ || header.ssrc != ssrc_ || header.timestamp != timestamp_ || event->event != event_) {
    known_ = true;
    ssrc_ = header.ssrc;
    timestamp_ = header.timestamp;
    event_ = event->event;
    segment_ = 0;
    full_ = false;
  }
  // Several events in a packet, each with its own duration.
  for (std::size_t at = kEventBytes; at + kEventBytes <= payload.size(); at += kEventBytes) {
    const auto rest = payload.subspan(at, kEventBytes);
    write_u16(rest, 2, static_cast<std::uint16_t>(std::min(scaled(read_u16(rest, 2), from, to), kLongestSegment)));
  }
  TelephoneEvent out = *event;
  const std::uint32_t total = scaled(event->duration, from, to);
  // RFC 4733 2.5.1.3: the end of a segment is told, without the E bit, before the next one begins.
  if (full_ && total > segment_ + kLongestSegment) {
    segment_ += kLongestSegment;
    full_ = false;
  }
  if (total < segment_) segment_ = 0;
  const std::uint32_t here = total - segment_;
  if (here > kLongestSegment) {
    full_ = true;
    out.end = false;
  }
  out.duration = static_cast<std::uint16_t>(std::min(here, kLongestSegment));
  write_event(payload, out);
  return segment_;
}

}  // namespace rtp
