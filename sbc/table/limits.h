#pragma once
// Limits of the table room, each with its reason.

#include <cstddef>

namespace sbc::table {

// Of one file as text. Offsets inside have 32 bits, and loading needs the file and the table at once.
inline constexpr std::size_t kMaxCsvBytes = 512U << 20;
// JSON is read as a whole into values of a hundred bytes each before it becomes a table: what is larger is for CSV.
inline constexpr std::size_t kMaxJsonBytes = 64U << 20;
inline constexpr std::size_t kMaxJsonValues = 4'000'000;
// Number ranges of the whole world with every operator are some hundred thousand.
inline constexpr std::size_t kMaxRows = 5'000'000;
inline constexpr std::size_t kMaxColumns = 64;
inline constexpr std::size_t kMaxKeyBytes = 256;
inline constexpr std::size_t kMaxCellBytes = 4096;
// Cells of all rows together: four bytes each besides their text.
inline constexpr std::size_t kMaxCells = 50'000'000;

}  // namespace sbc::table
