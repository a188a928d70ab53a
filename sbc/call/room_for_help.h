#pragma once
// How many calls a shard has when some of them are for help.

#include <algorithm>
#include <cstddef>

namespace sbc::call {

// A border that is sized for a handful of calls still takes this many: about 50 MB.
inline constexpr std::size_t kLeastRoomForHelp = 1000;

// Calls for help, and those that come first (RFC 4412), have as much room again as all calls together. No other call
// can take it, and a stranger who cries wolf still cannot exhaust the machine: beyond this they are refused as well.
constexpr std::size_t most_with_help(std::size_t max_calls) {
  return max_calls + std::max(max_calls, kLeastRoomForHelp);
}

}  // namespace sbc::call
