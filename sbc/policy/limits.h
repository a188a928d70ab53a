#pragma once
// Limits of the policy room, each with its reason.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace sbc::policy {

// Budgets that an operator may set.
struct Limits {
  // Per invocation, in Lua instructions (matching a pattern and sorting charge it too). The shipped policy takes a few
  // hundred; 100'000 is about a millisecond of a shard, which a call may cost once but not as a habit.
  std::uint32_t instructions = 100'000;
  // Per second, of all handlers of a shard: half of what its processor does in that time, so that a policy that turns
  // out to be slow leaves the calls that are up the other half. 0: no limit.
  std::uint64_t shard_instructions = 50'000'000;
  // Per invocation, bytes above what the loaded policy holds. State that handlers keep counts here for good.
  std::size_t memory_bytes = 1U << 20;
  // Per invocation: how long it may wait for answers of others, all of them together. A caller hears nothing meanwhile.
  base::Duration wait = base::seconds(5);
  // Invocations that wait at the same time, of one Host; calls for help have as many again. Each holds some kilobytes,
  // at most memory_bytes. Beyond that look-ups that take time say "busy".
  std::size_t waiting = 1000;
  // While loading: number tables of a few hundred thousand entries fit.
  std::uint32_t load_instructions = 50'000'000;
  std::size_t load_memory_bytes = 64U << 20;
};

inline constexpr std::uint32_t kMinInstructions = 1'000;  // less than this not even the shipped policy runs in
inline constexpr std::size_t kMinMemoryBytes = 64U << 10;

// A handler that allocates more than this many times its memory budget, garbage included, is working on something
// else than a call.
inline constexpr std::size_t kAllocationFactor = 16;
// Largest single string or table part a handler may make: bounds what one instruction can cost.
inline constexpr std::size_t kMaxRuntimeBlock = 128U << 10;

// Short strings that the state is prepared for when it is loaded, in bytes at 40 each; more than that in one event is
// rare, and the preparation takes time.
inline constexpr std::size_t kStringHeadroom = 4U << 20;

// Bundle: far above any real policy, small enough that a wrong path (a home folder) fails at once.
inline constexpr std::size_t kMaxFiles = 256;
inline constexpr std::size_t kMaxFileBytes = 8U << 20;
inline constexpr std::size_t kMaxFolderDepth = 4;

// Coroutines that are kept for the next invocations; what is beyond came with a burst of waiting ones.
inline constexpr std::size_t kMaxIdle = 64;

// Decisions.
inline constexpr std::size_t kMaxCandidates = 32;  // serial hunting beyond that outlives any caller
inline constexpr std::size_t kMaxHeaderOps = 32;   // keeps the INVITE in bounds
inline constexpr std::size_t kMaxHeaderName = 64;
inline constexpr std::size_t kMaxHeaderValue = 1024;
inline constexpr std::size_t kMaxPlaceName = 128;    // of a trunk or group
inline constexpr int kMaxNesting = 4;                // lists within lists of a route: more than that nobody can follow
inline constexpr std::uint32_t kMaxWeight = 65'535;  // as of SRV records (RFC 2782)
inline constexpr std::size_t kMaxDrawnBy = 512;
inline constexpr std::size_t kMaxCdrFields = 16;  // of a call's record, which is one line of a log
inline constexpr std::size_t kMaxCdrName = 32;
inline constexpr std::size_t kMaxCdrValue = 256;
inline constexpr std::size_t kMaxClassName = 64;
inline constexpr std::size_t kMaxDnsName = 255;   // RFC 1035 2.3.4
inline constexpr std::size_t kMaxUserPart = 128;  // number, from.user
inline constexpr std::size_t kMaxDisplay = 256;
inline constexpr std::size_t kMaxReason = 128;  // reason phrases
inline constexpr std::size_t kMaxUri = 512;
inline constexpr std::uint32_t kMaxTimeoutSeconds = 600;
inline constexpr std::uint32_t kMaxDuration = 86'400 * 7;  // seconds a call may be given
inline constexpr std::size_t kMaxLatchSources = 16;        // the relay walks them per learned packet
inline constexpr std::uint32_t kMaxExpires = 86'400 * 7;   // seconds a registration may be granted
inline constexpr std::uint32_t kMaxContactsLimit = 64;

// Questions that take time.
inline constexpr std::size_t kMaxUrl = 2048;
inline constexpr std::size_t kMaxJson = 64U << 10;              // written by a policy
inline constexpr base::Duration kUsualWait = base::seconds(2);  // unless the look-up says otherwise

inline constexpr std::size_t kMaxWords = 64;             // of one command of Redis: keys of MGET
inline constexpr std::size_t kMaxWordBytes = 16U << 10;  // all together, and of the parameters of one query
inline constexpr std::size_t kMaxParameters = 32;        // of a query
inline constexpr std::size_t kMaxQueries = 256;          // of the configuration

inline constexpr std::size_t kMaxTables = 64;     // of the configuration
inline constexpr std::size_t kMaxTableKey = 512;  // asked for; the keys themselves are shorter

// Per invocation.
inline constexpr std::size_t kMaxLogLines = 16;  // one call must not fill a disk
inline constexpr std::size_t kMaxLogText = 512;
inline constexpr std::size_t kMaxLookups = 16;   // location look-ups; each takes a lock of the shared store
inline constexpr std::size_t kMaxCounted = 256;  // uses of counters, a lock each: 8 of each place by lib.quality
inline constexpr std::size_t kMaxCounterName = 128;
inline constexpr std::uint32_t kMaxWindow = 86'400 * 31;  // seconds that a counter looks back: a month
inline constexpr std::uint32_t kMaxCount = 1'000'000;     // added at once
inline constexpr std::size_t kMaxQuestions = 16;          // that take time, one after the other
inline constexpr std::size_t kMaxDecisions = 64;          // built, of which one is returned

// Timers of a call: each is a deadline of the shard and an invocation when it runs out. Eight are a warning, an end,
// and room for a dialogue of keys.
inline constexpr std::size_t kMaxTimers = 8;
inline constexpr std::size_t kMaxTimerOps = 2 * kMaxTimers;  // of one event: each cancelled and set again
inline constexpr std::size_t kMaxTimerName = 64;
inline constexpr std::uint32_t kMaxTimer = 86'400;  // seconds

// Helpers that run inside C, where the instruction hook does not see them.
inline constexpr std::size_t kMaxPattern = 256;
inline constexpr int kMaxPatternDepth = 200;  // recursion of the matcher
inline constexpr std::size_t kMaxSort = 4096;
inline constexpr std::size_t kMaxUnpack = 240;  // below the limit of a Lua call's arguments
inline constexpr std::uint32_t kMatchStepsPerInstruction = 8;

// Seconds between keep-alives. RFC 4787 4.3 has NATs keep a mapping for two minutes, many keep half a minute; five
// seconds from 100,000 phones are 20,000 packets each second, and more often helps nobody.
inline constexpr std::uint32_t kMinKeepAlive = 5;
inline constexpr std::uint32_t kMaxKeepAlive = 3600;

}  // namespace sbc::policy
