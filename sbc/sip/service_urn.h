#pragma once
// Service URNs (RFC 5031), and the numbers that mean one.

#include <span>
#include <string>

#include "sbc/sip/uri.h"

namespace sbc::sip {

// urn:service:sos and what is below it (RFC 5031 4.2), in any case.
bool is_emergency_urn(const Uri& uri);
// Such a URN, or one of the numbers that mean it here ("112", "911").
bool is_emergency(const Uri& uri, std::span<const std::string> numbers);

}  // namespace sbc::sip
