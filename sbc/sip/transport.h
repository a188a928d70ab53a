#pragma once
// Where messages come from and go to, as the pure rooms know it: values only, no sockets.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

namespace sbc::sip {

enum class Transport : std::uint8_t { Udp, Tcp, Tls, Ws, Wss };

std::string_view name_of(Transport transport);                    // as in Via: "UDP", "TCP", "TLS", "WS", "WSS"
std::string_view uri_name_of(Transport transport);                // as in ;transport=: "udp", "tcp", "tls", "ws", "wss"
std::optional<Transport> transport_from(std::string_view token);  // any case
constexpr bool is_reliable(Transport transport) {
  return transport != Transport::Udp;
}
constexpr bool is_secure(Transport transport) {
  return transport == Transport::Tls || transport == Transport::Wss;
}
std::uint16_t default_port(Transport transport);  // 5060, 5061 (TLS), 80 (WS), 443 (WSS)

// Minted by `net`. The top byte is the shard that owns the connection; 0 means "none".
struct ConnectionId {
  std::uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend bool operator==(ConnectionId, ConnectionId) = default;
};

// Where to send something.
struct Hop {
  Transport transport = Transport::Udp;
  std::uint16_t listener = 0;  // index of the local listener, in config order, the same on all shards
  base::Endpoint remote;
  ConnectionId connection;  // the connection to use, if it is still open
  // Whom a TLS connection must reach: the domain or host that was wanted before any DNS answer (RFC 5922 7.3). "": who
  // is at `remote`, by its address. Means nothing for other transports.
  std::string tls_name = {};
  // The way that the peer's own messages come by. Behind a NAT there is no other: it is kept whatever the size of a
  // message.
  bool flow = false;
  // Nobody has said that connections are taken at `remote`: an attempt at one is given up early.
  bool unsure = false;
  friend bool operator==(const Hop&, const Hop&) = default;
};

// Where a message came from. Sending to `hop` is replying on the same flow.
struct Source {
  Hop hop;
  base::Endpoint local;
  // The identities in the peer's verified certificate (RFC 5922 7.1); null: it has not shown one.
  std::shared_ptr<const std::vector<std::string>> tls_peer = {};
  friend bool operator==(const Source&, const Source&) = default;
};

}  // namespace sbc::sip

template <>
struct std::hash<sbc::sip::ConnectionId> {
  std::size_t operator()(sbc::sip::ConnectionId id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
