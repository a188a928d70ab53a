#pragma once
// Limits of the syntax room, each with its reason.

#include <cstddef>

namespace sbc::syntax {

// How deep expressions and blocks nest. Lua's own compiler stops at 200 (LUAI_MAXCCALLS); a tree that it would refuse
// need not be walked.
inline constexpr int kMaxDepth = 200;

// Operators, fields and calls in a row, which nest to the left in the tree and not in the parser: whoever walks the
// tree goes as deep. Written by hand there are a dozen.
inline constexpr int kMaxChain = 1000;

// Larger than any file that the policy room reads (policy/limits.h).
inline constexpr std::size_t kMaxSource = 16U << 20;

}  // namespace sbc::syntax
