#include "media-relay/codec/concealment.h"

#include "media-relay/codec/spandsp.h"

namespace codec {

struct Concealment::State {
  plc_state_t plc;
};

Concealment::Concealment() : state_(std::make_unique<State>()) {
  plc_init(&state_->plc);
}
Concealment::~Concealment() = default;
Concealment::Concealment(Concealment&&) noexcept = default;
Concealment& Concealment::operator=(Concealment&&) noexcept = default;

void Concealment::heard(std::span<Sample> audio) {
  plc_rx(&state_->plc, audio.data(), static_cast<int>(audio.size()));
}

void Concealment::fill(std::span<Sample> out) {
  plc_fillin(&state_->plc, out.data(), static_cast<int>(out.size()));
}

}  // namespace codec
