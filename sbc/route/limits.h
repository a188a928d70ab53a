#pragma once
// Limits of the route room, each with its reason.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace sbc::route {

inline constexpr std::size_t kMaxRealms = 256;  // looked up by name per call, small on purpose
inline constexpr std::size_t kMaxTrunks = 4096;
inline constexpr std::size_t kMaxGroups = 1024;
inline constexpr std::size_t kMaxTargetsPerTrunk = 64;
inline constexpr std::size_t kMaxMembersPerGroup = 64;
inline constexpr std::size_t kMaxSourcesPerTrunk = 256;
inline constexpr std::size_t kMaxName = 64;  // appears in logs, metrics and URIs

// One call never tries more than this many targets: at a few seconds each no caller waits longer.
inline constexpr std::size_t kMaxTargets = 32;

// Retry-After above this is cut: a peer must not be able to put itself, or a forger it, out of use for a day.
inline constexpr base::Duration kMaxRetryAfter = base::minutes{10};
// How long a target that did not answer or could not be reached is tried last.
inline constexpr base::Duration kDeadFor = base::seconds{30};
// Marks kept per shard; the oldest deadline goes first when full.
inline constexpr std::size_t kMaxMarks = 4096;

}  // namespace sbc::route
