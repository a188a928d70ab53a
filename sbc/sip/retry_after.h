#pragma once
// Retry-After (RFC 3261 20.33): seconds, then a comment and parameters that nobody here acts on.

#include <cstdint>
#include <optional>
#include <string_view>

#include "sbc/sip/message.h"

namespace sbc::sip {

// The seconds of a field's value; more than 32 bits hold count as the most that they hold. nullopt: it begins with
// something else than seconds.
std::optional<std::uint32_t> parse_retry_after(std::string_view value);

// Of a message; nullopt also without the header.
std::optional<std::uint32_t> retry_after(const Message& message);

}  // namespace sbc::sip
