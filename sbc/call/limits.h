#pragma once
// What one call lets its peers make it keep.

#include <cstddef>

namespace sbc::call {

// Requests of one call that cross at the same time. Phones send DTMF one by one and NOTIFYs in twos; each waits at most
// 32 s for its answer.
inline constexpr std::size_t kMaxPassing = 16;

// Names in one Recv-Info that are remembered (RFC 6086). There are about ten registered ones.
inline constexpr std::size_t kMaxInfoPackages = 16;

}  // namespace sbc::call
