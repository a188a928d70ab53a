#pragma once
// Cuts a byte stream into messages (RFC 3261 18.3) and keep-alives (RFC 5626 3.5.1, 4.4.1).

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sbc/sip/limits.h"
#include "sbc/sip/parser.h"

namespace sbc::sip {

struct MessageBytes {
  std::string bytes;  // for parse(..., Framing::Stream)
};
struct KeepAlivePing {};  // CRLFCRLF between messages: answer with CRLF
struct KeepAlivePong {};  // a single CRLF between messages
// The stream cannot be cut any further: close the connection. `head` is what can be answered, if anything: parse it as
// a datagram to get the parts a response needs.
struct StreamError {
  ParseError error;
  std::string head;
};

using Frame = std::variant<MessageBytes, KeepAlivePing, KeepAlivePong, StreamError>;

// Holds at most limits.message_bytes and what one feed() brought. After a StreamError it gives nothing more.
class StreamFramer {
 public:
  explicit StreamFramer(const Limits& limits = {}) : limits_(limits) {}

  void feed(std::string_view bytes);
  // The next whole frame, if it is there. Call until it returns nothing.
  std::optional<Frame> next();

  std::size_t buffered() const { return buffer_.size() - start_; }
  bool broken() const { return broken_; }

 private:
  std::optional<Frame> next_keep_alive();
  std::optional<Frame> measure(std::size_t head_size);
  Frame fail(ParseError error, std::size_t head_size);
  void consume(std::size_t n);

  Limits limits_;
  std::string buffer_;
  std::size_t start_ = 0;    // first byte not yet given out
  std::size_t scanned_ = 0;  // from start_: no end of head before here
  std::size_t need_ = 0;     // from start_: the message under way ends here; 0: not yet known
  bool half_ping_ = false;   // the last thing given out was the pong that may have been half a ping
  bool broken_ = false;
};

}  // namespace sbc::sip
