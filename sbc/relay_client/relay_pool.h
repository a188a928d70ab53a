#pragma once
// The relays of one shard. A new session goes to the one with the fewest of this shard's among those that are up,
// accept and have the networks it needs; its later commands go to the same relay.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/control/messages.h"

#include "sbc/relay_client/relay_link.h"

namespace sbc::relay_client {

// Index of a relay in the order of the configuration: stable for the life of the pool.
using RelayIndex = std::uint16_t;

class RelayPool {
 public:
  // One link per entry of `relays`; delegate, loop and random must outlive the pool.
  RelayPool(loop::EventLoop& loop, std::vector<LinkOptions> relays, Delegate& delegate, base::Random& random);

  void start();

  // The relay for a session; nullopt when none is up that has its networks.
  std::optional<RelayIndex> pick(const control::SessionSpec& spec);
  RelayLink& link(RelayIndex index) { return *links_[index]; }
  const RelayLink& link(RelayIndex index) const { return *links_[index]; }
  std::size_t size() const { return links_.size(); }
  std::size_t healthy() const;

 private:
  std::vector<std::unique_ptr<RelayLink>> links_;
  std::size_t turn_ = 0;
};

}  // namespace sbc::relay_client
