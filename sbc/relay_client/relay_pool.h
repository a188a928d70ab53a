#pragma once
// The relays of one shard. A new call takes the next one that is up; its later commands go to the same relay.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/relay_client/relay_link.h"

namespace sbc::relay_client {

// Index of a relay in the order of the configuration: stable for the life of the pool.
using RelayIndex = std::uint16_t;

class RelayPool {
 public:
  // One link per entry of `relays`; delegate, loop and random must outlive the pool.
  RelayPool(loop::EventLoop& loop, std::vector<LinkOptions> relays, Delegate& delegate, base::Random& random);

  void start();

  // The next healthy relay in turn; nullopt when none is up.
  std::optional<RelayIndex> pick();
  RelayLink& link(RelayIndex index) { return *links_[index]; }
  const RelayLink& link(RelayIndex index) const { return *links_[index]; }
  std::size_t size() const { return links_.size(); }
  std::size_t healthy() const;

 private:
  std::vector<std::unique_ptr<RelayLink>> links_;
  std::size_t turn_ = 0;
};

}  // namespace sbc::relay_client
