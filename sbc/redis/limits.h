#pragma once
// Limits of the redis room, each with its reason.

#include <cstddef>

namespace sbc::redis {

// Connections that are kept because somebody still waits for an answer of theirs, for each one that is wanted: others
// have timed out on them, so that they get no more work. Each goes with the deadline of its last command.
inline constexpr std::size_t kMaxStale = 3;
// What a connection may bring without completing an answer, beyond the largest answer: the protocol's own marks, up to
// five bytes and a length for each element, and the next answers that were asked for.
inline constexpr std::size_t kSlack = 2;
inline constexpr std::size_t kMaxNesting = 8;  // of lists; Redis's own answers have two

}  // namespace sbc::redis
