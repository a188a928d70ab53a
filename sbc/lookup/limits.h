#pragma once
// Limits of the lookup room, each with its reason.

#include <cstddef>

namespace sbc::lookup {

// The same room again for questions in the name of calls for help, which wait behind nobody.
inline constexpr std::size_t kRoomForHelp = 2;
// Answers in memory, all together, of one cache: with the largest ones that is a hundred of them.
inline constexpr std::size_t kMaxCacheBytes = 8U << 20;
// Everybody who joined a question under way is a call that waits.
inline constexpr std::size_t kMaxJoined = 1000;

}  // namespace sbc::lookup
