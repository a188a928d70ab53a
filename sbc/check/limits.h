#pragma once
// Limits of the check room, each with its reason.

#include <cstddef>

namespace sbc::check {

// Findings that are kept: nobody reads more, and the first ones explain the rest.
inline constexpr std::size_t kMaxFindings = 200;

// Rounds in which the types of parameters are learned from calls. Each carries a type one call deeper; deeper helpers
// than this are checked less, not wrongly.
inline constexpr int kMaxRounds = 6;

}  // namespace sbc::check
