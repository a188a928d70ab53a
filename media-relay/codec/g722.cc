// G.722 at 64 kbit/s (RFC 3551 4.5.2): a byte for two samples.

#include "media-relay/codec/codings.h"
#include "media-relay/codec/concealment.h"
#include "media-relay/codec/limits.h"
#include "media-relay/codec/spandsp.h"

namespace codec {
namespace {

constexpr int kBitrate = 64'000;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* state) const {
    Free(state);
  }
};

class G722Decoder final : public Decoder {
 public:
  G722Decoder() : state_(g722_decode_init(nullptr, kBitrate, 0)) {}
  unsigned rate() const override { return 16'000; }

  std::optional<std::size_t> decode(std::span<const std::byte> payload, std::span<Sample> out) override {
    const std::size_t most = std::min<std::size_t>(out.size(), std::size_t{kMaxPayloadMs} * 16) / 2;
    if (payload.empty() || payload.size() > most) return std::nullopt;
    const int samples = g722_decode(state_.get(), out.data(), reinterpret_cast<const std::uint8_t*>(payload.data()),
                                    static_cast<int>(payload.size()));
    const auto written = out.first(static_cast<std::size_t>(samples));
    concealment_.heard(written);
    return written.size();
  }

  void conceal(std::span<Sample> out, std::span<const std::byte>) override { concealment_.fill(out); }

 private:
  std::unique_ptr<g722_decode_state_t, Freer<&g722_decode_free>> state_;
  Concealment concealment_{16'000};
};

class G722Encoder final : public Encoder {
 public:
  G722Encoder() : state_(g722_encode_init(nullptr, kBitrate, 0)) {}
  unsigned rate() const override { return 16'000; }

  std::optional<std::size_t> encode(std::span<const Sample> frame, std::span<std::byte> out) override {
    if (frame.size() % 16 != 0 || !has_frame_of(Coding::G722, static_cast<unsigned>(frame.size() / 16)) ||
        out.size() < frame.size() / 2)
      return std::nullopt;
    return static_cast<std::size_t>(g722_encode(state_.get(), reinterpret_cast<std::uint8_t*>(out.data()), frame.data(),
                                                static_cast<int>(frame.size())));
  }

 private:
  std::unique_ptr<g722_encode_state_t, Freer<&g722_encode_free>> state_;
};

}  // namespace

std::unique_ptr<Decoder> make_g722_decoder() {
  return std::make_unique<G722Decoder>();
}
std::unique_ptr<Encoder> make_g722_encoder() {
  return std::make_unique<G722Encoder>();
}

}  // namespace codec
