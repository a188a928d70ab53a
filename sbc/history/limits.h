#pragma once
// Limits of the history, each with its reason.

#include <cstddef>

namespace sbc::history {

inline constexpr std::size_t kUsualEntries = 200;       // policies that ran: months, with a change on every working day
inline constexpr std::size_t kMaxEntries = 10'000;      // each has a folder, and the list is read at every start
inline constexpr std::size_t kMaxLogBytes = 16U << 20;  // of the list: kMaxEntries lines of a kilobyte and some more
inline constexpr std::size_t kMaxNote = 500;            // characters of a note: a line or two
inline constexpr std::size_t kMaxNoteBytes = 8U << 10;  // of a file in notes/
inline constexpr std::size_t kMaxAuthor = 64;

}  // namespace sbc::history
