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

// How long controllers wait for a successor, and how old a snapshot may be: whoever hears nothing for much longer hangs
// up by himself, and who waits for less has moved his call already when a slow machine is back.
inline constexpr base::Duration kDefaultResume = base::seconds(10);
inline constexpr base::Duration kLongestResume = base::seconds(120);
// Workers tell the state of some hundred thousand flows a second.
inline constexpr base::Duration kSaving = base::seconds(3);
// A session of one media line takes about two kilobytes, one whose peers change their SSRC with each word a hundred.
inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{1} << 30;

// Checkpoints of sessions for the case of a crash: a round takes as long as it may (shutdown.checkpoint), with a few
// flows at each turn, so that a worker is not kept from its packets for longer than they wait in a batch anyhow. A
// round that is not done long after its time is begun anew. How far numbers leap after a crash (flow/ledger.cc) is
// chosen for two rounds of the longest time.
inline constexpr base::Duration kShortestCheckpoint = base::milliseconds(100);
inline constexpr base::Duration kLongestCheckpoint = base::seconds(5);
inline constexpr base::Duration kCheckpointTurn = base::milliseconds(20);
inline constexpr base::Duration kCheckpointPatience = base::seconds(2);
// Of flows that there are at once; the file is a hole where there are none.
inline constexpr std::size_t kMaxLedgers = std::size_t{1} << 18;

// More workers than this on one machine is a typing error.
inline constexpr unsigned kMaxWorkers = 256;

// How long new flows show the same certificate in DTLS: who sees two calls with one certificate knows no more of them
// than the relay's address says.
inline constexpr base::Duration kIdentityRenewal = base::hours(24);

}  // namespace server
