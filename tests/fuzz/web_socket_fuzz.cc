// rooms: web_socket
// Whatever a peer sends, in whatever pieces: the handshake has one verdict, messages keep their limit, and what we say
// back is bounded by what was said to us.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/web_socket/handshake.h"
#include "sbc/web_socket/limits.h"
#include "sbc/web_socket/session.h"

namespace {

using sbc::web_socket::Answer;
using sbc::web_socket::Reject;
using sbc::web_socket::Session;

constexpr std::size_t kLargest = 4096;
// A pong repeats its ping; a close frame and the handshake's answer come on top of it.
constexpr std::size_t kOwnWords = 1024;

void check(bool promise) {
  if (!promise) std::abort();
}

void handshake_alone(std::string_view head) {
  const Answer answer = sbc::web_socket::answer_handshake(head);
  check(answer.response.starts_with("HTTP/1.1 ") && answer.response.find("\r\n\r\n") != std::string::npos);
  check(answer.response.size() <= kOwnWords);
  check((answer.reject == Reject::None) == answer.response.starts_with("HTTP/1.1 101 "));
  // Nothing of the request comes back but a hash of its key.
  check(answer.response.find('\0') == std::string::npos);
}

struct Outcome {
  Session::State state = Session::State::Handshaking;
  Reject reject = Reject::None;
  std::size_t messages = 0;
  std::size_t said = 0;

  bool part = false;  // of a frame or message, at the end

  // wslay's word for a good-bye with a broken text depends on the pieces it comes in, and so does whether it has one
  // before the frame is whole: of each piece it passes over two bytes.
  bool over() const {
    return state == Session::State::Closed || state == Session::State::Refused || state == Session::State::Broken;
  }
};

Outcome play(std::string_view bytes, std::size_t piece) {
  Session session(kLargest);
  Outcome outcome;
  while (!bytes.empty()) {
    session.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto message = session.next()) {
      check(message->size() <= kLargest);
      ++outcome.messages;
    }
    outcome.said += session.take_output().size();
    if (session.state() != Session::State::Handshaking && session.state() != Session::State::Open) break;
  }
  outcome.state = session.state();
  outcome.reject = session.reject();
  outcome.part = session.has_part();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  handshake_alone(bytes);
  const Outcome whole = play(bytes, size == 0 ? 1 : size);
  check(whole.said <= size + kOwnWords);
  const Outcome byte_by_byte = play(bytes, 1);
  check(byte_by_byte.over() == whole.over() || (whole.over() && byte_by_byte.part));
  check(byte_by_byte.reject == whole.reject);
  check(byte_by_byte.said <= size + kOwnWords);

  // The same bytes as frames, after a handshake that is good.
  static const std::string opened =
      "GET /sip HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n";
  const std::string frames = opened + std::string(bytes);
  const Outcome framed = play(frames, frames.size());
  check(framed.reject == Reject::None && framed.said <= size + kOwnWords);
  check(play(frames, 7).messages == framed.messages);
  return 0;
}
