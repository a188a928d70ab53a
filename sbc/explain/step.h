#pragma once
// What is written down about a call while it is made: what was asked, decided, sent and answered, in order. Texts and
// messages as they are; what can be found out from them later (explanation.h) is not worked out here, on the way of a
// call.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/policy/host.h"
#include "sbc/sip/message.h"

namespace sbc::explain {

// The caller's INVITE is a call.
struct Begun {
  sip::MessagePtr invite = {};
  std::string session = {};  // the call's name in the log
  std::string realm = {}, trunk = {};
  std::string source = {};  // "UDP 192.0.2.7:5060"
  base::WallTime wall = {};
};

// A handler of the policy came to a decision.
struct Handled {
  policy::Handler handler = policy::Handler::Invite;
  std::string policy = {};    // Host::hash
  std::string decision = {};  // describe.h
  std::string where = {};     // "default.lua:42"
  std::string error = {};
  std::vector<policy::Read> reads = {};
  std::vector<policy::LogLine> log = {};
  base::Duration took{};
};

// The candidates of a decision as places to try, in order.
struct Planned {
  std::vector<std::string> targets = {};
  std::vector<std::uint32_t> at_once =
      {};  // of each: those of one number are called together, 0: alone; empty: all are
};

// A line of the log: among others, why a candidate was skipped.
struct Noted {
  std::string text = {};
};

// A party asks for another session, by a re-INVITE or an UPDATE.
struct Reinvited {
  sip::MessagePtr request = {};
  std::string party = {};  // "caller", "callee"
};

// An INVITE of the border's.
struct Sent {
  base::SharedBytes invite = {};
  std::string call_id = {};
  std::string target = {};   // "trunk carrier UDP 192.0.2.7:5060"; of a change in a dialog "caller" or "callee"
  std::string purpose = {};  // "": it tries a candidate; "re-INVITE", "UPDATE", "transfer", "recording"
  std::string number = {};   // that the policy gave; "": as dialled
  bool from = false;         // the policy says whom the callee sees
  std::vector<policy::HeaderOp> headers = {};
};

// A candidate did not take the call.
struct Failed {
  std::string target = {};
  std::uint16_t status = 0;
  std::string cause = {};  // "response", "timeout", "transport"
  std::string reason = {};
  std::string usual = {};  // what the border does by itself: "next", "stop", ...
  base::Duration took{};
};

// The call is answered, or was changed, with this media.
struct Answered {
  struct Leg {
    std::string network = {};  // of the relay
    std::string latch = {};    // "strict", "learn", "hear"
    // Session descriptions; null: none.
    base::SharedBytes said = {};  // by the peer
    base::SharedBytes told = {};  // to it
  };
  std::array<Leg, 2> legs = {};  // of the caller and of the callee
  bool changed = false;          // by an exchange after the answer
  std::string target = {};       // who answered; "": the one that was called last
};

struct Ended {
  std::uint16_t status = 0;  // final status that the caller got; 0: none
  std::string cause = {}, by = {};
  base::Duration setup{}, duration{};
  std::string call_class = {};  // as which it was admitted, "": none
  std::vector<policy::CdrField> cdr = {};
};

struct Step {
  base::Instant at{};
  std::variant<Begun, Handled, Planned, Noted, Reinvited, Sent, Failed, Answered, Ended> what;
};

// Who wants to know why calls go their way.
class Explainer {
 public:
  virtual ~Explainer() = default;
  // `call_id`: that of the caller's INVITE.
  virtual void tell(std::string_view call_id, Step step) = 0;
};

}  // namespace sbc::explain
