#pragma once
// All connections of one shard: made, found again for reuse in both directions (RFC 3261 18), timed out,
// ended.

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/ip.h"

#include "sbc/net/connection.h"

namespace sbc::net {

// The listener that a connection belongs to.
struct Door {
  std::uint16_t listener = 0;
  sip::Transport transport = sip::Transport::Tcp;
  base::IpAddress address;
  std::uint8_t dscp = 0;
  std::shared_ptr<const tls::Context> certificates;  // null: no TLS
};

class ConnectionTable final : public ConnectionOwner {
 public:
  // `aliases`: null, or what all shards know of each other's.
  ConnectionTable(Context& context, std::uint8_t shard, Aliases* aliases);
  ~ConnectionTable() override;

  // Refuses and counts when the table or the source is full.
  void accept(loop::Fd socket, const Door& door, const base::Endpoint& peer);
  // hop.connection, else one to the same remote through the same listener that may serve the hop, else a new one from
  // the door's address.
  void send(const sip::Hop& hop, const base::SharedBytes& bytes, std::uint64_t token, const Door& door);
  // RFC 5923 8.2: requests of ours for the peer's address and `port` may use the connection that it opened.
  void alias(sip::ConnectionId id, std::uint16_t port);
  Connection* find(sip::ConnectionId id);  // null also when it is over
  bool serves(const sip::Hop& hop) const;  // there is one that would be used again
  // Ends what is over: closes, reports, destroys. At the end of the turn.
  void sweep();
  // Measures what waits for peers, and ends the worst ones when it is too much (Limits::output_bytes). Forgets what has
  // arrived.
  void relieve();

 private:
  struct Key {
    std::uint16_t listener = 0;
    base::Endpoint remote;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return base::EndpointHash{}(key.remote) ^ (key.listener * 0x9e3779b97f4a7c15ULL);
    }
  };

  void on_deadline_moved(Connection& connection) override;
  void on_over(Connection& connection) override;
  void on_timer();
  Connection& add(const sip::Hop& target, bool outbound, const Door& door);
  Connection* open_to(const sip::Hop& hop, const Door& door);
  void count_open();
  void forget_alias(const Connection& connection);
  static base::Endpoint source_of(const base::Endpoint& peer);

  Context& context_;
  std::uint8_t shard_;
  Aliases* aliases_;
  std::uint64_t next_serial_ = 1;  // ids are never used twice: a stale one can only miss
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::array<std::int64_t, kTransports> open_{};             // by transport
  std::unordered_map<Key, Connection*, KeyHash> by_remote_;  // the newest usable one
  std::unordered_map<base::Endpoint, std::size_t, base::EndpointHash> accepted_from_;
  std::vector<sip::ConnectionId> over_;
  base::DeadlineQueue<std::uint64_t> deadlines_;
  loop::Timer timer_;
};

}  // namespace sbc::net
