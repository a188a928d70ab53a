#pragma once
// What lies between the bytes of a connection and its SIP messages: TLS or nothing, WebSocket or stream framing.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/framer.h"
#include "sbc/tls/session.h"
#include "sbc/web_socket/session.h"

namespace sbc::net {

class Layers {
 public:
  enum class State : std::uint8_t {
    Handshaking,
    Open,
    Closed,  // the peer said good-bye
    Failed   // see tls_failure(), web_reject()
  };

  // `secure` is null without TLS, `web` without WebSocket: both for plain TCP.
  Layers(const sip::Limits& limits, std::unique_ptr<tls::Session> secure, std::unique_ptr<web_socket::Session> web);

  // Bytes of the peer. Afterwards call next() until it has nothing more, and send what take_output() gives.
  State feed(std::string_view bytes);
  std::optional<sip::Frame> next();
  // Whether messages are bytes of the stream as they are.
  bool transparent() const { return !tls_ && !web_; }
  // One message for the peer, into take_output(). Only while Open.
  bool send(std::string_view message);
  void close();
  std::string take_output();

  State state() const { return state_; }
  bool has_part() const { return web_ ? web_->has_part() : framer_.buffered() > 0; }  // of a message
  tls::Failure tls_failure() const { return tls_ ? tls_->failure() : tls::Failure::None; }
  web_socket::Reject web_reject() const { return web_ ? web_->reject() : web_socket::Reject::None; }
  // Verified; null without TLS, or when the peer has shown no certificate.
  const tls::Identity* peer() const { return tls_ && tls_->has_peer() ? &tls_->peer() : nullptr; }

 private:
  void pass_on(std::string bytes);
  State state_now() const;

  std::unique_ptr<tls::Session> tls_;
  std::unique_ptr<web_socket::Session> web_;
  State state_;
  std::string output_;  // without TLS
  sip::StreamFramer framer_;
};

}  // namespace sbc::net
