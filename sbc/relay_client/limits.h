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

}  // namespace sbc::relay_client
