#pragma once
// RSeq (RFC 3262 7.1).

#include <cstdint>
#include <optional>

#include "sbc/sip/message.h"

namespace sbc::sip {

// The number of a response that was sent reliably: it requires 100rel, and has an RSeq from 1 to 2^32-1.
std::optional<std::uint32_t> reliable_number(const Message& response);

}  // namespace sbc::sip
