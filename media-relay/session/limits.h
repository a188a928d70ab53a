#pragma once
// Limits of the session room, each with its reason.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace session {

// RTP ports when the configuration names none: above the ports of system services, below Linux's ephemeral range.
inline constexpr std::uint16_t kDefaultFirstPort = 16384;
inline constexpr std::uint16_t kDefaultLastPort = 32767;

// How long a released pair is not given out. A peer that missed the BYE goes on sending; its packets must not reach the
// next call. Twice the media timeout that sbc asks for (60 s), and twice the default lease: by then such a peer has
// noticed. Whoever configures a longer timeout or lease gets twice that, unless the configuration says otherwise.
inline constexpr base::Duration kDefaultQuarantine = base::seconds(120);
inline constexpr base::Duration kMaxQuarantine = base::hours(1);
inline constexpr base::Duration kDefaultMediaTimeout = base::seconds(30);

// Pairs tried for one half when the system refuses to bind one: another process may sit in the middle of the range, but
// when eight random pairs in a row are taken, more tries only hold up the other calls.
inline constexpr unsigned kMaxBindAttempts = 8;

// Sessions in all. Each takes two to four descriptors and some kilobytes; the configuration may ask for less.
inline constexpr std::size_t kDefaultMaxSessions = 20'000;
inline constexpr std::size_t kMaxSessions = 1'000'000;
// Of all that a relay may have, so many parts more are for calls for help and of priority alone.
inline constexpr std::size_t kRoomForFirst = 10;

// Flows of one worker that are transcoded in either direction. Opus both ways takes about one hundredth of a processor
// (media-relay/docs/transcoding.md); what is over must not make the others wait.
inline constexpr std::size_t kDefaultMaxTranscoded = 40;
inline constexpr std::size_t kMaxTranscoded = 100'000;

// One controller is one shard of one sbc; a few hundred are a large cluster. Names are free to choose, so they must not
// fill the memory.
inline constexpr std::size_t kMaxControllers = 1024;

// A controller that takes part in a restart of its machine is back within a minute or two; its calls are worth that.
inline constexpr base::Duration kDefaultLease = base::seconds(60);
static_assert(kDefaultQuarantine >= 2 * kDefaultLease && kDefaultQuarantine >= 2 * kDefaultMediaTimeout);
inline constexpr base::Duration kShortestLease = base::seconds(1);
inline constexpr base::Duration kLongestLease = base::hours(1);

// Commands of one session that may wait while its ports are being bound. Binding takes microseconds; a controller
// that has this many under way is not waiting for any reply.
inline constexpr std::size_t kMaxDeferred = 32;

// Final statistics kept of flows that a Modify removed, so that Closed can tell them; the oldest go first.
inline constexpr std::size_t kMaxEndedFlows = 16;

// Sounds of one relay: what a network has to say, in a few languages. All of them are in memory; the configuration may
// allow more of it.
inline constexpr std::size_t kMaxSounds = 1000;
// Tones that were made and are kept: a handful stands in a configuration. Each takes half a megabyte at most.
inline constexpr std::size_t kMaxTonePlans = 64;
inline constexpr std::size_t kDefaultSoundBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxSoundBytes = std::size_t{4} << 30;

}  // namespace session
