#pragma once
// Calls for help (RFC 5031) and calls that a network has promised to put first (RFC 4412).

#include <span>
#include <string>
#include <vector>

#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"
#include "sbc/sip/service_urn.h"
#include "sbc/sip/uri.h"

namespace sbc::identity {

using sip::is_emergency;
using sip::is_emergency_urn;

// The values of Resource-Priority (RFC 4412 3.1) that are well formed: namespace "." priority.
std::vector<std::string> resource_priorities(const sip::Message& message, limit::Counts* limits = nullptr);

// The values of Geolocation (RFC 6442 4.1): those that lead into a body of the same message ("cid:") only where its
// parts go on as they are (`with_parts`). Who added a location (loc-src) is a word between networks that trust each
// other (RFC 8787 3, 4).
std::vector<std::string> locations(const sip::Message& message, bool trusted, bool with_parts = false);

}  // namespace sbc::identity
