#pragma once
// What can go wrong with a description, and the SIP answer that fits.

#include <cstdint>
#include <string>

namespace sbc::sdp {

enum class ErrorKind : std::uint8_t {
  Syntax,          // the text is not a usable description
  Limit,           // a limit of the room was exceeded
  Glare,           // an offer arrived while our own offer waits for its answer (RFC 3264 4)
  OfferPending,    // a second offer arrived while we still owe (part of) the answer to the first (RFC 3261 14.2)
  TooFewMedia,     // a new offer has fewer m-lines than the session has (RFC 3264 8)
  AnswerMismatch,  // an answer's m-lines do not match the offer's (RFC 3264 6)
  Unexpected,      // an answer without an offer; when it comes from outside, it may be ignored (RFC 3261 13.2.1)
};

struct Error {
  ErrorKind kind = ErrorKind::Syntax;
  std::string text;  // "line 4: c=: expected address, got \"x\""
};

const char* name_of(ErrorKind kind);
// The response status to a request whose description failed this way: 400, 413, 491, 500 or 488.
int status_for(ErrorKind kind);

}  // namespace sbc::sdp
