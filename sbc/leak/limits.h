#pragma once
// Limits of the leak guard.

#include <cstddef>

namespace sbc::leak {

// Shorter ones turn up by chance. The shortest address, "1.1.1.1", has seven.
inline constexpr std::size_t kShortestWord = 6;
// Of a longer one only so many bytes are kept: enough to know it by.
inline constexpr std::size_t kLongestWord = 96;
// A call's set-up teaches some thirty for each side; what comes with each further request (its branch) replaces older
// ones of its kind.
inline constexpr std::size_t kMostWords = 64;
// A call that leaks is found by its first leaks; each of them costs a look at the headers. Mode Scrub takes them all.
inline constexpr std::size_t kMostHits = 16;
// Values of one header that are read, and lines of one description: what a peer can make us remember is bounded anyway.
inline constexpr std::size_t kMostValues = 32;
// Lines that one call may write into the log.
inline constexpr std::size_t kMostNotes = 8;

}  // namespace sbc::leak
