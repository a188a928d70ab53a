#pragma once
// Which dialogs a request speaks of: in a body (dialog-info, RFC 4235 4.1), in Event (RFC 4235 3.2), in the Replaces of
// a Refer-To (RFC 3891). What the other side calls them has to be known when the request is carried on.

#include <vector>

#include "sbc/body/identifiers.h"
#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"

namespace sbc::app {

// At most kMostNamed of them; what is not well-formed names nothing.
inline constexpr std::size_t kMostNamed = 64;  // a full state of a busy switchboard's lamps
std::vector<body::DialogIds> dialogs_named_in(const sip::Message& request, limit::Counts& limits);

}  // namespace sbc::app
