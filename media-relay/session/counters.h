#pragma once
// What the session room counts; read by the rim.

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "media-relay/control/messages.h"

namespace session {

inline constexpr std::size_t kCommandKinds = std::variant_size_v<control::Command>;
// Index 0: success; else the error code on the wire.
inline constexpr std::size_t kResults = static_cast<std::size_t>(control::ErrorCode::Internal) + 1;

struct Counters {
  std::array<std::array<std::uint64_t, kResults>, kCommandKinds> commands{};  // by kind (index in Command) and result
  std::uint64_t sessions_opened = 0;
  std::uint64_t sessions_closed = 0;      // by command
  std::uint64_t sessions_reclaimed = 0;   // the lease of their controller ended
  std::uint64_t sessions_failed = 0;      // a worker could not carry out what was asked
  std::uint64_t sessions_stopped = 0;     // the relay stopped
  std::uint64_t leases_ended = 0;         // controllers
  std::uint64_t adoptions = 0;            // Hello of a controller whose sessions were still alive
  std::uint64_t links_replaced = 0;       // a second link of the same controller took over
  std::uint64_t bind_failures = 0;        // pairs that the system did not give
  std::uint64_t ports_early = 0;          // pairs that were used again before they had rested for their whole time
  std::uint64_t flow_failures = 0;        // commands that a worker could not carry out
  std::uint64_t transcoding_refused = 0;  // Open and Modify: a worker transcodes as much as it may
  std::uint64_t media_lost = 0;
  std::uint64_t one_sided = 0;
  std::uint64_t quality_reports = 0;
  std::uint64_t latched = 0;
  std::uint64_t rebounds = 0;  // of these: the peer's NAT has moved it while nobody signalled
  std::uint64_t first_packets = 0;
  std::uint64_t digits_heard = 0;
  std::uint64_t recordings_refused = 0;         // no directory, or too many
  std::uint64_t recordings_failed = 0;          // of flows that were alive
  std::array<std::uint64_t, 5> peer_changes{};  // by PeerChange - 1
  // Over a restart (snapshot.h).
  std::uint64_t sessions_saved = 0;
  std::uint64_t sessions_not_saved = 0;  // a change or a handshake was under way, or the SRTP engine cannot tell
  std::uint64_t sessions_restored = 0;
  std::uint64_t sessions_not_restored = 0;  // ports taken, networks or limits changed
};

struct PortCounts {
  std::size_t in_use = 0;  // pairs
  std::size_t free = 0;
  std::size_t quarantined = 0;
};

}  // namespace session
