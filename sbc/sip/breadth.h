#pragma once
// How many branches a request may still have, over all who pass it on (RFC 5393 5.3, RFC 7332 6).

#include <cstdint>

#include "sbc/sip/message.h"

namespace sbc::sip {

// The Max-Breadth of a request that goes on for `request`: as received, but never more than 60, which is also what it
// is when none was received, or none that can be read. nullptr: nothing was received.
std::uint32_t max_breadth(const Message* request);

}  // namespace sbc::sip
