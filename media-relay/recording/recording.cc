#include "media-relay/recording/recording.h"

#include <algorithm>

#include "media-relay/recording/limits.h"

namespace recording {
namespace {

constexpr unsigned kNarrow = 8000;
constexpr unsigned kWide = 16'000;

unsigned rate_for(const Order& order) {
  for (const auto& side : order.formats)
    for (const Format& format : side)
      if (codec::sample_rate_of(format.coding) > kNarrow) return kWide;
  return kNarrow;
}

std::int64_t frames_in(base::Duration d, unsigned rate) {
  return std::chrono::duration_cast<base::milliseconds>(d).count() * static_cast<std::int64_t>(rate) / 1000;
}

}  // namespace

std::expected<std::unique_ptr<Recording>, std::string> Recording::open(const std::string& directory, const Order& order,
                                                                       base::Instant now) {
  std::unique_ptr<Recording> out(new Recording);
  if (order.pcap) {
    auto file = PartFile::create(directory, order.name, "pcap", now);
    if (!file) return std::unexpected(file.error());
    out->pcap_ = *std::move(file);
    begin_pcap(*out->pcap_);
  }
  if (order.wav) {
    auto file = PartFile::create(directory, order.name, "wav", now);
    if (!file) {
      if (out->pcap_) std::ignore = out->pcap_->remove();
      return std::unexpected(file.error());
    }
    const unsigned rate = rate_for(order);
    out->wav_.emplace(Wav{*std::move(file), Mixdown(rate), {Track(rate), Track(rate)}});
    begin_wav(out->wav_->file, rate);
    out->set_formats(order);
  }
  return out;
}

void Recording::set_formats(const Order& order) {
  if (!wav_) return;
  for (std::size_t side = 0; side < kChannels; ++side) wav_->tracks[side].set_formats(order.formats[side]);
}

void Recording::take(const flow::Heard& heard, base::Duration epoch) {
  ++packets_;
  if (!began_) began_ = heard.at;
  if (pcap_) append_pcap(*pcap_, {heard.from, heard.to, heard.bytes, heard.at.time_since_epoch() + epoch});
  if (!wav_ || heard.component != flow::Component::Rtp) return;
  const auto header = rtp::read_header(heard.bytes);
  if (!header) return;
  const std::size_t side = flow::index_of(heard.side);
  const auto placed = wav_->tracks[side].take(
      *header, heard.bytes.subspan(header->payload_offset, header->payload_size), heard.at - *began_, heard.sound);
  if (placed) wav_->mix.put(side, placed->at, placed->samples);
}

std::expected<void, std::string> Recording::write_wav(base::Instant now, std::int64_t until) {
  wav_->file.append(wav_->mix.take(until));
  if (auto ok = wav_->file.write(now); !ok) return ok;
  // Whatever happens now, what is there can be played.
  return settle_wav(wav_->file);
}

std::expected<void, std::string> Recording::attend(base::Instant now) {
  std::expected<void, std::string> result;
  if (pcap_ && pcap_->is_due(now)) result = pcap_->write(now);
  if (result && wav_ && began_) {
    const unsigned rate = wav_->mix.rate();
    const std::int64_t until = frames_in(now - *began_ - kJitterRoom, rate);
    if (until - wav_->mix.begin() >= frames_in(kWriteInterval, rate)) result = write_wav(now, until);
  }
  broken_ = broken_ || !result;
  return result;
}

std::expected<void, std::string> Recording::finish(base::Instant now) {
  std::expected<void, std::string> result;
  const auto keep = [&](PartFile& file) {
    auto name = file.finish();
    if (name)
      files_.push_back(*std::move(name));
    else if (result)
      result = std::unexpected(name.error());
  };
  if (pcap_) {
    if (auto ok = pcap_->write(now); !ok) result = ok;
    if (broken_ || !result) std::ignore = mend_pcap(*pcap_);
    keep(*pcap_);
  }
  if (wav_) {
    if (auto ok = write_wav(now, wav_->mix.end()); !ok) {
      result = ok;
      std::ignore = settle_wav(wav_->file);
    }
    keep(wav_->file);
  }
  return result;
}

}  // namespace recording
