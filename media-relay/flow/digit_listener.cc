#include "media-relay/flow/digit_listener.h"

#include <algorithm>
#include <array>

#include "media-relay/codec/limits.h"
#include "media-relay/flow/limits.h"

namespace flow {
namespace {

constexpr std::uint8_t kPcmu = 0;
constexpr std::uint8_t kPcma = 8;
constexpr unsigned kRate = 8000;
// A tone is known after about this much of it (codec/dtmf.h).
constexpr std::uint64_t kUntilKnown = 25 * kRate / 1000;

}  // namespace

void DigitListener::set(const Digits& spec) {
  formats_ = spec.heard;
  tones_ = spec.tones_heard;
  begins_ = spec.begins;
  if (tones_) return;
  ear_.reset();
  tone_ = 0;
}

bool DigitListener::may_tell(bool began, base::Instant now, bool& flood) {
  if (now - second_ >= base::seconds(1)) {
    second_ = now;
    counted_ = {};
  }
  unsigned& count = counted_[began ? 1 : 0];
  flood = ++count == kMaxDigitsTold + 1;
  return count <= kMaxDigitsTold;
}

std::optional<rtp::HeardDigit> DigitListener::on_packet(const rtp::Header& header, std::span<const std::byte> payload,
                                                        base::Instant now) {
  for (const EventFormat& format : formats_)
    if (format.payload_type == header.payload_type) return events_.on_event(header, payload, format.clock, now);
  if (tones_ && (header.payload_type == kPcmu || header.payload_type == kPcma)) return listen(header, payload);
  return std::nullopt;
}

std::optional<rtp::HeardDigit> DigitListener::listen(const rtp::Header& header, std::span<const std::byte> payload) {
  if (!ear_ || ear_type_ != header.payload_type) {
    const codec::Coding law = header.payload_type == kPcma ? codec::Coding::Pcma : codec::Coding::Pcmu;
    ear_.emplace(codec::make_decoder(law, kRate), codec::DtmfDetector());
    ear_type_ = header.payload_type;
    tone_ = 0;
  }
  std::array<codec::Sample, codec::kMaxPayloadMs * kRate / 1000> samples;
  const auto count = ear_->decoder->decode(payload, samples);
  if (!count) return std::nullopt;
  changes_.clear();
  ear_->detector.listen(std::span(samples).first(*count), changes_);
  if (tone_ != 0) samples_ += *count;
  std::optional<rtp::HeardDigit> ended;
  for (const auto& change : changes_) {
    if (tone_ != 0) ended = rtp::HeardDigit{tone_, base::milliseconds(samples_ * 1000 / kRate)};
    tone_ = change.key;
    samples_ = kUntilKnown;
  }
  return ended;
}

}  // namespace flow
