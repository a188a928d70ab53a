#include "sbc/call/record.h"

namespace sbc::call {

std::string_view name_of(EndCause cause) {
  switch (cause) {
    case EndCause::Bye:
      return "bye";
    case EndCause::Cancel:
      return "cancel";
    case EndCause::Rejected:
      return "rejected";
    case EndCause::Policy:
      return "policy";
    case EndCause::NoAnswer:
      return "no_answer";
    case EndCause::Unreachable:
      return "unreachable";
    case EndCause::MediaTimeout:
      return "media_timeout";
    case EndCause::NotSecured:
      return "not_secured";
    case EndCause::RelayFailure:
      return "relay_failure";
    case EndCause::NoAck:
      return "no_ack";
    case EndCause::BadMedia:
      return "bad_media";
    case EndCause::SessionExpired:
      return "session_expired";
    case EndCause::PeerGone:
      return "peer_gone";
    case EndCause::NotRecorded:
      return "not_recorded";
    case EndCause::Limit:
      return "limit";
    case EndCause::HungUp:
      return "hung_up";
    case EndCause::MaxDuration:
      return "max_duration";
    case EndCause::Shutdown:
      return "shutdown";
    case EndCause::Error:
      return "error";
  }
  return "?";
}

std::string_view name_of(EndedBy by) {
  switch (by) {
    case EndedBy::Caller:
      return "caller";
    case EndedBy::Callee:
      return "callee";
    case EndedBy::Border:
      return "border";
  }
  return "?";
}

}  // namespace sbc::call
