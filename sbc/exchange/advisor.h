#pragma once
// What the exchange asks and is answered at once; the shard implements it on the policy host and its calls.

#include <optional>
#include <string_view>

#include "sbc/body/identifiers.h"
#include "sbc/call/advisor.h"
#include "sbc/call/facts.h"
#include "sbc/call/known_leg.h"

namespace sbc::exchange {

class Advisor {
 public:
  virtual ~Advisor() = default;
  // What becomes of a request outside dialogs that is neither INVITE nor REGISTER. `party`: address of record of whom
  // its Target-Dialog names, "" nobody.
  virtual policy::RequestDecision request(const sip::Message& message, const sip::Source& source,
                                          const call::Arrival& arrival, std::string_view party) = 0;
  virtual call::Challenge challenge(const sip::Message& request, std::string_view realm) = 0;
  virtual route::Contacts& contacts() = 0;
};

// Whoever knows the calls.
class Dialogs {
 public:
  virtual ~Dialogs() = default;
  // What a dialog that the peer names so is called on the side of `realm`; nullopt when that side has no part in it.
  virtual std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view realm) const = 0;
  // The leg of a call that a header names so (call/known_leg.h).
  virtual std::optional<call::KnownLeg> leg(const body::DialogIds& named) const = 0;
};

}  // namespace sbc::exchange
