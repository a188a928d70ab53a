#pragma once
// Limits of the relay_client room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::relay_client {

// Commands without a reply. A relay answers within a millisecond; this many mean that it does not, and more would only
// make calls wait that are better refused.
inline constexpr std::size_t kMaxWaiting = 16 * 1024;

// Attempts to connect, one after the other, that found nobody listening before the sessions are given up. One alone may
// hit the moment in which a successor replaces the socket file.
inline constexpr unsigned kRefusalsUntilLost = 2;

// Between attempts to connect to a relay that has said that its successor will have our sessions.
inline constexpr base::Duration kResumeBackoff = base::milliseconds(200);

// The sessions of a relay that drains are asked to leave in small groups, so that neither the peers get their
// re-INVITEs nor the other relays their sessions all at once: at most 500 in a second, and as few as half of its time
// allows.
inline constexpr base::Duration kShedTick = base::milliseconds(100);
inline constexpr std::size_t kShedAtOnce = 50;
// Until those that are still there are asked again: they were ringing, or no relay took them. It doubles.
inline constexpr base::Duration kShedAgain = base::seconds(2);
inline constexpr base::Duration kShedAgainMost = base::minutes(1);

}  // namespace sbc::relay_client
