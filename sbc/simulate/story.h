#pragma once
// What became of a simulated call.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/call/record.h"
#include "sbc/policy/host.h"
#include "sbc/sip/message.h"

namespace sbc::simulate {

// What the policy wanted to know.
struct Asked {
  base::Duration at{};
  std::string what;        // "GET https://numbers.example.net/v1/43"
  base::Duration until{};  // it was answered, or no longer waited for
  std::string answer;      // "200, 34 bytes", "timeout"; "": the call was gone before it came
};

// What the policy said, and why.
struct Decision {
  base::Duration at{};  // since the INVITE came
  policy::Handler handler = policy::Handler::Invite;
  std::string what;   // "route: trunk carrier_a, number +43123, timeout 4 s"
  std::string where;  // "default.lua:42"; "default": there is no handler; "fallback": it failed
  std::string error;  // why it failed
  std::vector<policy::LogLine> log;
  std::vector<Asked> lookups;  // that took time
};

// One INVITE of the border's, and what came back.
struct Attempt {
  base::Duration at{};
  std::string to;      // trunk, address of record or address of whoever is called
  std::string target;  // "UDP 192.0.2.7:5060"
  sip::MessagePtr invite;
  std::vector<std::pair<base::Duration, int>> responses;
  bool cancelled = false;
  bool hung_up = false;  // the border has sent BYE
};

// What a party did in the answered call, and what came of it.
struct Inside {
  base::Duration at{};
  bool callee = false;
  std::string method;      // as of InsideEvent
  std::uint32_t cseq = 0;  // of its request; 0: a key
  int status = 0;          // of the final response; 0: none
  bool heard = true;       // a key: somebody wants to know of it
};

struct Story {
  std::vector<Decision> decisions;
  std::vector<Attempt> attempts;
  std::vector<Inside> inside;
  std::vector<std::pair<base::Duration, sip::MessagePtr>> to_caller;  // but for the responses to those
  std::optional<call::CallRecord> record;                             // none: the call never began, or did not end
  std::vector<std::string> notes;                                     // of the border's log
  std::vector<std::string> leaks;                                     // what its leak guard found, as the log has it
  std::string problem;                                                // why there is nothing to tell; "" mostly
  base::Duration lasted{};

  // The final response that the caller got; 0: none.
  int status() const;
};

}  // namespace sbc::simulate
