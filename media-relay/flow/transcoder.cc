#include "media-relay/flow/transcoder.h"

#include <algorithm>
#include <utility>

#include "media-relay/codec/comfort_noise.h"
#include "media-relay/codec/limits.h"
#include "media-relay/flow/limits.h"
#include "media-relay/rtp/reception.h"

namespace flow {
namespace {

constexpr std::size_t kScratch = codec::kMaxSamples + std::size_t{kMaxConcealmentMs} * 48;
// RFC 4733 2.3: event, flags and volume, duration.
constexpr std::size_t kEventBytes = 4;

std::uint32_t scaled(std::int64_t ticks, unsigned from, unsigned to) {
  return static_cast<std::uint32_t>(ticks * to / from);
}

std::uint32_t distance(std::uint32_t from, std::uint32_t to) {
  return to - from;
}

}  // namespace

std::string check(const Transcode& t) {
  if (t.from.empty() || t.from.size() > kMaxAudioFormats)
    return "expected 1 to " + std::to_string(kMaxAudioFormats) + " formats to come from, got " +
           std::to_string(t.from.size());
  for (const AudioFormat& f : t.from)
    if (codec::clock_of(f.coding) != codec::clock_of(t.from.front().coding))
      return "expected formats of one clock, got " + std::string(codec::name_of(t.from.front().coding)) + " and " +
             std::string(codec::name_of(f.coding));
  if (!codec::has_frame_of(t.to.coding, t.ptime_ms))
    return std::string(codec::name_of(t.to.coding)) + " has no packets of " + std::to_string(t.ptime_ms) + " ms";
  for (const PayloadRule& e : t.events)
    if (e.clock_from == 0 || e.clock_to == 0) return "expected both clocks of telephone-event";
  return {};
}

Transcoder::Transcoder(Transcode spec) : spec_(std::move(spec)) {
  unsigned rate = 0;
  for (const AudioFormat& f : spec_.from) rate = std::max(rate, codec::sample_rate_of(f.coding));
  encoder_ = codec::make_encoder(spec_.to.coding, rate, spec_.to.opus);
  frame_ = std::size_t{encoder_->rate()} / 1000 * spec_.ptime_ms;
  clock_from_ = codec::clock_of(spec_.from.front().coding);
  clock_to_ = codec::clock_of(spec_.to.coding);
  for (const AudioFormat& f : spec_.from) sources_.push_back(make_source(f));
  if (spec_.noise_from && !spec_.noise_to) noise_.emplace(encoder_->rate());
  heard_.resize(kScratch);
  resampled_.resize(kScratch + 1);
  queue_.reserve(kScratch + frame_ + 1);
  payload_.resize(codec::kMaxPayloadBytes);
}

// Opus decodes to the rate that is wanted by itself.
Transcoder::Source Transcoder::make_source(const AudioFormat& format) const {
  auto decoder = codec::make_decoder(format.coding, encoder_->rate());
  const unsigned rate = decoder->rate();
  return {format, std::move(decoder), codec::Resampler(rate, encoder_->rate())};
}

std::uint32_t Transcoder::ticks_of(std::size_t samples) const {
  return scaled(static_cast<std::int64_t>(samples), encoder_->rate(), clock_to_);
}

std::uint32_t Transcoder::timestamp_of(std::uint32_t source_timestamp) const {
  const auto ticks = static_cast<std::int32_t>(distance(anchor_from_, source_timestamp));
  return anchor_to_ + scaled(ticks, clock_from_, clock_to_);
}

std::optional<Drop> Transcoder::take(const rtp::Header& header, std::span<const std::byte> payload, base::Instant now,
                                     Sink& sink) {
  const auto source =
      std::ranges::find(sources_, header.payload_type, [](const Source& s) { return s.format.payload_type; });
  const auto event = std::ranges::find(spec_.events, header.payload_type, &PayloadRule::from);
  if (source == sources_.end() && event == spec_.events.end() && spec_.noise_from != header.payload_type) {
    swallow(header);
    return Drop::NoCodec;
  }
  if (const auto dropped = take_sequence(header)) return dropped;
  if (source != sources_.end()) return take_audio(*source, header, payload, sink);
  if (event != spec_.events.end()) return pass(header, payload, event->to, &*event, sink);
  if (noise_) return take_noise(header, payload, now, sink);
  return pass(header, payload, *spec_.noise_to, nullptr, sink);
}

// What comes under another source is looked at when it has something for the listener.
void Transcoder::swallow(const rtp::Header& header) {
  if (started_ && header.ssrc == ssrc_) (void)take_sequence(header);
}

void Transcoder::start(const rtp::Header& header) {
  // Nothing of another source is left in the memory of a decoder. The first start finds them new.
  if (started_)
    for (Source& s : sources_) s = make_source(s.format);
  if (!started_) sequence_ = header.sequence;
  started_ = true;
  has_audio_ = false;
  lost_ = false;
  current_ = nullptr;
  ssrc_ = header.ssrc;
  next_sequence_ = header.sequence;
  anchor_from_ = anchor_to_ = header.timestamp;
  event_.reset();
  queue_.clear();
  if (noise_) noise_->stop();
  ahead_ = 0;
  marker_ = true;
  packets_ = octets_ = 0;
}

std::optional<Drop> Transcoder::take_sequence(const rtp::Header& header) {
  if (!started_ || header.ssrc != ssrc_) start(header);
  const auto ahead = static_cast<std::int16_t>(static_cast<std::uint16_t>(header.sequence - next_sequence_));
  if (ahead < 0 && ahead >= -static_cast<int>(rtp::kMaxMisorder)) return Drop::TooLate;
  // RFC 3550 A.1: too far from what was expected is a restart.
  if (ahead < 0 || ahead > static_cast<int>(rtp::kMaxDropout)) start(header);
  if (header.sequence != next_sequence_) lost_ = true;
  next_sequence_ = static_cast<std::uint16_t>(header.sequence + 1);
  return std::nullopt;
}

std::optional<Drop> Transcoder::take_audio(Source& source, const rtp::Header& header,
                                           std::span<const std::byte> payload, Sink& sink) {
  const unsigned rate = source.decoder->rate();
  std::span<codec::Sample> room(heard_);
  std::size_t made_up = 0;
  std::uint32_t silent = 0;
  if (has_audio_ && !makes_noise()) {
    const auto gap = static_cast<std::int32_t>(distance(next_timestamp_, header.timestamp));
    const bool is_short = gap > 0 && scaled(gap, clock_from_, 1000) <= kMaxConcealmentMs;
    if (lost_ && is_short && current_ == &source) {
      made_up = scaled(gap, clock_from_, rate);
      source.decoder->conceal(room.first(made_up), payload);
      ++counts_.concealed;
    } else if (gap > 0) {
      silent = static_cast<std::uint32_t>(gap);
    }
    // A step back is a sender that has set its clock anew: what leaves goes on.
  }
  const auto samples = source.decoder->decode(payload, room.subspan(made_up));
  if (!samples) {
    // What was made up is thrown away: the gap, with this packet in it, is filled when one comes that can be read.
    lost_ = true;
    ++counts_.undecodable;
    return Drop::Undecodable;
  }
  ++counts_.decoded;
  if (makes_noise()) end_noise(header.timestamp, sink);
  if (silent > 0) pause(silent, sink);
  if (!has_audio_) queue_timestamp_ = timestamp_of(header.timestamp);
  has_audio_ = true;
  lost_ = false;
  current_ = &source;
  append(source, room.first(made_up));
  anchor_from_ = header.timestamp;
  anchor_to_ = queue_end();
  next_timestamp_ = header.timestamp + scaled(static_cast<std::int64_t>(*samples), rate, clock_from_);
  append(source, room.subspan(made_up, *samples));
  cut_frames(sink);
  return std::nullopt;
}

// The sender said nothing for so many ticks of its clock.
void Transcoder::pause(std::uint32_t ticks, Sink& sink) {
  const std::uint32_t resumes = queue_end() + scaled(ticks, clock_from_, clock_to_);
  if (!queue_.empty()) {
    queue_.resize(frame_, codec::Sample{0});
    cut_frames(sink);
  }
  // Filling up may have reached into what follows, when the pause was shorter than a frame.
  if (static_cast<std::int32_t>(distance(queue_timestamp_, resumes)) > 0) queue_timestamp_ = resumes;
  marker_ = true;
}

void Transcoder::append(Source& source, std::span<const codec::Sample> audio) {
  const auto made = source.resampler.run(audio, resampled_);
  queue_.insert(queue_.end(), made.begin(), made.end());
}

void Transcoder::cut_frames(Sink& sink) {
  std::size_t at = 0;
  while (queue_.size() - at >= frame_) {
    const auto bytes = encoder_->encode(std::span(queue_).subspan(at, frame_), payload_);
    if (bytes) {
      ++counts_.encoded;
      emit({marker_, spec_.to.payload_type, 0, queue_timestamp_, ssrc_, std::span(payload_).first(*bytes)}, sink);
      marker_ = false;
    }
    queue_timestamp_ += ticks_of(frame_);
    at += frame_;
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Transcoder::emit(Made made, Sink& sink) {
  made.sequence = sequence_++;
  ++packets_;
  octets_ += static_cast<std::uint32_t>(made.payload.size());
  sink.on_made(made);
}

// trap 35: a telephone-event goes through in the other side's payload type and clock; all packets of one event have one
// timestamp (RFC 4733 2.2).
std::optional<Drop> Transcoder::pass(const rtp::Header& header, std::span<const std::byte> payload,
                                     std::uint8_t payload_type, const PayloadRule* event, Sink& sink) {
  if (payload.empty() || payload.size() > payload_.size()) return Drop::Undecodable;
  if (event == nullptr && !codec::read_comfort_noise(payload)) return Drop::Undecodable;
  std::ranges::copy(payload, payload_.begin());
  if (event != nullptr) {
    if (payload.size() < kEventBytes) return Drop::Undecodable;
    const auto duration = static_cast<std::uint32_t>(payload[2]) << 8 | static_cast<std::uint32_t>(payload[3]);
    // A key that is held longer than the field can say is cut into segments by its sender (RFC 4733 2.5.1.3); what does
    // not fit after scaling stays at the most that does.
    const std::uint32_t longer = std::min(scaled(duration, event->clock_from, event->clock_to), std::uint32_t{0xffff});
    payload_[2] = static_cast<std::byte>(longer >> 8);
    payload_[3] = static_cast<std::byte>(longer & 0xff);
  }
  if (!event_ || event_->first != header.timestamp)
    event_ = std::pair(header.timestamp, timestamp_of(header.timestamp));
  ++counts_.passed;
  emit({event != nullptr && header.marker, payload_type, 0, event_->second, ssrc_,
        std::span(payload_).first(payload.size())},
       sink);
  return std::nullopt;
}

}  // namespace flow
