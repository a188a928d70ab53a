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

std::optional<RelayIndex> RelayPool::pick(const control::SessionSpec& spec) {
  std::optional<RelayIndex> best;
  // Each time from another one, so that equals take turns.
  ++turn_;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const std::size_t at = (turn_ + i) % links_.size();
    const RelayLink& one = *links_[at];
    if (!one.accepting() || !one.serves(spec)) continue;
    if (!best || one.sessions() < links_[*best]->sessions()) best = static_cast<RelayIndex>(at);
  }
  return best;
}

std::size_t RelayPool::healthy() const {
  return static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& link) { return link->accepting(); }));
}

}  // namespace sbc::relay_client
