#pragma once
// Limits of the room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace loop {

// Rounds of TurnEnd work in one turn. Work that asks for itself again without end must not keep sockets waiting; what
// is left runs in the next turn.
inline constexpr int kMostTurnEndRounds = 16;

struct StreamLimits {
  // Bytes accepted by write() and not yet taken by the kernel. Beyond this the stream is closed: a peer that does not
  // read must not fill our memory.
  std::size_t most_output = 4 * 1024 * 1024;
  // Bytes read in one turn, so that a fast peer does not starve the others.
  std::size_t most_input_per_turn = 256 * 1024;
};

// Connections taken from one listener in one turn, for the same reason.
inline constexpr int kMostAcceptsPerTurn = 64;
// Pause of a listener after accept() failed for want of descriptors or memory; without it the loop would spin.
inline constexpr base::Duration kAcceptPause = base::milliseconds(100);

struct HttpLimits {
  std::size_t most_header_bytes = 8 * 1024;    // request line and headers; no scraper sends more than one of these
  std::size_t most_body_bytes = 1024;          // GET has no body; a stray one is tolerated, a large one is refused
  base::Duration timeout = base::seconds(10);  // to send a request, to take the answer, between two requests
};

}  // namespace loop
