#include "sbc/net/layers.h"

#include <utility>

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

Layers::State state_of(web_socket::Session::State state) {
  switch (state) {
    case web_socket::Session::State::Handshaking:
      return Layers::State::Handshaking;
    case web_socket::Session::State::Open:
      return Layers::State::Open;
    case web_socket::Session::State::Closed:
      return Layers::State::Closed;
    case web_socket::Session::State::Refused:
    case web_socket::Session::State::Broken:
      return Layers::State::Failed;
  }
  return Layers::State::Failed;
}

}  // namespace

Layers::Layers(const sip::Limits& limits, std::unique_ptr<tls::Session> secure,
               std::unique_ptr<web_socket::Session> web)
    : tls_(std::move(secure)),
      web_(std::move(web)),
      state_(tls_ || web_ ? State::Handshaking : State::Open),
      framer_(limits) {}

Layers::State Layers::state_now() const {
  const State below = tls_ ? state_of(tls_->state()) : State::Open;
  return below == State::Open && web_ ? state_of(web_->state()) : below;
}

Layers::State Layers::feed(std::string_view bytes) {
  std::string plain;
  if (tls_) {
    tls_->feed(bytes, plain);
    bytes = plain;
  }
  if (web_ && !bytes.empty()) {
    web_->feed(bytes);
    pass_on(web_->take_output());
  } else if (!bytes.empty()) {
    framer_.feed(bytes);
  }
  return state_ = state_now();
}

std::optional<sip::Frame> Layers::next() {
  if (!web_) return framer_.next();
  while (std::optional<std::string> message = web_->next()) {
    // RFC 7118 6: the CRLF keep-alive of RFC 5626 goes on working, each part a message.
    if (*message == "\r\n\r\n") return sip::KeepAlivePing{};
    if (*message == "\r\n") return sip::KeepAlivePong{};
    if (!message->empty()) return sip::MessageBytes{std::move(*message)};
  }
  return std::nullopt;
}

void Layers::pass_on(std::string bytes) {
  if (bytes.empty()) return;
  if (tls_)
    tls_->encrypt(bytes);
  else
    output_ += bytes;
}

bool Layers::send(std::string_view message) {
  if (state_ != State::Open || transparent()) return false;
  if (web_) {
    web_->send(message);
    pass_on(web_->take_output());
  } else {
    tls_->encrypt(message);
  }
  state_ = state_now();
  return state_ == State::Open;
}

void Layers::close() {
  if (web_) {
    web_->close();
    pass_on(web_->take_output());
  }
  if (tls_) tls_->close();
}

std::string Layers::take_output() {
  return tls_ ? tls_->take_output() : std::exchange(output_, {});
}

}  // namespace sbc::net
