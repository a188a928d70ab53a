#pragma once
// INVITEs that come back (RFC 3261 16.3 item 4, RFC 5393 4.2): one that still has the Via of an INVITE of ours was sent
// on by somebody behind our leg B. When nothing that routing could depend on is new since an earlier turn it would go
// the same way again, for ever: a loop. Otherwise it is a spiral, and goes on.

#include <cstdint>
#include <string_view>
#include <vector>

#include "sbc/call/facts.h"
#include "sbc/sip/message.h"

namespace sbc::call {

struct Core;

// All that a policy can see of the INVITE and of who sent it, but what each hop writes anew, as one number.
std::uint64_t turn_of(const sip::Message& invite, const Arrival& arrival);

// The turns that lead to this INVITE, oldest first: those before the call that it comes from, and that call's own, at
// most kMaxTurns. Empty: it comes from no call of this shard that still rings, as nearly all do, and then costs
// nothing.
std::vector<std::uint64_t> turns_before(const Core& core, const sip::Message& invite);

// It was here before, just so.
bool is_loop(const Core& core, const sip::Message& invite, const Arrival& arrival);

}  // namespace sbc::call
