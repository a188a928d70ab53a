#pragma once
// The sockets of one shard: UDP in batches, TCP, TLS and WebSocket with framing and connection reuse. Lives on the
// shard's loop; nothing here may be called from another thread, except reading counters().

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/loop/event_loop.h"

#include "sbc/net/aliases.h"
#include "sbc/net/counters.h"
#include "sbc/net/limits.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/transport.h"
#include "sbc/tls/context.h"

namespace sbc::net {

struct ListenerConfig {
  std::uint16_t index = 0;  // position in the configuration, the same on all shards; sip::Hop::listener
  std::string realm;
  sip::Transport transport = sip::Transport::Udp;
  base::Endpoint bind;                                    // port 0: any free port, see local_endpoint()
  std::uint8_t dscp = 0;                                  // mark of what leaves (RFC 2474), 0 to 63
  std::shared_ptr<const tls::Context> certificates = {};  // Tls, Wss: not null
};

// How bytes were lost.
enum class Loss : std::uint8_t {
  Unsent,    // no connection could be opened, or one of our own limits stands against it
  Cut,       // an open connection ended, and its peer has not acknowledged them
  Doubtful,  // the peer's kernel had them, and the connection was reset right after (Limits::in_doubt): what was not
             // read by then is gone
};

// Called from the loop; never from inside send() or flush(), except on_foreign_send. May call any function of
// Transports.
class Delegate {
 public:
  virtual ~Delegate() = default;
  // One whole message: a datagram (for parse(..., Framing::Datagram)) or a framed piece of a stream (Framing::Stream).
  virtual void on_message(std::string&& bytes, const sip::Source& source) = 0;
  // A stream that cannot be framed any further. An answer sent to source.hop from inside this call still leaves; then
  // the connection is closed. `head`: what can be parsed (as a datagram) to build the answer, perhaps "".
  virtual void on_bad_stream(const sip::ParseError& error, std::string&& head, const sip::Source& source) = 0;
  // What was sent with this (non-zero) token did not reach the peer, or not for certain. At most once for each send.
  // Datagrams that are lost on their way are the transaction timers' affair.
  // `hop` without its connection: that one was gone already, and another was tried. `bytes`: what was sent, when it is
  // a connection that failed and not our own limits; else null.
  virtual void on_send_failed(std::uint64_t token, const sip::Hop& hop, const base::SharedBytes& bytes, Loss loss) = 0;
  // The connection is gone: bindings whose way back it was are no longer reachable by it.
  virtual void on_connection_closed(sip::ConnectionId id) = 0;
  // hop.connection belongs to another shard: hand the send to that shard's Transports. False: impossible;
  // on_send_failed follows.
  virtual bool on_foreign_send(std::uint8_t shard, const sip::Hop& hop, const base::SharedBytes& bytes,
                               std::uint64_t token) = 0;
};

struct Setup {
  std::uint8_t shard = 0;
  Aliases* aliases = nullptr;  // what all shards know; null: this one's alone. Outlives the transports
  bool reuse_port = false;     // several shards listen on the same addresses
  std::vector<ListenerConfig> listeners{};
  Limits limits{};
};

class Transports {
 public:
  Transports(loop::EventLoop& loop, Setup setup, Delegate& delegate);
  ~Transports();  // closes everything without callbacks; not from inside one
  Transports(const Transports&) = delete;
  Transports& operator=(const Transports&) = delete;

  // Opens all listeners or none. Error: `listener 2 (core, tcp): bind 192.0.2.1:5060: Address already in use`.
  std::expected<void, std::string> start();
  // No new connections from now on; what is open goes on. Datagrams are still taken.
  void stop_accepting();

  // UDP: queued, sent in one batch at the end of the turn. A datagram that the kernel refuses is reported by its token;
  //   ICMP errors are not: they are too easy to forge, and the transaction's timers cover the loss.
  // TCP (RFC 3261 18): hop.connection when it is open here or, by on_foreign_send, on its shard; else an open or
  // opening
  //   connection of this shard to hop.remote through hop.listener; else a new one, from the listener's address.
  void send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token);
  // TLS (RFC 5923): as TCP, but an open connection is taken only when its verified peer is whom hop.tls_name, or the
  //   remote address, asks for, of this shard or, by on_foreign_send, of another one that its peer has aliased; a new
  //   one needs a listener with certificates, and carries nothing until its peer has proved to be that one.
  // WS, WSS (RFC 7118 5): only the client's own connection; without it, on_send_failed.
  // Sends what is queued now instead of at the end of the turn.
  void flush();
  // RFC 5923 8.2: the peer wants requests for its sent-by, which has `port`, on the connection that it opened. Honoured
  // for TLS with a verified certificate; requests use it when that names whom they are for. The connection is this
  // shard's; the requests may be any shard's.
  void alias(sip::ConnectionId id, std::uint16_t port);
  // Closes a connection after its queued bytes were tried; on_connection_closed follows from the loop.
  void close(sip::ConnectionId id);
  // Of this shard.
  bool is_open(sip::ConnectionId id) const;

  // For handshakes from now on. Open connections keep what they began with.
  void use_certificates(std::uint16_t listener, std::shared_ptr<const tls::Context> certificates);

  // Where a listener really listens (after port 0). Empty for an unknown index.
  base::Endpoint local_endpoint(std::uint16_t listener) const;
  const Counters& counters() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

constexpr std::uint8_t shard_of(sip::ConnectionId id) {
  return static_cast<std::uint8_t>(id.value >> 56);
}

}  // namespace sbc::net
