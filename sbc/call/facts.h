#pragma once
// From a SIP message to the facts that a policy is told.

#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/policy/facts.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::call {

// What is known about a request that does not stand in it.
struct Arrival {
  std::string realm;
  std::string trunk;     // "" when no trunk's sources cover the sender
  bool vouched = false;  // of a trunk, or of a trusted realm
  bool authenticated = false;
  std::string auth_user;
  std::string registered_aor;                                  // "" when the flow belongs to no live registration
  std::optional<policy::RegistrationFacts> registration = {};  // of that flow
  std::string user;  // address of record of the account that has proved itself, else that of the flow; "": neither
  // Of a caller whose registration a registrar upstream has accepted: the trunks that lead there, and the values of
  // Route that it wants on calls through them (RFC 3608).
  std::vector<std::string> upstream;
  std::vector<std::string> service_route;
  std::uint32_t recent_failures = 0;
  base::WallTime wall;
  std::int32_t utc_offset_seconds = 0;
  std::shared_ptr<const policy::Tenure> under = {};  // the policy that runs when it comes: the call keeps it
};

policy::Address to_address(const sip::Uri& uri, std::string_view display);
// Fills what every request has. The header views point into `message`.
void fill_facts(policy::RequestFacts& facts, const sip::Message& message, const sip::Source& source,
                const Arrival& arrival);
// Views into `message`.
std::vector<policy::HeaderView> header_views(const sip::Message& message);
policy::InviteFacts invite_facts(const sip::Message& message, const sip::Source& source, const Arrival& arrival);

// Whether the sender's own words (Via sent-by, Contact host) name another address than its packets come from. Names
// prove nothing and do not count.
bool behind_nat(const sip::Message& message, const sip::Source& source);

}  // namespace sbc::call
