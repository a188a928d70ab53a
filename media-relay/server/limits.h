#pragma once
// Limits of the server room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"
#include "media-relay/session/limits.h"

namespace server {

// Connections on the control socket. One per controller, and a few that have not greeted yet or are about to go.
inline constexpr std::size_t kMaxLinks = session::kMaxControllers + 64;
// A connection that has not said Hello by then is closed, so that idle strangers do not use up the connections.
inline constexpr base::Duration kHelloTimeout = base::seconds(10);
// Frames of one connection that made no sense before it is closed: a confused peer is told what is wrong a few times,
// a broken one does not get to fill the log.
inline constexpr unsigned kMaxBadFrames = 16;

// Sessions that are still open when the drain time is over get this long for their sockets to be closed and the last
// events to be written.
inline constexpr base::Duration kFarewell = base::seconds(1);
inline constexpr base::Duration kDefaultDrain = base::seconds(10);

// More workers than this on one machine is a typing error.
inline constexpr unsigned kMaxWorkers = 256;

// How long new flows show the same certificate in DTLS: who sees two calls with one certificate knows no more of them
// than the relay's address says.
inline constexpr base::Duration kIdentityRenewal = base::hours(24);

}  // namespace server
