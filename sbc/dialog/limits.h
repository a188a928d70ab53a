#pragma once
// What one dialog lets its peer make us keep.

#include <cstddef>

namespace sbc::dialog {

// Route set: RFC 3261 names no bound; real paths have fewer than 8 hops, and 70 is what Max-Forwards lets pass at all.
inline constexpr std::size_t kMaxRoutes = 32;

// 2xx responses of one INVITE with different To tags (forks) whose ACK we keep for repetition (RFC 3261 13.2.2.4).
inline constexpr std::size_t kMaxStoredAcks = 16;

}  // namespace sbc::dialog
