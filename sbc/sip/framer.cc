#include "sbc/sip/framer.h"

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"
#include "sbc/sip/header_id.h"

namespace sbc::sip {
namespace {

struct BodyLength {
  std::optional<std::uint32_t> bytes;
  std::string problem;  // when bytes is not there
};

// The value of the one Content-Length in a head (start line to blank line, folds still in place).
BodyLength body_length(std::string_view head) {
  BodyLength result;
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 4 <= head.size()) {
    const std::size_t start = at + 2;
    std::size_t end = head.find("\r\n", start);
    while (end != std::string_view::npos && end + 2 < head.size() && base::is_blank(head[end + 2]))
      end = head.find("\r\n", end + 2);
    at = end;
    const std::string_view line = head.substr(start, end == std::string_view::npos ? end : end - start);
    const std::size_t name_end = grammar::skip(grammar::kToken, line);
    if (header_id_from(line.substr(0, name_end)) != HeaderId::ContentLength) continue;
    const std::size_t colon = line.find(':', name_end);
    if (colon == std::string_view::npos || !base::trim(line.substr(name_end, colon - name_end)).empty()) continue;
    if (result.bytes) return {std::nullopt, "expected one header field of this name, got more"};
    const std::string_view value = base::trim(line.substr(colon + 1));
    result.bytes = base::parse_unsigned<std::uint32_t>(value);
    if (!result.bytes) return {std::nullopt, "expected number of bytes, got \"" + base::printable(value, 24) + "\""};
  }
  if (!result.bytes) result.problem = "expected this header field on a stream, got none";
  return result;
}

}  // namespace

void StreamFramer::feed(std::string_view bytes) {
  if (!broken_) buffer_ += bytes;
}

void StreamFramer::consume(std::size_t n) {
  start_ += n;
  scanned_ = 0;
  need_ = 0;
  if (start_ == buffer_.size()) {
    buffer_.clear();
    start_ = 0;
  } else if (start_ > 4096 && start_ > buffer_.size() / 2) {
    buffer_.erase(0, start_);
    start_ = 0;
  }
}

Frame StreamFramer::fail(ParseError error, std::size_t head_size) {
  StreamError out{std::move(error), buffer_.substr(start_, head_size)};
  broken_ = true;
  buffer_ = std::string();
  start_ = scanned_ = need_ = 0;
  return out;
}

// CRLFCRLF is a ping. One CRLF alone is a pong, told at once: if it was the first half of a ping that came in two
// pieces, the second half makes it a ping.
std::optional<Frame> StreamFramer::next_keep_alive() {
  const std::string_view text = std::string_view(buffer_).substr(start_);
  if (text.starts_with("\r\n\r\n")) {
    consume(4);
    half_ping_ = false;
    return KeepAlivePing{};
  }
  if (!text.starts_with("\r\n") || text == "\r\n\r") return std::nullopt;
  consume(2);
  half_ping_ = !half_ping_;
  if (!half_ping_) return KeepAlivePing{};
  return KeepAlivePong{};
}

std::optional<Frame> StreamFramer::next() {
  if (broken_ || buffered() == 0) return std::nullopt;
  if (need_ == 0) {
    if (scanned_ == 0 && buffer_[start_] == '\r') {
      if (buffered() > 1 && buffer_[start_ + 1] != '\n')
        return fail({0, "expected a SIP message on the stream, got a CR alone", {}}, 0);
      return next_keep_alive();
    }
    half_ping_ = false;
    // Anything but a token here is TLS on a clear port, another protocol or a lost framing.
    if (!grammar::is(grammar::kToken, buffer_[start_]))
      return fail(
          {0, "expected a SIP message on the stream, got \"" + base::printable(buffer_.substr(start_, 8)) + "\"", {}},
          0);
    const std::size_t end = buffer_.find("\r\n\r\n", start_ + scanned_);
    const std::size_t head = end == std::string::npos ? buffered() : end + 4 - start_;
    if (head > limits_.head_bytes)
      return fail({513, "expected at most " + std::to_string(limits_.head_bytes) + " bytes before the body", {}}, 0);
    if (end == std::string::npos) {
      scanned_ = buffered() < 3 ? 0 : buffered() - 3;
      return std::nullopt;
    }
    if (auto error = measure(head)) return error;
  }
  if (buffered() < need_) return std::nullopt;
  MessageBytes message{buffer_.substr(start_, need_)};
  consume(need_);
  return message;
}

// Sets need_ from the head, or gives the error that ends the stream.
std::optional<Frame> StreamFramer::measure(std::size_t head) {
  const BodyLength length = body_length(std::string_view(buffer_).substr(start_, head));
  if (!length.bytes) return fail({400, "Content-Length: " + length.problem, "Content-Length"}, head);
  if (*length.bytes > limits_.body_bytes) {
    return fail({413,
                 "expected at most " + std::to_string(limits_.body_bytes) + " bytes of body, got " +
                     std::to_string(*length.bytes),
                 {}},
                head);
  }
  if (head + *length.bytes > limits_.message_bytes)
    return fail({513, "expected at most " + std::to_string(limits_.message_bytes) + " bytes of message", {}}, head);
  need_ = head + *length.bytes;
  return std::nullopt;
}

}  // namespace sbc::sip
