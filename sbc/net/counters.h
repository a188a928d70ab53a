#pragma once
// What one shard's transports count. Written by the shard's thread, readable by any. Every byte that is thrown away is
// counted under its reason.

#include <array>
#include <cstdint>

#include "media-relay/base/counter.h"

#include "sbc/sip/transport.h"
#include "sbc/tls/session.h"
#include "sbc/web_socket/handshake.h"

namespace sbc::net {

enum class Drop : std::uint8_t {
  UdpTruncated,        // datagram larger than what we take
  UdpNotSip,           // no start line of SIP can begin like that
  UdpNoPort,           // source port 0: cannot be answered
  UdpQueueFull,        // out: socket buffer and queue full
  UdpSendError,        // out: the kernel refused the datagram
  UdpKernel,           // in: socket buffer overflowed before we read it
  TcpTooMany,          // connection refused: table full
  TcpTooManyOfSource,  // connection refused: source has enough
  TcpBadStream,        // bytes that cannot be framed; connection closed
  TcpOutputFull,       // peer does not read; connection closed
  TcpSlowMessage,      // message not complete in time; connection closed
  TcpNoPong,           // a peer that answers pings has stopped to; connection closed
  TlsHandshakeSlow,    // not done in time; connection closed
  WsHandshakeSlow,     // the same of WebSocket
  WsBroken,            // no frames of WebSocket, or a message that is too long; connection closed
  WsNoFlow,            // out: the client's connection is gone, and there is no other way
  StunBadRequest,      // no Binding request that can be answered
  TcpConnectFailed,    // out
  TcpConnectionLost,   // out: bytes not yet acknowledged when the connection ended
  TcpInDoubt,          // out: acknowledged, and the connection was reset right after
  NoListener,          // out: hop names a listener or transport that does not exist
  ForeignRefused,      // out: the owning shard could not be reached
  kCount
};
// "udp_truncated"
const char* name_of(Drop reason);

inline constexpr std::size_t kTransports = static_cast<std::size_t>(sip::Transport::Wss) + 1;

struct alignas(base::kCacheLine) Counters {
  base::Counter udp_in_messages;
  base::Counter udp_in_bytes;
  base::Counter udp_in_batches;  // system calls that brought something
  base::Counter udp_in_keepalives;
  base::Counter udp_in_stun;  // Binding requests answered, errors included
  base::Counter udp_out_messages;
  base::Counter udp_out_bytes;
  base::Counter udp_out_batches;

  base::Counter tcp_in_messages;
  base::Counter tcp_in_bytes;
  base::Counter tcp_in_keepalives;
  base::Counter tcp_out_keepalives;  // pings of ours
  base::Counter tcp_out_messages;
  base::Counter tcp_out_bytes;
  base::Counter tcp_accepted;
  base::Counter tcp_connected;  // opened by us
  base::Counter tcp_reused;     // sends that found an open connection
  base::Counter tcp_aliases;    // accepted connections that carry requests of ours, too (RFC 5923)
  base::Counter tcp_closed_by_peer;
  base::Counter tcp_closed_idle;
  base::Counter tcp_closed_error;
  base::Counter foreign_sends;  // handed to the shard that owns the connection
  base::Gauge tcp_open;
  base::Gauge tcp_output_waiting;  // bytes that peers have not taken, at the last look

  // TLS handshakes and sessions that failed, by reason.
  std::array<base::Counter, static_cast<std::size_t>(tls::Failure::kCount)> tls_failures;
  base::Counter& tls_failure(tls::Failure reason) { return tls_failures[static_cast<std::size_t>(reason)]; }
  const base::Counter& tls_failure(tls::Failure reason) const { return tls_failures[static_cast<std::size_t>(reason)]; }
  // WebSocket handshakes that were refused, by reason.
  std::array<base::Counter, static_cast<std::size_t>(web_socket::Reject::kCount)> web_rejects;
  base::Counter& web_reject(web_socket::Reject reason) { return web_rejects[static_cast<std::size_t>(reason)]; }
  const base::Counter& web_reject(web_socket::Reject reason) const {
    return web_rejects[static_cast<std::size_t>(reason)];
  }
  std::array<base::Gauge, kTransports> open;  // tcp_open by transport
  const base::Gauge& open_over(sip::Transport transport) const { return open[static_cast<std::size_t>(transport)]; }

  std::array<base::Counter, static_cast<std::size_t>(Drop::kCount)> drops;
  base::Counter& drop(Drop reason) { return drops[static_cast<std::size_t>(reason)]; }
  const base::Counter& drop(Drop reason) const { return drops[static_cast<std::size_t>(reason)]; }
};

}  // namespace sbc::net
