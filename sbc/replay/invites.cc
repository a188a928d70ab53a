#include "sbc/replay/invites.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sbc/auth/credentials.h"
#include "sbc/call/facts.h"
#include "sbc/replay/limits.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/lookups.h"
#include "sbc/sip/parser.h"
#include "sbc/sip/service_urn.h"

namespace sbc::replay {
namespace {

std::optional<std::string_view> credentials_of(const sip::Message& message) {
  const auto proxy = message.find(sip::HeaderId::ProxyAuthorization);
  return proxy ? proxy : message.find(sip::HeaderId::Authorization);
}

bool begins_invite(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  return bytes.starts_with("INVITE ");
}

}  // namespace

// A wildcard takes what comes to its port; but what the border itself sends from there did not come to it.
const route::Listener* Invites::listener_of(const Packet& packet, sip::Transport over) const {
  const auto is = [&](const route::Listener& listener, const base::Endpoint& end) {
    if (listener.transport != over || listener.address.port != end.port) return false;
    const auto& advertised = border_.calls->faces.at(listener.index).address;
    return listener.address.ip == end.ip || advertised == end.ip;
  };
  const route::Listener* found = nullptr;
  for (const auto& realm : border_.calls->routes->realms())
    for (const auto& listener : realm.listeners) {
      if (is(listener, packet.from)) return nullptr;
      const bool any = listener.address.ip.is_any() && listener.transport == over &&
                       listener.address.port == packet.to.port && listener.address.ip.is_v4() == packet.to.ip.is_v4();
      if (is(listener, packet.to) || (any && found == nullptr)) found = &listener;
    }
  return found;
}

// An agent of HEP tells messages as they were before TLS and WebSocket took them, and all that it says of the transport
// is TCP.
const route::Listener* Invites::listener_of(const Packet& packet) const {
  using enum sip::Transport;
  if (packet.kind == Packet::Kind::Udp) return listener_of(packet, Udp);
  if (packet.sequence) return listener_of(packet, Tcp);
  for (const auto over : {Tcp, Tls, Wss, Ws})
    if (const auto* found = listener_of(packet, over)) return found;
  return nullptr;
}

// Counts what came to a listener of TLS or WebSocket: the first has keys that the capture lacks, the second a framing
// that masks what clients send (RFC 6455 5.3).
bool Invites::is_closed_to_us(const Packet& packet) {
  using enum sip::Transport;
  const bool tls = listener_of(packet, Tls) != nullptr || listener_of(packet, Wss) != nullptr;
  if (!tls && listener_of(packet, Ws) == nullptr) return false;
  ++(tls ? counts_.tls_packets : counts_.web_socket_packets);
  if (closed_.size() < kMaxStreams && closed_.insert({packet.from, packet.to}).second)
    ++(tls ? counts_.tls : counts_.web_socket);
  return true;
}

void Invites::add(const Packet& packet) {
  if (packet.payload.empty()) return;
  if (packet.sequence) return is_closed_to_us(packet) ? void() : follow(packet);
  if (begins_invite(packet.payload))
    take_message(std::string(packet.payload), packet,
                 packet.kind == Packet::Kind::Udp ? sip::Framing::Datagram : sip::Framing::Stream);
}

// In order only: what came again is passed over, and after a gap the stream begins anew where a message begins.
void Invites::follow(const Packet& packet) {
  const Ends ends{packet.from, packet.to};
  auto found = streams_.find(ends);
  if (found != streams_.end() && found->second.expected != *packet.sequence) {
    const auto behind = found->second.expected - *packet.sequence;
    if (behind < 0x8000'0000U) return;  // RFC 9293 3.4: numbers are compared in a circle
    if (found->second.framer.buffered() > 0) ++counts_.gaps;
    std::erase(order_, ends);
    streams_.erase(found);
    found = streams_.end();
  }
  if (found == streams_.end()) {
    if (!begins_invite(packet.payload)) return;
    if (streams_.size() >= kMaxStreams) {
      streams_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(ends);
    found = streams_.emplace(ends, Stream{.framer = sip::StreamFramer(), .expected = *packet.sequence}).first;
  }
  Stream& stream = found->second;
  stream.expected = *packet.sequence + static_cast<std::uint32_t>(packet.payload.size());
  stream.framer.feed(packet.payload);
  while (auto frame = stream.framer.next())
    if (auto* message = std::get_if<sip::MessageBytes>(&*frame); message != nullptr && begins_invite(message->bytes))
      take_message(std::move(message->bytes), packet, sip::Framing::Stream);
  // Nothing is under way any more: the next message may begin anywhere.
  if (stream.framer.broken() || stream.framer.buffered() == 0) {
    std::erase(order_, ends);
    streams_.erase(found);
  }
}

void Invites::take_message(std::string bytes, const Packet& packet, sip::Framing framing) {
  const auto* listener = listener_of(packet);
  if (listener == nullptr) {
    ++counts_.elsewhere;
    return;
  }
  auto parsed = sip::parse(std::move(bytes), {}, framing);
  if (!parsed.ok() || parsed.message->method() != sip::Method::Invite) {
    ++counts_.unreadable;
    return;
  }
  if (!parsed.message->to_tag().empty()) {
    ++counts_.inside;
    return;
  }
  Invite invite{.message = std::move(parsed.message), .source = {}, .at_us = packet.at_us};
  invite.source.hop.transport = listener->transport;
  invite.source.hop.listener = listener->index;
  invite.source.hop.remote = packet.from;
  if (packet.kind == Packet::Kind::Tcp) invite.source.hop.connection = {1};
  invite.source.local = packet.to;
  // The credentials come with the same Call-ID and the same tag (RFC 3261 22.2).
  const auto key = std::string(invite.message->call_id()) + "\n" + std::string(invite.message->from_tag());
  const auto known = by_call_.find(key);
  if (known != by_call_.end()) {
    ++counts_.repeated;
    Invite& before = invites_[known->second];
    if (!credentials_of(*before.message) && credentials_of(*invite.message)) before = std::move(invite);
    return;
  }
  if (invites_.size() >= kMaxInvites) {
    ++counts_.too_many;
    return;
  }
  by_call_.emplace(key, invites_.size());
  invites_.push_back(std::move(invite));
}

std::vector<Invite> Invites::take() {
  by_call_.clear();
  return std::exchange(invites_, {});
}

// ---- what a policy decides of them ------------------------------------------------------------------------------

class Decider::Lookup final : public policy::Lookup {
 public:
  Lookup(Decider& decider, std::int64_t at_us) : decider_(decider), now_(base::microseconds(at_us)) {}

  std::vector<policy::Contact> location(std::string_view aor) override {
    decider_.note_unknown("location", aor);
    return {};
  }
  bool known(std::string_view aor) override { return decider_.border_.account(aor); }
  std::uint64_t calls(CallsOf /*what*/, std::string_view name) override {
    decider_.note_unknown("calls", name);
    return 0;
  }
  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override {
    return decider_.counters_.add(name, window, amount, now_);
  }

 private:
  Decider& decider_;
  base::Instant now_;
};

void Decider::note_unknown(const std::string& kind, std::string_view subject) {
  const std::string key = kind + " " + std::string(subject);
  if (unknown_.contains(key) || unknown_.size() < kMaxQuestions) ++unknown_[key];
}

retell::Invocation Decider::decide(const Invite& invite) {
  const auto& settings = *border_.calls;
  const auto& message = *invite.message;
  call::Arrival arrival;
  arrival.wall.seconds = invite.at_us / 1'000'000;
  arrival.utc_offset_seconds = border_.utc_offset(arrival.wall.seconds);
  if (const auto* realm = settings.routes->realm_of(invite.source.hop.listener)) {
    arrival.realm = realm->name;
    if (const auto* trunk = settings.routes->identify(realm->name, invite.source.hop.remote.ip))
      arrival.trunk = trunk->name;
    arrival.vouched = !arrival.trunk.empty() || realm->trust == route::Trust::Trusted;
    // They cannot be checked any more, and are believed: the border asked for them, and a call followed.
    const auto value = border_.has_users(realm->name) ? credentials_of(message) : std::nullopt;
    if (const auto credentials = auth::parse_credentials(value.value_or(""))) {
      arrival.authenticated = true;
      arrival.auth_user = credentials->username;
    }
  }
  auto facts = call::invite_facts(message, invite.source, arrival);
  facts.emergency = sip::is_emergency(message.request_uri(), settings.emergency_numbers);

  retell::Invocation made{.handler = policy::Handler::Invite,
                          .at_ms = invite.at_us / 1000,
                          .policy = host_.hash(),
                          .call_id = facts.call_id,
                          .facts = retell::to_json(facts)};
  Lookup real(*this, invite.at_us);
  retell::NotingLookup lookup(real, made.asked);
  auto outcome = host_.on_invite(facts, lookup, policy::Patience::Some);
  while (outcome.asks) {
    const auto asks = *std::exchange(outcome.asks, std::nullopt);
    policy::Answer answer{.found = std::unexpected(std::string("unavailable"))};
    made.asked.push_back(retell::asked_of(asks.question, answer));
    note_unknown(made.asked.back().kind, made.asked.back().subject);
    outcome = host_.resume_invite(asks.ticket, std::move(answer), lookup);
  }
  made.decision = retell::decided(outcome);
  made.where = outcome.decision.where;
  made.error = outcome.error;
  made.log = outcome.log;
  return made;
}

}  // namespace sbc::replay
