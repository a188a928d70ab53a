#include "sbc/net/layers.h"

namespace sbc::net {
namespace {

Layers::State state_of(tls::Session::State state) {
  switch (state) {
    case tls::Session::State::Handshaking:
      return Layers::State::Handshaking;
    case tls::Session::State::Open:
      return Layers::State::Open;
    case tls::Session::State::Closed:
      return Layers::State::Closed;
    case tls::Session::State::Failed:
      return Layers::State::Failed;
  }
  return Layers::State::Failed;
}

}  // namespace

Layers::Layers(const sip::Limits& limits, std::unique_ptr<tls::Session> secure)
    : tls_(std::move(secure)), state_(tls_ ? State::Handshaking : State::Open), framer_(limits) {}

Layers::State Layers::feed(std::string_view bytes) {
  if (!tls_) {
    framer_.feed(bytes);
    return state_;
  }
  std::string plain;
  state_ = state_of(tls_->feed(bytes, plain));
  if (!plain.empty()) framer_.feed(plain);
  return state_;
}

bool Layers::send(std::string_view message) {
  if (state_ != State::Open || !tls_) return false;
  if (tls_->encrypt(message)) return true;
  state_ = State::Failed;
  return false;
}

void Layers::close() {
  if (tls_) tls_->close();
}

std::string Layers::take_output() {
  return tls_ ? tls_->take_output() : std::string{};
}

}  // namespace sbc::net
