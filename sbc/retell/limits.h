#pragma once
// Limits of the retell room, each with its reason.

#include <cstddef>

namespace sbc::retell {

// One invocation as a line. A message has 64 KiB at most and its fields come once; an answer of a service 100 KiB, and
// look-ups are few: what is longer is no invocation of ours, or one that would cost more than it tells.
inline constexpr std::size_t kMaxLine = 1U << 20;
// JSON values in it: a contact has eight, an address as many.
inline constexpr std::size_t kMaxLineValues = 100'000;

}  // namespace sbc::retell
