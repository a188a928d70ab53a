#pragma once
// The first packets of a source or stream in clear that has to prove itself (source_guard.h, stream_guard.h): kept
// until it is heard, and sent on then, so that the beginning of a call is not lost. The last few, for a moment.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/limits.h"

namespace flow {

class HeldBack {
 public:
  struct Item {
    base::Endpoint source;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    base::Instant at{};
    std::vector<std::byte> bytes;  // none: unused
  };
  // The oldest gives way; its memory is used again.
  Item& next() { return items_[next_++ % kHeldPackets]; }
  // Oldest first.
  template <typename Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < kHeldPackets; ++i)
      if (const Item& item = items_[(next_ + i) % kHeldPackets]; !item.bytes.empty()) visit(item);
  }

 private:
  std::array<Item, kHeldPackets> items_;
  std::size_t next_ = 0;
};

}  // namespace flow
