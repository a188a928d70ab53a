// What a relay says about itself: how much it has to do, and that it drains.

#include <algorithm>
#include <utility>

#include "sbc/relay_client/machine.h"

namespace sbc::relay_client {

void RelayLink::Machine::ping() {
  known_asked_ = known_.size();
  transmit_internal(control::Ping{});
}

void RelayLink::Machine::on_pong(const control::Pong& pong) {
  told_ = pong;
  known_then_ = known_asked_;
}

RelayLoad RelayLink::Machine::load() const {
  if (told_.max_sessions == 0) return {known_.size(), 0};
  // Between two pongs the other controllers are taken to do as this one does: else all of them would choose the relay
  // that was the emptiest one until they hear what they have done.
  const auto controllers = static_cast<std::int64_t>(std::max(1U, told_.controllers));
  const auto since = static_cast<std::int64_t>(known_.size()) - static_cast<std::int64_t>(known_then_);
  const std::int64_t now = static_cast<std::int64_t>(told_.sessions) + since * controllers;
  return {static_cast<std::uint64_t>(std::max(now, static_cast<std::int64_t>(known_.size()))), told_.max_sessions};
}

void RelayLink::Machine::begin_draining(base::Duration within) {
  if (std::exchange(draining_, true)) return;
  ends_ = loop_.now() + within;
  delegate_.on_relay_draining(options_.relay, within);
}

std::vector<control::SessionId> RelayLink::Machine::opened() const {
  std::vector<control::SessionId> out;
  for (const auto& [id, known] : known_)
    if (known.opened) out.push_back(id);
  return out;
}

std::optional<std::uint64_t> RelayLink::Machine::owner_of(const control::SessionId& id) const {
  const auto found = known_.find(id);
  if (found == known_.end()) return std::nullopt;
  return found->second.owner;
}

}  // namespace sbc::relay_client
