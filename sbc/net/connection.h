#pragma once
// One connection, TCP and what is on top of it: a stream, cut into messages, with the tokens of what is still on its
// way out.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/loop/stream.h"

#include "sbc/net/context.h"
#include "sbc/net/layers.h"
#include "sbc/sip/framer.h"

namespace sbc::net {

class Connection;

// What a connection tells its table.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_deadline_moved(Connection& connection) = 0;
  // The connection is of no more use. It lives on until the end of the turn.
  virtual void on_over(Connection& connection) = 0;
};

class Connection final : public loop::Stream::Delegate {
 public:
  // `target` names transport, listener and remote; `id` completes it. `certificates` of the listener: not null for TLS
  // and WSS.
  Connection(Context& context, ConnectionOwner& owner, sip::ConnectionId id, const sip::Hop& target, bool outbound,
             std::shared_ptr<const tls::Context> certificates);

  void adopt(loop::Fd socket);  // accepted
  std::expected<void, std::string> connect(const base::IpAddress& from, std::uint8_t dscp);

  void send(const base::SharedBytes& bytes, std::uint64_t token, const sip::Hop& hop);
  void on_due(base::Instant now);
  // Tries the last bytes, closes, and hands the tokens of what did not leave to context.failures.
  void finish();
  // Of no more use from now on, for a reason that is already counted.
  void give_up();
  // The same for a peer that does not read. What was to be said to it is lost: whoever it concerns is told so without
  // the bytes, and does not try them elsewhere.
  void overflow();

  sip::ConnectionId id() const { return source_.hop.connection; }
  const sip::Source& source() const { return source_; }
  bool outbound() const { return outbound_; }
  // RFC 5923 8, RFC 5922 7.3: whether it may carry what is meant for `hop`, which has the same remote.
  bool serves(const sip::Hop& hop) const;
  bool usable() const { return state_ != State::Over; }
  std::size_t waiting() const;  // bytes that its peer has not taken
  // What the peer has had for a while need not be remembered any longer.
  void forget_delivered(base::Instant now);
  base::Instant deadline() const { return std::min(deadline_, ping_at_); }
  // RFC 5923 8.2: the remote that requests of ours may use it for, besides the one it came from. Only a connection that
  // the peer opened with a verified certificate has one. False: not this connection.
  bool take_alias(const base::Endpoint& remote);
  const std::optional<base::Endpoint>& alias() const { return alias_; }
  // By its verified certificate; null: it has shown none, or the handshake is not done.
  const tls::Identity* peer() const { return layers_ ? layers_->peer() : nullptr; }

  // The table's notes.
  base::DeadlineId armed;
  base::Instant armed_for = base::kNever;

 private:
  enum class State : std::uint8_t { Connecting, Handshaking, Open, Over };
  struct Pending {
    std::uint64_t end = 0;  // of the stream's written_total
    base::Instant at{};
    std::uint64_t token = 0;
    sip::Hop hop;
    base::SharedBytes bytes;
  };
  // Waits until the handshake is done.
  struct Held {
    base::SharedBytes bytes;
    std::uint64_t token = 0;
    sip::Hop hop;
  };

  void on_connected(loop::Stream&) override;
  void on_bytes(loop::Stream&, std::string_view bytes) override;
  void on_drained(loop::Stream&) override;
  void on_closed(loop::Stream&, loop::Stream::CloseReason reason) override;

  void begin_handshake();
  void on_secured();
  void on_layers_over();
  void transmit(const base::SharedBytes& bytes, std::uint64_t token, const sip::Hop& hop);
  void write_output();
  void take(sip::Frame&& frame);
  void ping(base::Instant now);
  void write_between_messages(std::string_view bytes);
  void tune(int fd) const;
  void restart_deadline(base::Instant now);
  void set_deadline(base::Instant when);
  base::SharedBytes to_retry(const base::SharedBytes& bytes) const;
  Loss loss() const { return opened_ ? Loss::Cut : Loss::Unsent; }

  Context& context_;
  ConnectionOwner& owner_;
  sip::Source source_;
  bool outbound_;
  bool plain_;  // messages are bytes of the stream
  State state_ = State::Open;
  bool overflowed_ = false;
  bool opened_ = false;   // messages could cross
  bool by_peer_ = false;  // it is over because the peer, or the network, has ended it
  bool reset_ = false;    // and that without good order
  bool heard_ = false;    // a whole message has come
  bool stirred_ = false;  // what came last keeps it from being idle
  bool partial_ = false;  // one has begun
  unsigned pongs_ = 0;    // written since the output was last empty
  base::Instant deadline_ = base::kNever;
  base::Instant ping_at_ = base::kNever;  // the next ping of ours, or the end of patience with its pong
  bool awaits_pong_ = false;
  bool answers_pings_ = false;  // it has done so
  std::optional<base::Endpoint> alias_;
  std::shared_ptr<const tls::Context> certificates_;
  std::unique_ptr<Layers> layers_;
  std::unique_ptr<loop::Stream> stream_;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  std::deque<Pending> pending_;  // sent, and perhaps not received
};

}  // namespace sbc::net
