#pragma once
// Limits of the resolve room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::resolve {

// CNAMEs of one answer: nobody needs more, and a loop ends here (RFC 1034 3.6.2 asks for no chains at all).
inline constexpr std::size_t kMaxAliases = 8;
// Records of one message that are looked at.
inline constexpr std::size_t kMaxRecords = 256;
// RFC 2308 7: after a failure or silence the servers are left in peace for so long, and calls do not queue behind them.
inline constexpr base::Duration kFailureTtl = base::seconds{5};
// Names of /etc/hosts carry no time to live.
inline constexpr base::Duration kHostsFileTtl = base::seconds{60};
// Locations under way: more than calls can wait for in the time of one answer means that something is stuck.
inline constexpr std::size_t kMaxInquiries = 20'000;

}  // namespace sbc::resolve
