// G.711 (RFC 3551 4.5.14): a byte for each sample.

#include "media-relay/codec/codings.h"
#include "media-relay/codec/concealment.h"
#include "media-relay/codec/limits.h"
#include "media-relay/codec/spandsp.h"

namespace codec {
namespace {

class G711Decoder final : public Decoder {
 public:
  explicit G711Decoder(Coding law) : law_(law) {}
  unsigned rate() const override { return 8000; }

  std::optional<std::size_t> decode(std::span<const std::byte> payload, std::span<Sample> out) override {
    const std::size_t most = std::min<std::size_t>(out.size(), std::size_t{kMaxPayloadMs} * 8);
    if (payload.empty() || payload.size() > most) return std::nullopt;
    for (std::size_t i = 0; i < payload.size(); ++i) {
      const auto code = static_cast<std::uint8_t>(payload[i]);
      out[i] = law_ == Coding::Pcmu ? ulaw_to_linear(code) : alaw_to_linear(code);
    }
    concealment_.heard(out.first(payload.size()));
    return payload.size();
  }

  void conceal(std::span<Sample> out, std::span<const std::byte>) override { concealment_.fill(out); }

 private:
  Coding law_;
  Concealment concealment_{8000};
};

class G711Encoder final : public Encoder {
 public:
  explicit G711Encoder(Coding law) : law_(law) {}
  unsigned rate() const override { return 8000; }

  std::optional<std::size_t> encode(std::span<const Sample> frame, std::span<std::byte> out) override {
    if (frame.size() % 8 != 0 || !has_frame_of(law_, static_cast<unsigned>(frame.size() / 8)) ||
        out.size() < frame.size())
      return std::nullopt;
    for (std::size_t i = 0; i < frame.size(); ++i)
      out[i] = static_cast<std::byte>(law_ == Coding::Pcmu ? linear_to_ulaw(frame[i]) : linear_to_alaw(frame[i]));
    return frame.size();
  }

 private:
  Coding law_;
};

}  // namespace

std::unique_ptr<Decoder> make_g711_decoder(Coding law) {
  return std::make_unique<G711Decoder>(law);
}
std::unique_ptr<Encoder> make_g711_encoder(Coding law) {
  return std::make_unique<G711Encoder>(law);
}

}  // namespace codec
