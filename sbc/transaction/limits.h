#pragma once
// What one transaction layer (one shard) lets strangers make it keep.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::transaction {

// A server transaction lives 32 s after its answer on UDP (timers J, L): 3000 requests a second for 32 s, and some air.
// At about half a kilobyte each, with a request of one kilobyte while it is unanswered, this bounds the table near 150
// MB.
inline constexpr std::size_t kMaxServerTransactions = 100'000;

// Of each table, beyond its limit, for BYE and PRACK in dialogs that are there. They must get through when strangers
// have filled the table: a BYE that does not leaves half a call. So many legs can be ended within 32 s at the worst
// moment.
inline constexpr std::size_t kDialogReserve = 16'384;

// The same for calls for help (urn:service:sos, RFC 5031, and emergency.numbers), which nothing else may crowd out. A
// shard that is full of other things still takes so many within 32 s: far more than the lines of an emergency centre. A
// stranger who dials them gets no further than this.
inline constexpr std::size_t kEmergencyReserve = 256;

// The same rate towards the other side. Every server transaction of a call makes one here, and CANCEL makes a second.
inline constexpr std::size_t kMaxClientTransactions = 150'000;

// RFC 3261 21.5.4: how long a refused client is asked to stay away. Spread by the layer between this and twice this, so
// that those who were refused together do not come back together.
inline constexpr base::Duration kOverloadRetryAfter = base::seconds(5);

// Extra header lines of one CANCEL (Reason, RFC 3326). More is cut off whole: CANCEL goes out without them.
inline constexpr std::size_t kMaxCancelHeaders = 1024;

// Peers known to have no TCP (RFC 3261 18.1.1), and for how long that is believed: each large request to a peer that
// drops connections in silence costs the net room's connect time.
inline constexpr std::size_t kMaxWithoutTcp = 4096;
inline constexpr base::Duration kWithoutTcpFor = base::minutes(10);

}  // namespace sbc::transaction
