#pragma once
// Flows (RFC 5626) and the proxies before a phone (RFC 3327), as a registrar sees them in a REGISTER.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/register/identity.h"
#include "sbc/sip/message.h"
#include "sbc/sip/name_addr.h"

namespace sbc::registrar {

// RFC 5626 6: who stands between the phone and us, and whether reg-id may mean a flow.
enum class FirstHop : std::uint8_t {
  Ours,     // the phone speaks to us: one Via
  Edge,     // a proxy that holds flows: its Path has ;ob
  Lacking,  // a proxy that knows nothing of flows
};
FirstHop first_hop_of(const sip::Message& request);

// The number of a flow, "1" to "2147483647"; "" when the contact names none, names it without an instance (RFC 5626 6:
// ignored), or writes it wrongly.
std::string reg_id_of(const sip::NameAddr& contact);

// Path, or Service-Route, as a binding keeps it: all values, comma-joined, in order. nullopt: one of them is no loose
// route, so that no request could follow it (RFC 3327 4: the syntax of Route; without ;lr the Request-URI would have to
// give way).
std::optional<std::string> joined_routes(const sip::Message& message, sip::HeaderId id);

// What a 200 says to a phone whose flow it confirms (RFC 5626 6): Require: outbound and, when the phone speaks to us
// and `flow_timer` is not 0, the seconds within which it has to send its keep-alives.
void add_flow_headers(const sip::Message& request, std::uint32_t flow_timer, Plan& plan);

// The values of a joined Path, or of any list of routes, as values of Route.
std::vector<std::string> routes_of(std::string_view joined);

}  // namespace sbc::registrar
