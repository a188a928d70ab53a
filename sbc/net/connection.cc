#include "sbc/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "media-relay/base/text.h"

namespace sbc::net {

using CloseReason = loop::Stream::CloseReason;

Connection::Connection(Context& context, ConnectionOwner& owner, sip::ConnectionId id, const sip::Hop& target,
                       bool outbound, std::shared_ptr<const tls::Context> certificates)
    : context_(context),
      owner_(owner),
      source_{.hop = target, .local = {}},
      outbound_(outbound),
      plain_(target.transport == sip::Transport::Tcp),
      certificates_(std::move(certificates)) {
  source_.hop.connection = id;
}

void Connection::adopt(loop::Fd socket) {
  tune(socket.get());
  source_.local = loop::local_endpoint(socket.get());
  stream_ = std::make_unique<loop::Stream>(context_.loop, std::move(socket), *this,
                                           loop::StreamLimits{.most_output = context_.limits.stream_output_bytes});
  begin_handshake();
}

void Connection::begin_handshake() {
  std::unique_ptr<tls::Session> secure;
  if (certificates_ && outbound_)
    secure = tls::Session::client(certificates_, {.name = source_.hop.tls_name, .address = source_.hop.remote.ip});
  else if (certificates_)
    secure = tls::Session::server(certificates_);
  const sip::Transport transport = source_.hop.transport;
  std::unique_ptr<web_socket::Session> web;
  if (transport == sip::Transport::Ws || transport == sip::Transport::Wss)
    web = std::make_unique<web_socket::Session>(context_.limits.sip.message_bytes);
  layers_ = std::make_unique<Layers>(context_.limits.sip, std::move(secure), std::move(web));
  state_ = layers_->state() == Layers::State::Open ? State::Open : State::Handshaking;
  opened_ = state_ == State::Open;
  write_output();
  if (state_ == State::Handshaking)
    set_deadline(context_.loop.now() + context_.limits.handshake);
  else
    restart_deadline(context_.loop.now());
}

void Connection::on_secured() {
  state_ = State::Open;
  opened_ = true;
  if (const tls::Identity* const peer = layers_->peer())
    source_.tls_peer = std::make_shared<const std::vector<std::string>>(peer->domains);
  restart_deadline(context_.loop.now());
  for (const Held& held : std::exchange(held_, {})) transmit(held.bytes, held.token, held.hop);
  held_bytes_ = 0;
}

std::size_t Connection::waiting() const {
  return (stream_ ? stream_->waiting() : 0) + held_bytes_;
}

bool Connection::serves(const sip::Hop& hop) const {
  if (hop.transport != source_.hop.transport) return false;
  if (hop.transport != sip::Transport::Tls) return true;
  // Ours reach whom they were opened for, or end.
  if (outbound_ && (hop.tls_name.empty() || base::equals_ignoring_case(hop.tls_name, source_.hop.tls_name)))
    return true;
  const tls::Identity* const peer = state_ == State::Open ? layers_->peer() : nullptr;
  if (peer == nullptr) return false;
  return hop.tls_name.empty() ? peer->names(hop.remote.ip) : peer->names(hop.tls_name);
}

std::expected<void, std::string> Connection::connect(const base::IpAddress& from, std::uint8_t dscp) {
  const base::Endpoint local = from.empty() || from.is_any() ? base::Endpoint{} : base::Endpoint{from, 0};
  auto stream = loop::Stream::connect_tcp(context_.loop, source_.hop.remote, local, *this,
                                          loop::StreamLimits{.most_output = context_.limits.stream_output_bytes});
  if (!stream) return std::unexpected(std::move(stream.error()));
  stream_ = std::move(*stream);
  state_ = State::Connecting;
  tune(stream_->fd());
  loop::mark(stream_->fd(), source_.hop.remote.ip, dscp);
  const Limits& limits = context_.limits;
  set_deadline(context_.loop.now() + (source_.hop.unsure ? limits.connect_unsure : limits.connect));
  return {};
}

void Connection::tune(int fd) const {
  const auto set = [fd](int level, int name, base::Duration value, auto unit) {
    const int n = static_cast<int>(value / unit);
    ::setsockopt(fd, level, name, &n, sizeof n);
  };
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  set(IPPROTO_TCP, TCP_KEEPIDLE, context_.limits.keep_alive_probe, base::Duration(base::seconds(1)));
  set(IPPROTO_TCP, TCP_KEEPINTVL, context_.limits.keep_alive_probe / 4, base::Duration(base::seconds(1)));
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, context_.limits.unacknowledged, base::Duration(base::milliseconds(1)));
}

void Connection::send(const base::SharedBytes& bytes, std::uint64_t token, const sip::Hop& hop) {
  if (plain_ || state_ == State::Open || state_ == State::Over) return transmit(bytes, token, hop);
  if (held_bytes_ + bytes->size() > context_.limits.stream_output_bytes)
    return context_.fail(Drop::TcpOutputFull, token, hop);
  held_bytes_ += bytes->size();
  held_.push_back({bytes, token, hop});
}

void Connection::write_output() {
  // What does not fit ends the connection: on_closed(OutputOverflow) follows.
  if (std::string bytes = layers_->take_output(); !bytes.empty()) stream_->write(base::share(std::move(bytes)));
}

void Connection::transmit(const base::SharedBytes& bytes, std::uint64_t token, const sip::Hop& hop) {
  const auto written = [&] {
    if (plain_) return stream_->write(bytes);
    if (!layers_->send(*bytes)) return false;
    return stream_->write(base::share(layers_->take_output()));
  };
  if (state_ == State::Over || !written())
    return context_.fail(Drop::TcpConnectionLost, token, hop, to_retry(bytes), loss());
  context_.counters.tcp_out_messages.add();
  context_.counters.tcp_out_bytes.add(bytes->size());
  if (pending_.size() >= context_.limits.messages_in_doubt && pending_.front().end <= stream_->delivered_total())
    pending_.pop_front();
  pending_.push_back(
      {.end = stream_->written_total(), .at = context_.loop.now(), .token = token, .hop = hop, .bytes = bytes});
  // What we send keeps an open connection from being idle, but not a peer from having to finish its message.
  if (state_ == State::Open && heard_ && !partial_) restart_deadline(context_.loop.now());
}

void Connection::forget_delivered(base::Instant now) {
  if (pending_.empty() || pending_.front().at + context_.limits.in_doubt > now) return;
  const std::uint64_t had = stream_->acknowledged_total();
  while (!pending_.empty() && pending_.front().end <= had && pending_.front().at + context_.limits.in_doubt <= now)
    pending_.pop_front();
}

void Connection::on_connected(loop::Stream& stream) {
  heard_ = true;  // we chose the peer: it may stay silent for as long as an idle one
  source_.local = loop::local_endpoint(stream.fd());
  context_.counters.tcp_connected.add();
  begin_handshake();
}

void Connection::on_bytes(loop::Stream&, std::string_view bytes) {
  if (state_ == State::Over) return;
  context_.counters.tcp_in_bytes.add(bytes.size());
  const bool was_partial = partial_;
  stirred_ = false;
  if (ping_at_ != base::kNever) {  // whatever it says, it lives
    ping_at_ = context_.loop.now() + context_.limits.ping;
    awaits_pong_ = false;
  }
  const Layers::State layers = layers_->feed(bytes);
  write_output();
  if (state_ == State::Handshaking) {
    if (layers == Layers::State::Handshaking) return;  // its deadline stands
    if (layers == Layers::State::Open) on_secured();
  }
  while (state_ != State::Over) {
    std::optional<sip::Frame> frame = layers_->next();
    if (!frame) break;
    take(std::move(*frame));
  }
  if (state_ == State::Over) return;
  if (layers != Layers::State::Open) return on_layers_over();
  partial_ = layers_->has_part();
  // A message under way keeps the deadline it got with its first byte.
  if (stirred_ || (partial_ && !was_partial)) restart_deadline(context_.loop.now());
}

void Connection::on_layers_over() {
  Counters& counters = context_.counters;
  // RFC 8446 4.4.2.4: a server may refuse our certificate after we took the handshake for done, and read nothing.
  reset_ = layers_->tls_failure() == tls::Failure::PeerRefused;
  by_peer_ = reset_ || layers_->state() == Layers::State::Closed;
  if (layers_->state() == Layers::State::Closed)
    counters.tcp_closed_by_peer.add();
  else if (layers_->tls_failure() != tls::Failure::None)
    counters.tls_failure(layers_->tls_failure()).add();
  else if (layers_->web_reject() != web_socket::Reject::None)
    counters.web_reject(layers_->web_reject()).add();
  else
    counters.drop(Drop::WsBroken).add();
  give_up();
}

void Connection::take(sip::Frame&& frame) {
  if (auto* const message = std::get_if<sip::MessageBytes>(&frame)) {
    heard_ = stirred_ = true;
    context_.counters.tcp_in_messages.add();
    context_.delegate.on_message(std::move(message->bytes), source_);
  } else if (std::holds_alternative<sip::KeepAlivePing>(frame)) {
    context_.counters.tcp_in_keepalives.add();
    stirred_ = heard_;  // keeps a flow, and makes none
    if (pongs_ >= context_.limits.pongs_waiting) return;
    ++pongs_;
    write_between_messages("\r\n");  // RFC 5626 4.4.1
  } else if (std::holds_alternative<sip::KeepAlivePong>(frame)) {
    context_.counters.tcp_in_keepalives.add();
    answers_pings_ = true;
  } else if (auto* const broken = std::get_if<sip::StreamError>(&frame)) {
    context_.counters.drop(Drop::TcpBadStream).add();
    context_.delegate.on_bad_stream(broken->error, std::move(broken->head), source_);
    give_up();
  }
}

void Connection::write_between_messages(std::string_view bytes) {
  if (layers_->transparent())
    stream_->write(bytes);
  else if (layers_->send(bytes))
    write_output();
}

// RFC 5626 4.4.1. Its answers do not keep the connection from being idle.
void Connection::ping(base::Instant now) {
  if (awaits_pong_ && answers_pings_) {
    context_.counters.drop(Drop::TcpNoPong).add();
    return give_up();
  }
  awaits_pong_ = !awaits_pong_ || answers_pings_;
  if (awaits_pong_) {
    context_.counters.tcp_out_keepalives.add();
    write_between_messages("\r\n\r\n");
  }
  ping_at_ = now + (awaits_pong_ ? context_.limits.pong : context_.limits.ping);
  owner_.on_deadline_moved(*this);
}

bool Connection::take_alias(const base::Endpoint& remote) {
  if (outbound_ || state_ != State::Open || source_.hop.transport != sip::Transport::Tls || layers_->peer() == nullptr)
    return false;
  alias_ = remote;
  return true;
}

void Connection::restart_deadline(base::Instant now) {
  const Limits& limits = context_.limits;
  if (outbound_ && ping_at_ == base::kNever) ping_at_ = now + limits.ping;
  base::Duration wait = limits.idle;
  if (partial_)
    wait = limits.partial_message;
  else if (!heard_)
    wait = limits.first_message;
  set_deadline(now + wait);
}

void Connection::set_deadline(base::Instant when) {
  deadline_ = when;
  owner_.on_deadline_moved(*this);
}

void Connection::on_due(base::Instant now) {
  if (state_ == State::Over) return;
  if (deadline_ > now) return ping(now);
  if (state_ == State::Connecting)
    context_.counters.drop(Drop::TcpConnectFailed).add();
  else if (state_ == State::Handshaking)
    context_.counters
        .drop(source_.hop.transport == sip::Transport::Tls ? Drop::TlsHandshakeSlow : Drop::WsHandshakeSlow)
        .add();
  else if (partial_ || !heard_)
    context_.counters.drop(Drop::TcpSlowMessage).add();
  else
    context_.counters.tcp_closed_idle.add();
  give_up();
}

void Connection::on_drained(loop::Stream&) {
  pongs_ = 0;
}

void Connection::on_closed(loop::Stream&, CloseReason reason) {
  if (state_ == State::Over) return;
  by_peer_ = reason != CloseReason::OutputOverflow;
  reset_ = reason == CloseReason::Error && (stream_->last_errno() == ECONNRESET || stream_->last_errno() == EPIPE);
  Counters& counters = context_.counters;
  if (state_ == State::Connecting)
    counters.drop(Drop::TcpConnectFailed).add();
  else if (reason == CloseReason::OutputOverflow)
    return overflow();
  else
    (reason == CloseReason::EndOfStream ? counters.tcp_closed_by_peer : counters.tcp_closed_error).add();
  give_up();
}

void Connection::give_up() {
  if (state_ == State::Over) return;
  state_ = State::Over;
  owner_.on_over(*this);
}

void Connection::overflow() {
  context_.counters.drop(Drop::TcpOutputFull).add();
  overflowed_ = true;
  give_up();
}

base::SharedBytes Connection::to_retry(const base::SharedBytes& bytes) const {
  return overflowed_ || stream_->overflowed() ? nullptr : bytes;
}

void Connection::finish() {
  // What we close ourselves, the kernel goes on to deliver.
  std::uint64_t had = stream_->acknowledged_total();
  if (layers_) {
    layers_->close();
    write_output();
  }
  stream_->close();
  if (!by_peer_) had = stream_->delivered_total();
  const base::Instant long_ago = context_.loop.now() - context_.limits.in_doubt;
  for (const Pending& sent : std::exchange(pending_, {})) {
    if (sent.end > had)
      context_.fail(Drop::TcpConnectionLost, sent.token, sent.hop, to_retry(sent.bytes), loss());
    else if (reset_ && sent.at > long_ago)
      context_.fail(Drop::TcpInDoubt, sent.token, sent.hop, to_retry(sent.bytes), Loss::Doubtful);
  }
  for (const Held& held : std::exchange(held_, {}))
    context_.fail(Drop::TcpConnectionLost, held.token, held.hop, to_retry(held.bytes));
}

}  // namespace sbc::net
