#pragma once
// What one call lets its peers make it keep.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::call {

// Requests of one call that cross at the same time. Phones send DTMF one by one and NOTIFYs in twos; each waits at most
// 32 s for its answer.
inline constexpr std::size_t kMaxPassing = 16;

// The same of those that the border sends by itself: NOTIFYs of a transfer, BYE to whom it replaced. What is beyond it
// has one place to go to.
inline constexpr std::size_t kMaxAsides = 16;

// Places that a request inside a dialog is tried at after the first (RFC 3263 4.3). Each silent one costs 64*T1, in
// which the peer may give up and its user waits.
inline constexpr std::size_t kMaxFailovers = 4;

// Requests for a picture toward one leg, each of which costs it a large packet.
inline constexpr base::Duration kPictureInterval = base::seconds(1);

// Names in one Recv-Info that are remembered (RFC 6086). There are about ten registered ones.
inline constexpr std::size_t kMaxInfoPackages = 16;

// Early dialogs of one call, all its attempts together. A fork to this many phones is already a hunt group of the far
// side's; one more 18x is dropped and counted, one more 2xx is still answered.
inline constexpr std::size_t kMaxForks = 16;

// Provisional responses of one early dialog that wait until the one before is acknowledged (RFC 3262 3). Beyond it the
// newest takes the place of the one before: who rings needs no history.
inline constexpr std::size_t kMaxHeldProgress = 4;

// REFERs of one call whose NOTIFYs may still name them.
inline constexpr std::size_t kMaxReferrals = 8;

// INVITEs of calls that ended within 64*T1 of their answer, which forks may still answer (late_forks.h). Half a
// kilobyte each; a shard that answers and ends more than 100 calls a second in that time forgets the oldest.
inline constexpr std::size_t kMaxLateInvites = 4096;

// BYEs outside of calls, to trunks with a password, that wait for their answer. Forks that answer at once are few; all
// legs of a shard are never dropped together.
inline constexpr std::size_t kMaxFarewells = 1024;

// Contacts of one redirection that count. Each costs the caller the time of an attempt.
inline constexpr std::size_t kMaxRedirectContacts = 8;

// Redirections that one call follows, one after the other (RFC 3261 8.1.3.4 leaves it open). Who sends us further than
// this sends us in circles.
inline constexpr std::size_t kMaxRedirections = 5;

// Turns of an INVITE that comes back to the border again and again and is never quite the same; later ones are not
// remembered, and Max-Forwards ends them.
inline constexpr std::size_t kMaxTurns = 70;

// Streams of one recording session: two for each m-line of the call, which needs flows of the relay's itself
// (control::kMaxFlows). And who has left the call, but is still spoken of there.
inline constexpr std::size_t kMaxRecordedStreams = 8;
inline constexpr std::size_t kMaxFormerParties = 8;
// Announcements that wait in an answered call: the recording's and the welcome, and as many of parties that come later.
inline constexpr std::size_t kMaxAnnouncements = 4;

// What is announced before a refusal is cut off then: callers' timers run, and nobody listens longer.
inline constexpr base::Duration kLongestAnnouncement = base::seconds(60);

// Classes of the configuration that calls are admitted in: each is a label of the metrics.
inline constexpr std::size_t kMaxClasses = 256;

}  // namespace sbc::call
