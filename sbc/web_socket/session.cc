#include "sbc/web_socket/session.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sbc/web_socket/limits.h"
#include "sbc/web_socket/utf8.h"

namespace sbc::web_socket {

// What wslay calls; `user` is the session.
struct Callbacks {
  static ssize_t receive(wslay_event_context_ptr frames, std::uint8_t* to, std::size_t size, int, void* user) {
    std::string_view& unread = static_cast<Session*>(user)->unread_;
    if (unread.empty()) {
      wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t n = std::min(size, unread.size());
    std::memcpy(to, unread.data(), n);
    unread.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  static ssize_t send(wslay_event_context_ptr, const std::uint8_t* bytes, std::size_t size, int, void* user) {
    static_cast<Session*>(user)->output_.append(reinterpret_cast<const char*>(bytes), size);
    return static_cast<ssize_t>(size);
  }
  static void on_frame_start(wslay_event_context_ptr, const wslay_event_on_frame_recv_start_arg* frame, void* user) {
    auto& session = *static_cast<Session*>(user);
    session.in_frame_ = true;
    if (!wslay_is_ctrl_frame(frame->opcode)) session.in_message_ = true;
  }
  static void on_frame_end(wslay_event_context_ptr, void* user) { static_cast<Session*>(user)->in_frame_ = false; }
  static void on_message(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message, void* user) {
    if (wslay_is_ctrl_frame(message->opcode)) return;  // wslay answers pings and closes
    auto& session = *static_cast<Session*>(user);
    session.in_message_ = false;
    session.messages_.emplace_back(reinterpret_cast<const char*>(message->msg), message->msg_length);
  }
};

namespace {

constexpr wslay_event_callbacks kCallbacks = {Callbacks::receive,        Callbacks::send, nullptr,
                                              Callbacks::on_frame_start, nullptr,         Callbacks::on_frame_end,
                                              Callbacks::on_message};

}  // namespace

Session::Session(std::size_t largest_message) : largest_(largest_message) {}

Session::~Session() {
  if (frames_ != nullptr) wslay_event_context_free(frames_);
}

Session::State Session::feed(std::string_view bytes) {
  if (state_ == State::Handshaking) {
    input_ += bytes;
    handshake();
  } else if (state_ == State::Open) {
    unread_ = bytes;
    receive();
  }
  return state_;
}

void Session::handshake() {
  const std::size_t end = input_.find("\r\n\r\n");
  Answer answer;
  if (end != std::string::npos && end + 4 <= kRequestBytes)
    answer = answer_handshake(std::string_view(input_).substr(0, end + 4));
  else if (input_.size() > kRequestBytes)
    answer = refuse(Reject::TooLong);
  else
    return;
  output_ += answer.response;
  reject_ = answer.reject;
  if (reject_ != Reject::None || wslay_event_context_server_init(&frames_, &kCallbacks, this) != 0) {
    state_ = State::Refused;
    return;
  }
  wslay_event_config_set_max_recv_msg_length(frames_, largest_);
  state_ = State::Open;
  const std::string rest = input_.substr(end + 4);
  input_ = {};
  unread_ = rest;
  receive();
}

void Session::receive() {
  const bool received = wslay_event_recv(frames_) == 0;
  const bool sent = wslay_event_send(frames_) == 0;
  unread_ = {};
  if (received && sent && wslay_event_want_read(frames_) != 0) return;
  // Either the peer has said good-bye and got ours, or we have because of what it sent.
  const bool by_peer = wslay_event_get_close_received(frames_) != 0;
  close_code_ = by_peer ? wslay_event_get_status_code_received(frames_) : wslay_event_get_status_code_sent(frames_);
  state_ = by_peer ? State::Closed : State::Broken;
}

std::optional<std::string> Session::next() {
  if (messages_.empty()) return std::nullopt;
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

bool Session::send(std::string_view message) {
  if (state_ != State::Open) return false;
  const wslay_event_msg frame{
      .opcode = static_cast<std::uint8_t>(is_utf8(message) ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME),
      .msg = reinterpret_cast<const std::uint8_t*>(message.data()),
      .msg_length = message.size()};
  if (wslay_event_queue_msg(frames_, &frame) == 0 && wslay_event_send(frames_) == 0) return true;
  state_ = State::Broken;
  return false;
}

void Session::close() {
  if (state_ != State::Open) return;
  wslay_event_queue_close(frames_, WSLAY_CODE_GOING_AWAY, nullptr, 0);
  wslay_event_send(frames_);
  state_ = State::Closed;
}

std::string Session::take_output() {
  return std::exchange(output_, {});
}

bool Session::has_part() const {
  return in_frame_ || in_message_;
}

}  // namespace sbc::web_socket
