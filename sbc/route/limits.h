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

// Places of a list that are called at once. More telephones than this in one room are a hunt group, which rings by
// turns; each costs an INVITE, an early dialog of the 16 that a call may have (call/limits.h), and a copy of what the
// caller offers.
inline constexpr std::size_t kMaxAtOnce = 8;

// RFC 3261 18.1.1: larger requests do not go over UDP when the path's MTU is not known.
inline constexpr std::size_t kUdpLimit = 1300;

// RFC 3263: records of one answer that are read. A name that needs more places than a call ever tries is a mistake or
// an attack.
inline constexpr std::size_t kMaxNaptrRecords = 32;
inline constexpr std::size_t kMaxEnumUri = 512;  // as long as a policy may write one
inline constexpr std::size_t kMaxSrvRecords = 64;
inline constexpr std::size_t kMaxAddresses = 32;
inline constexpr std::size_t kMaxTextRecords = 32;
// Different questions that the location of one URI may need: NAPTR, its SRV sets, and the addresses of kMaxTargets
// hosts in both families.
inline constexpr std::size_t kMaxQuestions = 72;
// RFC 1035 2.3.4.
inline constexpr std::size_t kMaxHostName = 255;

// RFC 8767 4, 5: how long an answer is still used when its refreshing fails, and how long such an extension holds.
inline constexpr base::Duration kStaleFor = base::hours{1};
inline constexpr base::Duration kStaleStep = base::seconds{30};

// RFC 3263 5: responses whose connection is gone and that wait for the DNS, at a few kilobytes each; senders whose
// other place is remembered, and for how long after its last use: longer than a call rings (timer C).
inline constexpr std::size_t kMaxLostResponses = 1024;
inline constexpr std::size_t kMaxDetours = 1024;
inline constexpr base::Duration kWayFor = base::minutes{5};

// Retry-After above this is cut: a peer must not be able to put itself, or a forger it, out of use for a day.
inline constexpr base::Duration kMaxRetryAfter = base::minutes{10};
// How long a target that did not answer or could not be reached is tried last.
inline constexpr base::Duration kDeadFor = base::seconds{30};
// Targets that are probed, and probes without an answer at a time: at one probe each half a minute, and all of them
// silent for four seconds, there is room for both.
inline constexpr std::size_t kMaxProbed = 4096;
inline constexpr std::size_t kMaxProbesUnderWay = 1024;
// Marks kept per shard; the oldest deadline goes first when full.
inline constexpr std::size_t kMaxMarks = 4096;

}  // namespace sbc::route
