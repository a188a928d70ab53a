#include "sbc/net/connection_table.h"

#include <algorithm>

namespace sbc::net {

ConnectionTable::ConnectionTable(Context& context, std::uint8_t shard, Aliases* aliases)
    : context_(context), shard_(shard), aliases_(aliases), timer_(context.loop, [this] { on_timer(); }) {}

ConnectionTable::~ConnectionTable() {
  for (const auto& [id, connection] : connections_) forget_alias(*connection);
}

// The unit that the per-source limit counts: an IPv4 address, or the /64 that one IPv6 host can choose freely from.
base::Endpoint ConnectionTable::source_of(const base::Endpoint& peer) {
  if (!peer.ip.is_v6()) return {.ip = peer.ip, .port = 0};
  std::array<std::uint8_t, 16> bytes = peer.ip.v6_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return {.ip = base::IpAddress::v6(bytes), .port = 0};
}

Connection& ConnectionTable::add(const sip::Hop& target, bool outbound, const Door& door) {
  const sip::ConnectionId id{(std::uint64_t{shard_} << 56) | next_serial_++};
  const bool secure = sip::is_secure(target.transport);
  auto made = std::make_unique<Connection>(context_, *this, id, target, outbound, secure ? door.certificates : nullptr);
  Connection& connection = *made;
  connections_.emplace(id.value, std::move(made));
  by_remote_[{target.listener, target.remote}] = &connection;
  ++open_[static_cast<std::size_t>(target.transport)];
  count_open();
  return connection;
}

void ConnectionTable::accept(loop::Fd socket, const Door& door, const base::Endpoint& peer) {
  Counters& counters = context_.counters;
  if (connections_.size() >= context_.limits.connections) return counters.drop(Drop::TcpTooMany).add();
  const base::Endpoint source = source_of(peer);
  const auto count = accepted_from_.find(source);
  if (count != accepted_from_.end() && count->second >= context_.limits.connections_per_source)
    return counters.drop(Drop::TcpTooManyOfSource).add();
  ++accepted_from_[source];
  counters.tcp_accepted.add();
  const sip::Hop hop{.transport = door.transport, .listener = door.listener, .remote = peer, .connection = {}};
  add(hop, false, door).adopt(std::move(socket));
}

void ConnectionTable::count_open() {
  context_.counters.tcp_open.set(static_cast<std::int64_t>(connections_.size()));
  for (std::size_t i = 0; i < open_.size(); ++i) context_.counters.open[i].set(open_[i]);
}

void ConnectionTable::relieve() {
  std::size_t waiting = 0;
  std::vector<Connection*> slow;
  for (const auto& [id, connection] : connections_) {
    if (!connection->usable()) continue;
    connection->forget_delivered(context_.loop.now());
    if (connection->waiting() == 0) continue;
    waiting += connection->waiting();
    slow.push_back(connection.get());
  }
  if (waiting > context_.limits.output_bytes) {
    std::ranges::sort(slow, std::ranges::greater{}, &Connection::waiting);
    for (Connection* const worst : slow) {
      if (waiting <= context_.limits.output_bytes) break;
      waiting -= worst->waiting();
      worst->overflow();
    }
  }
  context_.counters.tcp_output_waiting.set(static_cast<std::int64_t>(waiting));
}

Connection* ConnectionTable::find(sip::ConnectionId id) {
  const auto at = connections_.find(id.value);
  return at != connections_.end() && at->second->usable() ? at->second.get() : nullptr;
}

bool ConnectionTable::serves(const sip::Hop& hop) const {
  const auto known = by_remote_.find({hop.listener, hop.remote});
  return known != by_remote_.end() && known->second->serves(hop);
}

void ConnectionTable::send(const sip::Hop& hop, const base::SharedBytes& bytes, std::uint64_t token, const Door& door) {
  Connection* connection = hop.connection ? find(hop.connection) : nullptr;
  if (hop.connection && connection == nullptr) {
    sip::Hop other = hop;
    other.connection = {};
    return send(other, bytes, token, door);
  }
  if (connection == nullptr) {
    const auto known = by_remote_.find({hop.listener, hop.remote});
    if (known != by_remote_.end() && known->second->serves(hop)) connection = known->second;
  }
  if (connection != nullptr) {
    context_.counters.tcp_reused.add();
  } else if (connections_.size() >= context_.limits.connections) {
    return context_.fail(Drop::TcpTooMany, token, hop);
  } else if (hop.transport == sip::Transport::Tls && !door.certificates) {
    return context_.fail(Drop::NoListener, token, hop);
  } else if (hop.transport == sip::Transport::Ws || hop.transport == sip::Transport::Wss) {
    // RFC 7118 5: a client cannot be connected to; its flow was the only way.
    return context_.fail(Drop::WsNoFlow, token, hop);
  } else {
    connection = open_to(hop, door);
    if (connection == nullptr) return context_.fail(Drop::TcpConnectFailed, token, hop, bytes);
  }
  connection->send(bytes, token, hop);
}

void ConnectionTable::alias(sip::ConnectionId id, std::uint16_t port) {
  Connection* const connection = find(id);
  if (connection == nullptr) return;
  const sip::Hop& hop = connection->source().hop;
  const base::Endpoint remote{.ip = hop.remote.ip, .port = port};
  if (remote == hop.remote || connection->alias() == remote) return;
  if (connection->alias()) return;  // one connection, one address
  if (!connection->take_alias(remote)) return;
  by_remote_[{hop.listener, remote}] = connection;
  if (aliases_ != nullptr)
    aliases_->put({hop.listener, remote}, id, std::make_shared<const tls::Identity>(*connection->peer()));
  context_.counters.tcp_aliases.add();
}

void ConnectionTable::forget_alias(const Connection& connection) {
  if (aliases_ != nullptr && connection.alias())
    aliases_->remove({connection.source().hop.listener, *connection.alias()}, connection.id());
}

Connection* ConnectionTable::open_to(const sip::Hop& hop, const Door& door) {
  Connection& made = add({.transport = hop.transport,
                          .listener = hop.listener,
                          .remote = hop.remote,
                          .connection = {},
                          .tls_name = hop.tls_name,
                          .unsure = hop.unsure},
                         true, door);
  if (made.connect(door.address, door.dscp)) return &made;
  by_remote_.erase({hop.listener, hop.remote});
  connections_.erase(made.id().value);
  --open_[static_cast<std::size_t>(hop.transport)];
  count_open();
  return nullptr;
}

void ConnectionTable::on_deadline_moved(Connection& connection) {
  // Deadlines mostly move further away, with every message: then the armed one stays, and on coming due finds that it
  // is not meant yet.
  if (connection.armed && connection.armed_for <= connection.deadline()) return;
  deadlines_.cancel(connection.armed);
  connection.armed = deadlines_.arm(connection.deadline(), connection.id().value);
  connection.armed_for = connection.deadline();
  timer_.arm(deadlines_.next());
}

void ConnectionTable::on_timer() {
  const base::Instant now = context_.loop.now();
  std::uint64_t id = 0;
  while (deadlines_.pop_due(now, id)) {
    Connection* const connection = find(sip::ConnectionId{id});
    if (connection == nullptr) continue;
    connection->armed = {};
    if (connection->deadline() <= now)
      connection->on_due(now);
    else
      on_deadline_moved(*connection);
  }
  timer_.arm(deadlines_.next());
}

void ConnectionTable::on_over(Connection& connection) {
  const sip::Hop& hop = connection.source().hop;
  for (const base::Endpoint& remote : {hop.remote, connection.alias().value_or(hop.remote)}) {
    const auto known = by_remote_.find({hop.listener, remote});
    if (known != by_remote_.end() && known->second == &connection) by_remote_.erase(known);
  }
  forget_alias(connection);
  over_.push_back(connection.id());
  context_.turn_end.request();
}

void ConnectionTable::sweep() {
  while (!over_.empty()) {
    const sip::ConnectionId id = over_.back();
    over_.pop_back();
    const auto at = connections_.find(id.value);
    if (at == connections_.end()) continue;
    const std::unique_ptr<Connection> connection = std::move(at->second);
    connections_.erase(at);
    connection->finish();
    deadlines_.cancel(connection->armed);
    if (!connection->outbound()) {
      const auto count = accepted_from_.find(source_of(connection->source().hop.remote));
      if (count != accepted_from_.end() && --count->second == 0) accepted_from_.erase(count);
    }
    --open_[static_cast<std::size_t>(connection->source().hop.transport)];
    count_open();
    context_.delegate.on_connection_closed(id);
  }
}

}  // namespace sbc::net
