#include "media-relay/codec/resampler.h"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <new>

namespace codec {
namespace {

// The library's own word for telephony: half a millisecond to two of delay, and aliases below what G.711 adds by
// itself.
constexpr int kQuality = SPEEX_RESAMPLER_QUALITY_VOIP;

}  // namespace

struct Resampler::State {
  State(unsigned from, unsigned to) : speex(speex_resampler_init(1, from, to, kQuality, nullptr)) {
    if (speex == nullptr) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { speex_resampler_destroy(speex); }
  SpeexResamplerState* speex;
};

Resampler::Resampler(unsigned from, unsigned to) {
  if (from != to) state_ = std::make_unique<State>(from, to);
}
Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

std::span<Sample> Resampler::run(std::span<const Sample> in, std::span<Sample> out) {
  if (!state_) {
    const std::size_t n = std::min(in.size(), out.size());
    std::ranges::copy(in.first(n), out.begin());
    return out.first(n);
  }
  auto taken = static_cast<spx_uint32_t>(in.size());
  auto made = static_cast<spx_uint32_t>(out.size());
  speex_resampler_process_int(state_->speex, 0, in.data(), &taken, out.data(), &made);
  return out.first(made);
}

}  // namespace codec
