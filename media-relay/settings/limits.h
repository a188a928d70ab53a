#pragma once
// Limits of the room, each with its reason.

#include <cstddef>

namespace settings {

// A configuration larger than this is a mistake (a wrong path, a log file): say so before reading it into memory.
inline constexpr std::size_t kMostFileBytes = 16 * 1024 * 1024;
// A secret in a file: longer ones are the wrong file.
inline constexpr std::size_t kMostSecretBytes = 64 * 1024;
// A file full of mistakes is not helped by more lines than a screen or two.
inline constexpr std::size_t kMostErrors = 100;

}  // namespace settings
