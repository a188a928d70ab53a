#pragma once
// Who is named by sips: is not to be reached in clear (RFC 3261 26.2.2, RFC 5630 5.3).

#include "sbc/call/chosen.h"
#include "sbc/route/resolve.h"
#include "sbc/sip/transport.h"

namespace sbc::call {

// Whether what goes to this target goes in clear, and nobody has said that sips: may (`sips_in_clear`).
inline bool leaves_in_clear(const Settings& settings, const route::Target& target) {
  return !sip::is_secure(target.hop.transport) &&
         !chosen(settings, target.realm, target.trunk, &route::Realm::sips_in_clear, &route::Trunk::sips_in_clear);
}

}  // namespace sbc::call
