#pragma once
// RFC 5923 8.2 between shards: connections that peers opened, and that requests of ours may use for another address of
// theirs, whichever shard accepted them. Safe from every thread; costs one atomic read while there are none.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "media-relay/base/ip.h"

#include "sbc/sip/transport.h"
#include "sbc/tls/identity.h"

namespace sbc::net {

// One for each connection at most, so that the limits of connections are its own.
class Aliases {
 public:
  struct Place {
    std::uint16_t listener = 0;
    base::Endpoint remote;
    friend bool operator==(const Place&, const Place&) = default;
  };

  // The newest connection has a place that several claim. `peer`: verified.
  void put(const Place& place, sip::ConnectionId id, std::shared_ptr<const tls::Identity> peer);
  // Nothing when another connection has the place by now.
  void remove(const Place& place, sip::ConnectionId id);
  // Of whichever shard; only when its peer is whom the hop asks for (RFC 5922 7.3).
  std::optional<sip::ConnectionId> find(const sip::Hop& hop) const;

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return base::EndpointHash{}(place.remote) ^ (place.listener * 0x9e3779b97f4a7c15ULL);
    }
  };
  struct Entry {
    sip::ConnectionId id;
    std::shared_ptr<const tls::Identity> peer;
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<Place, Entry, PlaceHash> entries_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace sbc::net
