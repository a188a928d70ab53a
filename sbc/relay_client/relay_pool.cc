#include "sbc/relay_client/relay_pool.h"

#include <algorithm>

namespace sbc::relay_client {

RelayPool::RelayPool(loop::EventLoop& loop, std::vector<LinkOptions> relays, Delegate& delegate, base::Random& random) {
  for (LinkOptions& options : relays)
    links_.push_back(std::make_unique<RelayLink>(loop, std::move(options), delegate, random));
}

void RelayPool::start() {
  for (const auto& link : links_) link->start();
}

std::optional<RelayIndex> RelayPool::pick() {
  for (std::size_t tried = 0; tried < links_.size(); ++tried) {
    const std::size_t at = turn_++ % links_.size();
    if (links_[at]->accepting()) return static_cast<RelayIndex>(at);
  }
  return std::nullopt;
}

std::size_t RelayPool::healthy() const {
  return static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& link) { return link->accepting(); }));
}

}  // namespace sbc::relay_client
