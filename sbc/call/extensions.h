#pragma once
// Option tags (RFC 3261 19.2): what we answer for ourselves on each leg, whatever the other leg has.

#include <string>
#include <string_view>

#include "sbc/sip/message.h"

namespace sbc::call {

// What a peer may Require of us, one line for each: the tag, its RFC, and the file that answers for it.
inline constexpr std::string_view kExtensions[] = {
    "100rel",        // RFC 3262: progress.cc
    "timer",         // RFC 4028: refresh.cc
    "replaces",      // RFC 3891: takeover.cc
    "precondition",  // RFC 3312: offering.cc
    "norefersub",    // RFC 4488: transfer.cc, exchange/refer.cc
    "tdialog",       // RFC 4538: entering.cc, referrer.cc, exchange/refer.cc
};

// All of them, as the value of Supported.
std::string supported_extensions();

// The option tags of Require that we do not have, as the value of Unsupported; "" when there are none (RFC
// 3261 8.2.2.3).
std::string unsupported_extensions(const sip::Message& request);

}  // namespace sbc::call
