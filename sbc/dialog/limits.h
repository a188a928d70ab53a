#pragma once
// What one dialog lets its peer make us keep.

#include <cstddef>
#include <cstdint>

namespace sbc::dialog {

// Route set: RFC 3261 names no bound; real paths have fewer than 8 hops, and 70 is what Max-Forwards lets pass at all.
inline constexpr std::size_t kMaxRoutes = 32;

// 2xx responses of one INVITE with different To tags (forks) whose ACK we keep for repetition (RFC 3261 13.2.2.4).
inline constexpr std::size_t kMaxStoredAcks = 16;

// Session interval in seconds: RFC 4028 4 and 5 set the least. The most is ours: beyond a day a timer detects nothing.
inline constexpr std::uint32_t kMinSessionInterval = 90;
inline constexpr std::uint32_t kMaxSessionInterval = 86'400;

// 422s in a row that we follow: each proxy on the way may raise the interval once (RFC 4028 8.1), few do.
inline constexpr int kMaxIntervalTries = 3;

}  // namespace sbc::dialog
