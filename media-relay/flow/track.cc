#include "media-relay/flow/track.h"

#include <algorithm>
#include <array>

#include "media-relay/codec/limits.h"
#include "media-relay/flow/limits.h"

namespace flow {
namespace {

// Opus codes at the rate of the file; the others have one of their own.
std::unique_ptr<codec::Encoder> encoder_for(const AudioFormat& format, unsigned rate) {
  return codec::make_encoder(format.coding, rate, format.opus);
}

// What strangers ask for in an fmtp must not make a track of its own for each of them: Opus has a few bit rates, and
// the receiver gets the next one below what it allows.
AudioFormat common(AudioFormat format) {
  if (format.coding != codec::Coding::Opus) {
    format.opus = {};
    return format;
  }
  constexpr std::array<std::uint32_t, 5> kBitrates{32'000, 24'000, 16'000, 12'000, codec::kMinOpusBitrate};
  std::uint32_t& bitrate = format.opus.max_average_bitrate;
  const auto* fits = std::ranges::find_if(kBitrates, [&](std::uint32_t b) { return b <= bitrate; });
  if (bitrate != 0) bitrate = fits == kBitrates.end() ? codec::kMinOpusBitrate : *fits;
  constexpr std::array<unsigned, 3> kRates{48'000, 16'000, 8000};
  unsigned& rate = format.opus.max_playback_rate;
  const auto* slower = std::ranges::find_if(kRates, [&](unsigned r) { return r <= rate; });
  rate = slower == kRates.end() ? kRates.back() : *slower;
  return format;
}

}  // namespace

std::string check(const Play& play) {
  if (codec::has_frame_of(play.format.coding, play.ptime_ms)) return {};
  return std::string(codec::name_of(play.format.coding)) + " has no packets of " + std::to_string(play.ptime_ms) +
         " ms";
}

Track::Track(std::shared_ptr<const codec::Audio> audio, const AudioFormat& format, unsigned ptime_ms)
    : audio_(std::move(audio)),
      format_(format),
      ptime_ms_(ptime_ms),
      encoder_(encoder_for(format, audio_->rate)),
      resampler_(audio_->rate, encoder_->rate()),
      frame_in_(std::size_t{audio_->rate} / 1000 * ptime_ms),
      frame_out_(std::size_t{encoder_->rate()} / 1000 * ptime_ms),
      frames_((audio_->samples.size() + frame_in_ - 1) / frame_in_) {}

bool Track::is(const codec::Audio& audio, const AudioFormat& format, unsigned ptime_ms) const {
  return audio_.get() == &audio && format_.coding == format.coding && format_.opus == format.opus &&
         ptime_ms_ == ptime_ms;
}

std::span<const std::byte> Track::frame(std::size_t index) {
  while (ends_.size() <= index) code_next();
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::span(payloads_).subspan(begin, ends_[index] - begin);
}

void Track::code_next() {
  const std::span<const codec::Sample> all(audio_->samples);
  const std::size_t at = std::min(ends_.size() * frame_in_, all.size());
  const auto piece = all.subspan(at, std::min(frame_in_, all.size() - at));
  std::array<codec::Sample, codec::kMaxSamples + 1> room;
  const auto made = resampler_.run(piece, room);
  queue_.insert(queue_.end(), made.begin(), made.end());
  // The end of the audio is filled up with silence, and so is the sample that a resampler is late by.
  if (queue_.size() < frame_out_) queue_.resize(frame_out_, codec::Sample{0});
  std::array<std::byte, codec::kMaxPayloadBytes> payload;
  const std::size_t size = encoder_->encode(std::span(queue_).first(frame_out_), payload).value_or(0);
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(frame_out_));
  payloads_.insert(payloads_.end(), payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
  ends_.push_back(payloads_.size());
  if (ends_.size() == frames_) encoder_.reset();
}

std::shared_ptr<Track> Tracks::find(const Play& play) {
  if (!play.audio) return nullptr;
  const AudioFormat format = common(play.format);
  ++uses_;
  for (Known& known : tracks_) {
    if (!known.track->is(*play.audio, format, play.ptime_ms)) continue;
    known.used = uses_;
    return known.track;
  }
  if (!make_room()) return nullptr;
  tracks_.push_back({std::make_shared<Track>(play.audio, format, play.ptime_ms), uses_, 0});
  return tracks_.back().track;
}

std::size_t Tracks::bytes() const {
  std::size_t sum = 0;
  for (const Known& known : tracks_) sum += known.track->bytes();
  return sum;
}

bool Tracks::make_room() {
  while (tracks_.size() >= kMaxTracks || bytes() > kMaxTrackBytes) {
    auto oldest = tracks_.end();
    for (auto it = tracks_.begin(); it != tracks_.end(); ++it)
      if (it->track.use_count() == 1 && (oldest == tracks_.end() || it->used < oldest->used)) oldest = it;
    if (oldest == tracks_.end()) return false;
    coded_before_ += oldest->track->coded() - oldest->reported;
    tracks_.erase(oldest);
  }
  return true;
}

std::uint64_t Tracks::take_coded() {
  std::uint64_t sum = std::exchange(coded_before_, 0);
  for (Known& known : tracks_) sum += known.track->coded() - std::exchange(known.reported, known.track->coded());
  return sum;
}

}  // namespace flow
