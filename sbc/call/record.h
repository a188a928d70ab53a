#pragma once
// What remains of a call when it is over: the content of its log line and, later, of its CDR.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/call/quality.h"
#include "sbc/policy/decision.h"

namespace sbc::policy {
struct Tenure;
}

namespace sbc::call {

enum class EndCause : std::uint8_t {
  Bye,             // a peer hung up
  Cancel,          // the caller gave up before the answer
  Rejected,        // the far side said no
  Policy,          // our policy said no, challenged or dropped
  NoAnswer,        // our time for ringing was over
  Unreachable,     // no candidate could be reached
  MediaTimeout,    // no media for the media timeout
  NotSecured,      // media that was agreed to be secure cannot be: a DTLS handshake failed, or nobody shook hands
  RelayFailure,    // no relay, or it lost the session
  NoAck,           // the peer never acknowledged our 2xx
  BadMedia,        // a description that cannot be used
  SessionExpired,  // a session timer ran out: nobody refreshed it (RFC 4028)
  PeerGone,        // a peer no longer knows the dialog, or cannot be reached
  NotRecorded,     // it had to be recorded, and is not
  Limit,           // a limit or a drain refused the call
  HungUp,          // a handler of the policy ended it
  MaxDuration,     // it has lasted for as long as it may
  Shutdown,        // the operator
  Error,           // our own mistake
};
std::string_view name_of(EndCause cause);

enum class EndedBy : std::uint8_t { Caller, Callee, Border };
std::string_view name_of(EndedBy by);

struct CallRecord {
  std::string id;  // of this call in logs: also its relay session
  std::string call_id_a;
  std::string call_id_b;   // of the last attempt, "" when there was none
  std::string session_id;  // RFC 7989: the caller's half first
  std::string from, to;    // as the caller wrote them: URI
  std::string realm_a, realm_b, trunk_a, trunk_b;
  std::string where;                  // the policy's decision: "default.lua:42"
  std::string call_class;             // as which it was admitted; "": none
  std::vector<policy::CdrField> cdr;  // what the policy says besides
  std::uint16_t status = 0;           // final status that the caller got; 0: none (dropped, or the caller vanished)
  bool answered = false;
  EndCause cause = EndCause::Error;
  EndedBy by = EndedBy::Border;
  std::uint32_t attempts = 0;
  std::optional<CallQuality> quality;  // nullopt: nothing was relayed, or the relay did not tell
  std::array<QualityWatch, 2> watch;   // of the caller and the callee, while the call lasted
  std::string recording;               // front of the names of its files at the relay; "": it was not to be recorded
  std::string recorder;                // trunk of the server that recorded it (SIPREC); "": none
  std::string recording_failure;       // why it is not recorded, or not to its end
  std::optional<EndedBy> silent;       // Caller, Callee: whose media did not come while the other's did
  std::optional<base::Duration> rang;  // INVITE to the first 18x of a callee; nullopt: there was none
  std::shared_ptr<const policy::Tenure> under;  // the policy that decided of it; null: refused before any was asked
  base::Duration setup{};                       // INVITE to final response
  base::Duration duration{};                    // answer to end
};

}  // namespace sbc::call
