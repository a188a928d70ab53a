#pragma once
// One WebSocket of a client (RFC 6455) without its socket. Each message is a whole SIP message (RFC 7118 5), or a
// keep-alive.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/web_socket/handshake.h"

struct wslay_event_context;

namespace sbc::web_socket {

class Session {
 public:
  enum class State : std::uint8_t {
    Handshaking,
    Open,
    Closed,   // both sides have said good-bye
    Refused,  // the handshake: see reject()
    Broken    // the peer broke the protocol, or sent too much: see close_code()
  };

  explicit Session(std::size_t largest_message);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Bytes from the peer. Afterwards take_output() may have something: the handshake's answer, a pong, a close frame.
  State feed(std::string_view bytes);
  // The next whole message, text or binary.
  std::optional<std::string> next();
  // Only while Open. RFC 7118 5: text when it is UTF-8, else binary.
  bool send(std::string_view message);
  // Says good-bye (1001: going away); nothing is sent afterwards.
  void close();
  std::string take_output();

  State state() const { return state_; }
  Reject reject() const { return reject_; }
  int close_code() const { return close_code_; }  // 1002, 1007, 1009 when Broken; what the peer said when Closed
  bool has_part() const;                          // of a message or a frame

 private:
  friend struct Callbacks;
  void handshake();
  void receive();

  std::size_t largest_;
  State state_ = State::Handshaking;
  Reject reject_ = Reject::None;
  int close_code_ = 0;
  std::string input_;        // until the handshake is done
  std::string_view unread_;  // of what is being fed
  bool in_frame_ = false;
  bool in_message_ = false;
  std::string output_;
  std::deque<std::string> messages_;
  wslay_event_context* frames_ = nullptr;
};

}  // namespace sbc::web_socket
