#include "sbc/net/aliases.h"

#include <mutex>
#include <utility>

namespace sbc::net {

void Aliases::put(const Place& place, sip::ConnectionId id, std::shared_ptr<const tls::Identity> peer) {
  const std::scoped_lock lock(mutex_);
  entries_[place] = {id, std::move(peer)};
  size_.store(entries_.size(), std::memory_order_relaxed);
}

void Aliases::remove(const Place& place, sip::ConnectionId id) {
  const std::scoped_lock lock(mutex_);
  const auto at = entries_.find(place);
  if (at == entries_.end() || at->second.id != id) return;
  entries_.erase(at);
  size_.store(entries_.size(), std::memory_order_relaxed);
}

std::optional<sip::ConnectionId> Aliases::find(const sip::Hop& hop) const {
  if (size() == 0 || hop.transport != sip::Transport::Tls) return std::nullopt;
  const std::shared_lock lock(mutex_);
  const auto at = entries_.find({hop.listener, hop.remote});
  if (at == entries_.end()) return std::nullopt;
  const tls::Identity& peer = *at->second.peer;
  if (!(hop.tls_name.empty() ? peer.names(hop.remote.ip) : peer.names(hop.tls_name))) return std::nullopt;
  return at->second.id;
}

}  // namespace sbc::net
