#pragma once
// What a flow writes into memory that outlives its process, packet by packet, so that what it has told of itself a
// while ago (Flow::checkpoint) is of use when the process dies. Fixed layout, zeros at first.

#include <array>
#include <cstdint>
#include <type_traits>

#include "media-relay/secure/ledger.h"

namespace flow {

struct Ledger {
  // Which spec the flow has, as its owner counts them: written by the owner, before anybody is told that the spec
  // holds. 0: there is no such flow.
  std::uint64_t epoch = 0;
  // How often the flow's contexts of SRTP may have changed. Another number than the checkpoint's: other keys.
  std::uint64_t keyings = 0;
  struct Half {
    secure::Ledger sent;
    secure::Ledger received;
  };
  std::array<Half, 2> half{};
};
static_assert(std::is_trivially_copyable_v<Ledger>);

}  // namespace flow
