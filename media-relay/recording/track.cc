#include "media-relay/recording/track.h"

#include <algorithm>

#include "media-relay/codec/limits.h"
#include "media-relay/recording/limits.h"
#include "media-relay/rtp/sequence.h"

namespace recording {
namespace {

std::int64_t samples_in(base::Duration d, unsigned rate) {
  return std::chrono::duration_cast<base::microseconds>(d).count() * static_cast<std::int64_t>(rate) / 1'000'000;
}

}  // namespace

std::optional<Format> Track::format_of(std::uint8_t payload_type) const {
  const auto found = std::ranges::find(formats_, payload_type, &Format::payload_type);
  if (found != formats_.end()) return *found;
  if (payload_type == 0) return Format{codec::Coding::Pcmu, 0};
  if (payload_type == 8) return Format{codec::Coding::Pcma, 8};
  if (payload_type == 9) return Format{codec::Coding::G722, 9};
  return std::nullopt;
}

std::int64_t Track::place(const rtp::Header& header, const Format& format, std::int64_t arrived) const {
  if (!voice_ || voice_->ssrc != header.ssrc ||
      codec::clock_of(voice_->format.coding) != codec::clock_of(format.coding))
    return arrived;
  const auto ticks = static_cast<std::int32_t>(header.timestamp - voice_->timestamp);
  const std::int64_t said = voice_->at + std::int64_t{ticks} * rate_ / codec::clock_of(format.coding);
  // A sender whose timestamps stood still in a pause, or leapt: the time of arrival is all there is.
  return std::abs(said - arrived) > samples_in(kResync, rate_) ? arrived : said;
}

std::optional<Track::Placed> Track::take(const rtp::Header& header, std::span<const std::byte> payload,
                                         base::Duration since, std::optional<codec::Coding> coding) {
  const auto format = coding ? Format{*coding, header.payload_type} : format_of(header.payload_type);
  if (!format || payload.empty()) return std::nullopt;
  const std::int64_t at = place(header, *format, samples_in(since, rate_));
  const bool same = voice_ && voice_->ssrc == header.ssrc && voice_->format == *format;
  if (!same) {
    auto decoder = codec::make_decoder(format->coding, rate_);
    const unsigned from = decoder->rate();
    voice_.emplace(Voice{*format, header.ssrc, std::move(decoder), codec::Resampler(from, rate_), {}, {}, {}});
  } else if (!rtp::is_newer(header.sequence, voice_->sequence)) {
    return std::nullopt;  // what came behind it has been decoded
  }
  decoded_.resize(codec::kMaxSamples);
  const auto count = voice_->decoder->decode(payload, decoded_);
  if (!count) return std::nullopt;
  voice_->sequence = header.sequence;
  voice_->timestamp = header.timestamp;
  voice_->at = at;
  resampled_.resize(*count * rate_ / voice_->decoder->rate() + 1);
  return Placed{at, voice_->resampler.run(std::span(decoded_).first(*count), resampled_)};
}

}  // namespace recording
