// Transcoder: comfort noise toward a listener who has none.
//
//   sender    a a a a cn . . . . . . cn . . . . a a a        a: audio, 1 packet each frame
//   listener  a a a a  n n n n n n n  n n n n n a a a        n: noise, coded as audio

#include <algorithm>
#include <array>

#include "media-relay/flow/transcoder.h"

namespace flow {
namespace {

constexpr unsigned kLongestFrameMs = 60;

}  // namespace

std::optional<Drop> Transcoder::take_noise(const rtp::Header& header, std::span<const std::byte> payload,
                                           base::Instant now, Sink& sink) {
  const auto told = codec::read_comfort_noise(payload);
  if (!told) {
    ++counts_.undecodable;
    return Drop::Undecodable;
  }
  ++counts_.decoded;
  lost_ = false;
  noise_->generator.tell(*told);
  noise_->until = now + kLongestNoise;
  // RFC 3389 5: it may be told again when it changes.
  if (noise_->due != base::kNever) return std::nullopt;
  if (makes_noise()) end_noise(header.timestamp, sink);
  begin_noise(header.timestamp, now, sink);
  return std::nullopt;
}

// RFC 3389 4: the timestamp is where the silence begins.
void Transcoder::begin_noise(std::uint32_t timestamp, base::Instant now, Sink& sink) {
  if (!has_audio_) {
    queue_timestamp_ = timestamp_of(timestamp);
  } else if (const auto gap = static_cast<std::int32_t>(timestamp - next_timestamp_); gap > 0) {
    pause(static_cast<std::uint32_t>(gap), sink);
  }
  has_audio_ = true;
  // Earlier noise may have moved the audio by a frame or so. Here it is made good: this noise begins later.
  anchor_to_ = timestamp_of(timestamp) - ahead_;
  anchor_from_ = next_timestamp_ = timestamp;
  ahead_ = 0;
  const auto owed = std::max(static_cast<std::int32_t>(queue_end() - anchor_to_), std::int32_t{0});
  noise_->active = true;
  noise_->due = now + base::milliseconds(spec_.ptime_ms) + base::milliseconds(std::int64_t{owed} * 1000 / clock_to_);
}

void Transcoder::end_noise(std::uint32_t timestamp, Sink& sink) {
  noise_->stop();
  const std::uint32_t speaks = timestamp_of(timestamp);
  const auto over = static_cast<std::int32_t>(queue_end() - speaks);
  if (over >= 0) {
    ahead_ = static_cast<std::uint32_t>(over);
  } else {
    if (!queue_.empty()) queue_.resize(frame_, codec::Sample{0});
    cut_frames(sink);
    if (static_cast<std::int32_t>(speaks - queue_timestamp_) > 0) queue_timestamp_ = speaks;
    ahead_ = queue_timestamp_ - speaks;
  }
  marker_ = true;
}

void Transcoder::on_deadline(base::Instant now, Sink& sink) {
  if (now < next_deadline()) return;
  if (now >= noise_->until) return hush();
  std::array<codec::Sample, kLongestFrameMs * NoiseStretch::kRate / 1000> noise;
  const auto frame = std::span(noise).first(std::size_t{spec_.ptime_ms} * NoiseStretch::kRate / 1000);
  noise_->generator.fill(frame);
  const auto made = noise_->resampler.run(frame, resampled_);
  queue_.insert(queue_.end(), made.begin(), made.end());
  // Late by so much that packets would bunch up: what follows moves.
  noise_->due = std::max(noise_->due + base::milliseconds(spec_.ptime_ms), now);
  cut_frames(sink);
}

}  // namespace flow
