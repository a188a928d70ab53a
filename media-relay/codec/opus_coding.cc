// Opus (RFC 6716, RFC 7587), one channel.

#include <opus/opus.h>

#include <algorithm>
#include <new>

#include "media-relay/codec/codings.h"
#include "media-relay/codec/limits.h"

namespace codec {
namespace {

// Half of what libopus can do at most: more costs time that nobody hears in a telephone call.
constexpr int kComplexity = 5;
// How much of the loss the receiver is thought to have, so that in-band FEC is worth its bits.
constexpr int kAssumedLossPercent = 10;

struct Free {
  void operator()(OpusDecoder* d) const { opus_decoder_destroy(d); }
  void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
};

const unsigned char* bytes_of(std::span<const std::byte> payload) {
  return reinterpret_cast<const unsigned char*>(payload.data());
}

class OpusStreamDecoder final : public Decoder {
 public:
  explicit OpusStreamDecoder(unsigned rate) : rate_(rate) {
    state_.reset(opus_decoder_create(static_cast<opus_int32>(rate), 1, nullptr));
    if (!state_) throw std::bad_alloc();
  }
  unsigned rate() const override { return rate_; }

  std::optional<std::size_t> decode(std::span<const std::byte> payload, std::span<Sample> out) override {
    // libopus takes no bytes for a loss; here they are a packet without its table of contents (RFC 6716 3.4, [R1]).
    if (payload.empty()) return std::nullopt;
    const int samples = opus_decode(state_.get(), bytes_of(payload), static_cast<opus_int32>(payload.size()),
                                    out.data(), static_cast<int>(out.size()), 0);
    if (samples <= 0) return std::nullopt;
    return static_cast<std::size_t>(samples);
  }

  void conceal(std::span<Sample> out, std::span<const std::byte> next) override {
    // The copy, if there is one, is of the frame before `next`: as long as one of its frames. What lies further back is
    // made up.
    const int frame =
        next.empty() ? 0 : opus_packet_get_samples_per_frame(bytes_of(next), static_cast<opus_int32>(rate_));
    const std::size_t copied =
        frame > 0 && static_cast<std::size_t>(frame) <= out.size() ? static_cast<std::size_t>(frame) : 0;
    const auto fresh = out.first(out.size() - copied);
    const auto copy = out.last(copied);
    if (!fresh.empty()) run(nullptr, 0, fresh, 0);
    if (!copy.empty()) run(bytes_of(next), next.size(), copy, 1);
  }

 private:
  void run(const unsigned char* payload, std::size_t size, std::span<Sample> out, int fec) {
    const int samples = opus_decode(state_.get(), payload, static_cast<opus_int32>(size), out.data(),
                                    static_cast<int>(out.size()), fec);
    std::ranges::fill(out.subspan(static_cast<std::size_t>(std::max(samples, 0))), Sample{0});
  }

  unsigned rate_;
  std::unique_ptr<OpusDecoder, Free> state_;
};

// RFC 7587 3.1.1: what telephone speech wants at each bandwidth.
std::uint32_t usual_bitrate(unsigned rate) {
  if (rate <= 8000) return 16'000;
  return rate <= 16'000 ? 24'000 : 32'000;
}

int bandwidth_of(unsigned playback_rate) {
  if (playback_rate < 12'000) return OPUS_BANDWIDTH_NARROWBAND;
  if (playback_rate < 16'000) return OPUS_BANDWIDTH_MEDIUMBAND;
  if (playback_rate < 24'000) return OPUS_BANDWIDTH_WIDEBAND;
  if (playback_rate < 48'000) return OPUS_BANDWIDTH_SUPERWIDEBAND;
  return OPUS_BANDWIDTH_FULLBAND;
}

class OpusStreamEncoder final : public Encoder {
 public:
  OpusStreamEncoder(unsigned rate, const OpusParameters& wanted) : rate_(rate) {
    state_.reset(opus_encoder_create(static_cast<opus_int32>(rate), 1, OPUS_APPLICATION_VOIP, nullptr));
    if (!state_) throw std::bad_alloc();
    std::uint32_t bitrate = usual_bitrate(rate);
    // RFC 7587 7.1: the sender must not go over what the receiver said.
    if (wanted.max_average_bitrate != 0) bitrate = std::min(bitrate, wanted.max_average_bitrate);
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(bitrate)));
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(kComplexity));
    opus_encoder_ctl(state_.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(state_.get(), OPUS_SET_MAX_BANDWIDTH(bandwidth_of(wanted.max_playback_rate)));
    opus_encoder_ctl(state_.get(), OPUS_SET_VBR(wanted.constant_bitrate ? 0 : 1));
    if (!wanted.in_band_fec) return;
    opus_encoder_ctl(state_.get(), OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(kAssumedLossPercent));
  }
  unsigned rate() const override { return rate_; }

  std::optional<std::size_t> encode(std::span<const Sample> frame, std::span<std::byte> out) override {
    const std::size_t per_ms = rate_ / 1000;
    if (frame.size() % per_ms != 0 || !has_frame_of(Coding::Opus, static_cast<unsigned>(frame.size() / per_ms)))
      return std::nullopt;
    const int bytes = opus_encode(state_.get(), frame.data(), static_cast<int>(frame.size()),
                                  reinterpret_cast<unsigned char*>(out.data()), static_cast<opus_int32>(out.size()));
    if (bytes <= 0) return std::nullopt;
    return static_cast<std::size_t>(bytes);
  }

 private:
  unsigned rate_;
  std::unique_ptr<OpusEncoder, Free> state_;
};

// libopus knows these (and 12000 and 24000, which nobody here speaks).
unsigned nearest_rate(unsigned rate) {
  return rate == 8000 || rate == 16'000 ? rate : 48'000;
}

}  // namespace

std::unique_ptr<Decoder> make_opus_decoder(unsigned rate) {
  return std::make_unique<OpusStreamDecoder>(nearest_rate(rate));
}
std::unique_ptr<Encoder> make_opus_encoder(unsigned rate, const OpusParameters& parameters) {
  return std::make_unique<OpusStreamEncoder>(nearest_rate(rate), parameters);
}

}  // namespace codec
