#pragma once
// Limits of the http room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::http {

// The same room again for requests in the name of calls for help, which wait behind nobody.
inline constexpr std::size_t kRoomForHelp = 2;
// Connections that are kept open for the next request. Services are few, and so are their machines.
inline constexpr long kMaxIdleConnections = 16;
// Answers in memory, all together: with the largest bodies that is a hundred of them.
inline constexpr std::size_t kMaxCacheBytes = 8U << 20;
// Everybody who joined a request under way is a call that waits.
inline constexpr std::size_t kMaxJoined = 1000;

}  // namespace sbc::http
