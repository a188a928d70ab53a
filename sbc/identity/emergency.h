#pragma once
// Calls for help (RFC 5031) and calls that a network has promised to put first (RFC 4412).

#include <span>
#include <string>
#include <vector>

#include "sbc/sip/message.h"
#include "sbc/sip/uri.h"

namespace sbc::identity {

// urn:service:sos and what is below it (RFC 5031 4.2), in any case.
bool is_emergency_urn(const sip::Uri& uri);
// The same, or one of the numbers that mean it here ("112", "911").
bool is_emergency(const sip::Uri& uri, std::span<const std::string> numbers);

// The values of Resource-Priority (RFC 4412 3.1) that are well formed: namespace "." priority.
std::vector<std::string> resource_priorities(const sip::Message& message);

}  // namespace sbc::identity
