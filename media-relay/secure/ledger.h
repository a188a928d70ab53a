#pragma once
// How far the counters of a context have come, kept where they outlive the process: in memory that is shared with a
// file. A context writes them before the packet that they count is handed on, so that a process that dies without a
// word has sent nothing, and has let nothing in, that its successor does not know of (RFC 3711 3.3.2, 9.1).
//
// Plain memory of a fixed layout, zeros at first, written by one thread.

#include <array>
#include <cstddef>
#include <cstdint>

namespace secure {

// A context with more sources than this is not followed: `count` says so. A call has a few.
inline constexpr std::size_t kLedgerSources = 16;

struct Ledger {
  struct Source {
    std::uint32_t ssrc = 0;
    std::uint32_t rtcp = 0;  // index of the next SRTCP packet that is sent; one past the highest that was received
    std::uint64_t rtp = 0;   // one past the highest index of SRTP; 0: none
  };
  std::uint64_t count = 0;
  std::array<Source, kLedgerSources> sources{};
};

}  // namespace secure
