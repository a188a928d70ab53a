#include "sbc/net/transports.h"

#include <optional>
#include <utility>

#include "media-relay/loop/stream.h"

#include "sbc/net/connection_table.h"
#include "sbc/net/context.h"
#include "sbc/net/udp_listener.h"

namespace sbc::net {
namespace {

// How often the kernel is asked for datagrams that it had to drop.

std::string describe(const ListenerConfig& config) {
  return "listener " + std::to_string(config.index) + " (" + config.realm + ", " +
         std::string(sip::uri_name_of(config.transport)) + "): ";
}

}  // namespace

struct Transports::Inner {
  struct Listener {
    ListenerConfig config;
    std::unique_ptr<UdpListener> udp;
    std::unique_ptr<loop::StreamListener> tcp;
    base::Endpoint local;
  };

  Inner(loop::EventLoop& on, Setup with, Delegate& to)
      : loop(on),
        setup(std::move(with)),
        turn_end(on, [this] { at_turn_end(); }),
        context{.loop = on,
                .limits = setup.limits,
                .counters = counters,
                .delegate = to,
                .turn_end = turn_end,
                .failures = {}},
        batch(setup.limits.datagrams_per_batch),
        table(context, setup.shard, setup.aliases),
        sampling(on, [this] { sample(); }) {}

  loop::EventLoop& loop;
  Setup setup;
  Counters counters;
  loop::TurnEnd turn_end;
  Context context;
  ReceiveBatch batch;
  ConnectionTable table;
  std::vector<Listener> listeners;  // in config order
  loop::Timer sampling;

  std::expected<void, std::string> open(Listener& listener) {
    const ListenerConfig& config = listener.config;
    if (config.transport == sip::Transport::Udp) {
      auto udp = std::make_unique<UdpListener>(context, config, batch);
      if (auto opened = udp->open(setup.reuse_port); !opened) return opened;
      listener.local = udp->local();
      listener.udp = std::move(udp);
      return {};
    }
    if (sip::is_secure(config.transport) && !config.certificates) return std::unexpected("expected a certificate");
    auto tcp =
        loop::StreamListener::listen_tcp(loop, config.bind, {.reuse_port = setup.reuse_port, .dscp = config.dscp},
                                         [this, index = config.index](loop::Fd fd, const base::Endpoint& peer) {
                                           table.accept(std::move(fd), door_of(*find(index)), peer);
                                         });
    if (!tcp) return std::unexpected(std::move(tcp.error()));
    listener.local = (*tcp)->local();
    listener.tcp = std::move(*tcp);
    return {};
  }

  static Door door_of(const Listener& listener) {
    return {.listener = listener.config.index,
            .transport = listener.config.transport,
            .address = listener.local.ip,
            .dscp = listener.config.dscp,
            .certificates = listener.config.certificates};
  }

  const Listener* find(std::uint16_t index) const {
    for (const Listener& listener : listeners)
      if (listener.config.index == index) return &listener;
    return nullptr;
  }

  void send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token) {
    const Listener* const listener = find(hop.listener);
    if (listener == nullptr || hop.remote.empty()) return context.fail(Drop::NoListener, token, hop);
    if (hop.transport == sip::Transport::Udp) {
      if (!listener->udp) return context.fail(Drop::NoListener, token, hop);
      return listener->udp->send(hop, std::move(bytes), token);
    }
    if (hop.connection && shard_of(hop.connection) != setup.shard) return send_foreign(hop, bytes, token);
    if (const auto theirs = aliased_elsewhere(hop)) {
      sip::Hop there = hop;
      there.connection = *theirs;
      return send_foreign(there, bytes, token);
    }
    // Any listener may be where a connection starts from: its address is the local one, whatever it listens for.
    table.send(hop, bytes, token, door_of(*listener));
  }

  void send_foreign(const sip::Hop& hop, const base::SharedBytes& bytes, std::uint64_t token) {
    counters.foreign_sends.add();
    if (!context.delegate.on_foreign_send(shard_of(hop.connection), hop, bytes, token))
      context.fail(Drop::ForeignRefused, token, hop);
  }

  // RFC 5923 8.2: a connection of another shard, when this one has none.
  std::optional<sip::ConnectionId> aliased_elsewhere(const sip::Hop& hop) const {
    if (setup.aliases == nullptr || hop.connection || table.serves(hop)) return std::nullopt;
    const auto id = setup.aliases->find(hop);
    return id && shard_of(*id) != setup.shard ? id : std::nullopt;
  }

  void flush() {
    for (Listener& listener : listeners)
      if (listener.udp) listener.udp->flush();
  }

  void at_turn_end() {
    flush();
    table.sweep();
    // Callbacks may send again and thus fail again: those are told in the next round.
    for (const Context::Failure& failure : std::exchange(context.failures, {}))
      context.delegate.on_send_failed(failure.token, failure.hop, failure.bytes, failure.loss);
  }

  void sample() {
    std::uint64_t drops = 0;
    for (const Listener& listener : listeners)
      if (listener.udp) drops += listener.udp->kernel_drops();
    counters.drop(Drop::UdpKernel).set(drops);
    table.relieve();
    sampling.arm(loop.now() + setup.limits.sampling);
  }
};

Transports::Transports(loop::EventLoop& loop, Setup setup, Delegate& delegate)
    : inner_(std::make_unique<Inner>(loop, std::move(setup), delegate)) {}

Transports::~Transports() = default;

std::expected<void, std::string> Transports::start() {
  for (const ListenerConfig& config : inner_->setup.listeners) {
    Inner::Listener& listener =
        inner_->listeners.emplace_back(Inner::Listener{.config = config, .udp = {}, .tcp = {}, .local = {}});
    if (auto opened = inner_->open(listener); !opened) {
      inner_->listeners.clear();
      return std::unexpected(describe(config) + opened.error());
    }
  }
  inner_->sampling.arm(inner_->loop.now() + inner_->setup.limits.sampling);
  return {};
}

void Transports::stop_accepting() {
  for (Inner::Listener& listener : inner_->listeners) listener.tcp.reset();
}

void Transports::send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token) {
  inner_->send(hop, std::move(bytes), token);
}

void Transports::flush() {
  inner_->flush();
}

void Transports::alias(sip::ConnectionId id, std::uint16_t port) {
  inner_->table.alias(id, port);
}

void Transports::close(sip::ConnectionId id) {
  if (Connection* const connection = inner_->table.find(id)) connection->give_up();
}

bool Transports::is_open(sip::ConnectionId id) const {
  return inner_->table.find(id) != nullptr;
}

void Transports::use_certificates(std::uint16_t listener, std::shared_ptr<const tls::Context> certificates) {
  for (Inner::Listener& known : inner_->listeners)
    if (known.config.index == listener) known.config.certificates = std::move(certificates);
}

base::Endpoint Transports::local_endpoint(std::uint16_t listener) const {
  const Inner::Listener* const found = inner_->find(listener);
  return found == nullptr ? base::Endpoint{} : found->local;
}

const Counters& Transports::counters() const {
  return inner_->counters;
}

}  // namespace sbc::net
