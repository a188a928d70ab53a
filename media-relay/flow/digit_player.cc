#include "media-relay/flow/digit_player.h"

#include <algorithm>
#include <array>

#include "media-relay/codec/encoder.h"
#include "media-relay/rtp/telephone_event.h"

namespace flow {
namespace {

// RFC 4733 2.5.1.2: updates at the spacing of audio packets are natural.
constexpr base::Duration kInterval = base::milliseconds(20);
constexpr unsigned kEnds = 3;  // RFC 4733 2.5.1.4
// Twice what detectors want between two digits, and then some for the loss of a packet.
constexpr base::Duration kPause = base::milliseconds(100);
constexpr std::uint8_t kVolume = 10;  // -10 dBm0, as phones send
constexpr std::uint32_t kG711Clock = 8000;

std::uint32_t ticks(base::Duration d, std::uint32_t clock) {
  return static_cast<std::uint32_t>(d.count() / 1'000'000 * clock / 1000);
}

}  // namespace

bool DigitPlayer::play(const Digit& digit, base::Instant now) {
  if (waiting_.size() >= kMaxWaiting || !rtp::event_of(digit.digit)) return false;
  if (waiting_.empty() && !current_) not_before_ = std::max(not_before_, now);
  waiting_.push_back(digit);
  return true;
}

void DigitPlayer::stop() {
  waiting_.clear();
  current_.reset();
}

base::Instant DigitPlayer::next_deadline() const {
  if (current_) return current_->due;
  return waiting_.empty() ? base::kNever : not_before_;
}

void DigitPlayer::begin(rtp::OutgoingStream& stream, base::Instant now) {
  Current c;
  c.digit = waiting_.front();
  waiting_.pop_front();
  c.format = format_;
  c.timestamp = stream.timestamp_at(now);
  c.began = c.due = now;
  if (format_.tone) c.tone = codec::DtmfTone::of(*rtp::digit_of(*rtp::event_of(c.digit.digit)));
  current_ = c;
}

void DigitPlayer::end(base::Instant now) {
  current_.reset();
  not_before_ = now + kPause;
}

std::optional<DigitPlayer::Played> DigitPlayer::next(rtp::OutgoingStream& stream, std::span<std::byte> payload,
                                                     base::Instant now) {
  if (now < next_deadline()) return std::nullopt;
  if (!current_) begin(stream, now);
  const Played played = current_->tone ? next_frame(stream, payload) : next_event(stream, payload);
  // Late by so much that packets would bunch up: the stream's time goes on from here.
  current_->due = std::max(current_->due + kInterval, now);
  const bool done =
      current_->tone ? current_->due - current_->began >= current_->digit.duration : current_->ends == kEnds;
  if (done) end(now);
  return played;
}

DigitPlayer::Played DigitPlayer::next_event(rtp::OutgoingStream& stream, std::span<std::byte> payload) {
  Current& c = *current_;
  // What is told is how long it will have lasted when the next packet is due.
  const base::Duration lasted = std::min(c.due - c.began + kInterval, c.digit.duration);
  std::uint32_t here = ticks(lasted, c.format.clock) - c.segment;
  const bool full = here > rtp::kLongestSegment;
  here = std::min(here, rtp::kLongestSegment);
  const bool last = !full && lasted >= c.digit.duration && !c.first;
  const rtp::TelephoneEvent event{*rtp::event_of(c.digit.digit), last, kVolume, static_cast<std::uint16_t>(here)};
  rtp::write_event(payload, event);
  Played out{stream.own_event(c.timestamp), c.format.payload_type, rtp::kEventBytes};
  out.stamp.first = c.first;
  c.first = false;
  if (last) ++c.ends;
  if (full) {
    // RFC 4733 2.5.1.3: the next segment begins where this one has ended.
    c.segment += rtp::kLongestSegment;
    c.timestamp += static_cast<std::uint32_t>(std::uint64_t{rtp::kLongestSegment} * stream.clock() / c.format.clock);
  }
  return out;
}

DigitPlayer::Played DigitPlayer::next_frame(rtp::OutgoingStream& stream, std::span<std::byte> payload) {
  Current& c = *current_;
  constexpr std::uint8_t kPcma = 8;
  std::array<codec::Sample, kMaxPlayedBytes> samples;
  c.tone->fill(samples);
  // Once in 20 ms, and only while a digit sounds: no encoder is worth keeping.
  const auto encoder =
      codec::make_encoder(c.format.payload_type == kPcma ? codec::Coding::Pcma : codec::Coding::Pcmu, kG711Clock);
  const std::size_t size = encoder->encode(samples, payload).value_or(0);
  Played out{stream.own(c.timestamp, kG711Clock, c.due), c.format.payload_type, size};
  out.stamp.first = c.first;
  c.first = false;
  c.timestamp += static_cast<std::uint32_t>(samples.size());
  return out;
}

}  // namespace flow
