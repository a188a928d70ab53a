#pragma once
// Bytes to Message (RFC 3261 7, 18.3, 25.1): one pass over the head, no allocation per header.

#include <optional>
#include <string>

#include "sbc/sip/limits.h"
#include "sbc/sip/message.h"

namespace sbc::sip {

struct ParseError {
  int status =
      0;  // the answer that fits a request: 400, 413, 414, 501, 505, 513; 0: drop (a response, or no SIP at all)
  std::string text;    // `Via: expected port, got "x", byte 41`; bytes count from the start of the header's value
  std::string header;  // canonical name of the offending header; "" for the start line or the message as a whole
};

struct ParseResult {
  MessagePtr message;               // null: nothing usable. With an error it is there only to be answered
  std::optional<ParseError> error;  // the first error met
  // A request whose top Via could be decoded and which has From, To, Call-ID and CSeq (their raw values are what a
  // response copies, even if it is one of them that is malformed). Never true for ACK or a response.
  bool answerable = false;

  bool ok() const { return message != nullptr && !error; }
};

enum class Framing : std::uint8_t {
  Datagram,  // one message per datagram; the end of the datagram limits the body (18.3)
  Stream,    // Content-Length alone limits the body; its absence is an error
};

// `bytes` is one message from its first byte (leading CRLF are skipped, 7.5) and is moved into the result.
ParseResult parse(std::string bytes, const Limits& limits = {}, Framing framing = Framing::Datagram);

}  // namespace sbc::sip
