#include "sbc/sdp/error.h"

namespace sbc::sdp {

const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Syntax:
      return "syntax";
    case ErrorKind::Limit:
      return "limit";
    case ErrorKind::Glare:
      return "glare";
    case ErrorKind::OfferPending:
      return "offer_pending";
    case ErrorKind::TooFewMedia:
      return "too_few_media";
    case ErrorKind::AnswerMismatch:
      return "answer_mismatch";
    case ErrorKind::Unexpected:
      break;
  }
  return "unexpected";
}

int status_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Syntax:
      return 400;
    case ErrorKind::Limit:
      return 413;
    case ErrorKind::Glare:
      return 491;
    case ErrorKind::OfferPending:
      return 500;  // RFC 3261 14.2: with Retry-After
    case ErrorKind::TooFewMedia:
    case ErrorKind::AnswerMismatch:
    case ErrorKind::Unexpected:
      break;
  }
  return 488;
}

}  // namespace sbc::sdp
