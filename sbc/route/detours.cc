#include "sbc/route/detours.h"

#include <algorithm>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/route/limits.h"
#include "sbc/sip/via.h"

namespace sbc::route {
namespace {

constexpr std::string_view kVia = "\r\nVia: ";

// The topmost Via of a response of ours: our writer spells the header so.
std::optional<sip::Via> via_of(std::string_view response) {
  if (!response.starts_with("SIP/2.0 ")) return std::nullopt;
  const auto line = response.find(kVia);
  if (line == std::string_view::npos) return std::nullopt;
  const auto rest = response.substr(line + kVia.size());
  const auto via = sip::parse_via(rest.substr(0, rest.find("\r\n")));
  return via ? std::optional(*via) : std::nullopt;
}

// RFC 3261 18.2.1: we wrote received unless sent-by said the same.
std::optional<base::IpAddress> source_of(const sip::Via& via) {
  return base::IpAddress::parse(via.received.empty() ? via.host : via.received);
}

std::string key_of(const Realm& realm, const sip::Hop& hop, const base::IpAddress& source, const sip::Via& via) {
  std::string key = realm.name;
  key.append(" ").append(sip::name_of(hop.transport)).append(" ").append(source.text()).append(" ");
  for (const char c : via.host) key += base::ascii_lower(c);
  if (via.has_port) base::append_number(key += ':', via.port);
  return key;
}

// RFC 2606 2; RFC 7118 5 has clients without an address use such names.
bool is_invalid(std::string_view name) {
  return name == "invalid" || name.ends_with(".invalid");
}

std::string name_of_host(const sip::Via& via) {
  return base::IpAddress::parse(via.host) ? std::string(via.host) : host_name(via.host);
}

bool believed(const Realm& realm, const base::IpAddress& source, const Table& table, const TrunkAddresses& named) {
  return realm.trust == Trust::Trusted || table.identify(realm.name, source, nullptr, named) != nullptr;
}

}  // namespace

bool Detours::drop(Detour reason, LostResponse lost, Output& out) {
  note(reason);
  out.dropped.push_back(std::move(lost));
  return true;
}

bool Detours::on_lost(LostResponse lost, const Table& table, const TrunkAddresses& named, base::Instant now,
                      Output& out) {
  if (lost.hop.transport != sip::Transport::Tcp && lost.hop.transport != sip::Transport::Tls) return false;
  const auto via = via_of(*lost.bytes);
  const auto source = via ? source_of(*via) : std::nullopt;
  if (!source || via->transport != lost.hop.transport) return false;
  const Realm* realm = table.realm_of(lost.hop.listener);
  if (realm == nullptr) return false;
  std::string key = key_of(*realm, lost.hop, *source, *via);
  auto way = ways_.find(key);
  if (way != ways_.end() && way->second.dead() && way->second.until <= now) {
    ways_.erase(way);
    way = ways_.end();
  }
  // RFC 3261 18.2.2: a new connection to the source, which is what the hop says without the old one.
  if (lost.hop.connection && way == ways_.end()) {
    lost.hop.connection = {};
    note(Detour::Reopened);
    out.sends.push_back(std::move(lost));
    return true;
  }
  if (way != ways_.end()) return join(way->second, std::move(lost), now, out);
  if (!believed(*realm, *source, table, named)) return drop(Detour::Untrusted, std::move(lost), out);
  NamedHost host{.host = name_of_host(*via), .port = via->has_port ? via->port : std::uint16_t{0}};
  host.transport = lost.hop.transport;
  if (host.host.empty() || is_invalid(host.host)) return drop(Detour::Unusable, std::move(lost), out);
  if (waiting_ >= kMaxLostResponses || !room(now)) return drop(Detour::Full, std::move(lost), out);
  ask(std::move(key), std::move(host), std::move(lost), *realm, now, out);
  return true;
}

bool Detours::join(Way& way, LostResponse lost, base::Instant now, Output& out) {
  if (way.question == 0) return send_on(way, std::move(lost), now, out);
  if (waiting_ >= kMaxLostResponses) return drop(Detour::Full, std::move(lost), out);
  ++waiting_;
  way.waiting.push_back(std::move(lost));
  return true;
}

void Detours::ask(std::string key, NamedHost host, LostResponse lost, const Realm& realm, base::Instant now,
                  Output& out) {
  Way way{
      .question = ++questions_, .places = {}, .host = host, .gone = lost.hop, .waiting = {}, .until = now + kWayFor};
  way.waiting.push_back(std::move(lost));
  ++waiting_;
  out.questions.push_back({way.question, std::move(host), realm.name});
  ways_.emplace(std::move(key), std::move(way));
}

void Detours::on_located(std::uint64_t number, const std::vector<Place>& places, const Table& table, base::Instant now,
                         Output& out) {
  const auto found =
      std::ranges::find_if(ways_, [number](const auto& entry) { return entry.second.question == number; });
  if (found == ways_.end()) return;
  Way& way = found->second;
  way.question = 0;
  const Realm* realm = table.realm_of(way.gone.listener);
  const bool is_name = !base::IpAddress::parse(way.host.host);
  for (const Place& place : places) {
    // Where we have just been told that nobody is.
    if (place.transport != way.gone.transport || place.remote == way.gone.remote || realm == nullptr) continue;
    const Listener* listener = realm->listener_for(place.transport, place.remote.ip);
    if (listener == nullptr) continue;
    sip::Hop hop{.transport = place.transport, .listener = listener->index, .remote = place.remote, .connection = {}};
    if (place.remote.ip.is_v6() == way.gone.remote.ip.is_v6()) hop.listener = way.gone.listener;
    // RFC 3263 5: TLS stays TLS, and must reach whom sent-by names (RFC 5922 7.3).
    if (place.transport == sip::Transport::Tls && is_name) hop.tls_name = way.host.host;
    way.places.push_back(std::move(hop));
  }
  auto waiting = std::exchange(way.waiting, {});
  waiting_ -= waiting.size();
  if (way.places.empty()) {
    ways_.erase(found);
    for (auto& lost : waiting) drop(Detour::NotFound, std::move(lost), out);
    return;
  }
  for (auto& lost : waiting) {
    note(Detour::Sent);
    lost.hop = way.places.front();
    out.sends.push_back(std::move(lost));
  }
  way.until = now + kWayFor;
}

// The places are known: to the one that is not known to have failed.
bool Detours::send_on(Way& way, LostResponse lost, base::Instant now, Output& out) {
  if (!way.dead() && lost.hop.remote == way.places[way.at].remote && ++way.at == way.places.size())
    way.until = now + kDeadFor;
  if (way.dead()) return drop(Detour::Unreachable, std::move(lost), out);
  note(Detour::Sent);
  way.until = now + kWayFor;
  lost.hop = way.places[way.at];
  out.sends.push_back(std::move(lost));
  return true;
}

std::optional<sip::Hop> Detours::known(const sip::Hop& hop, std::string_view response, const Table& table,
                                       base::Instant now) {
  if (ways_.empty()) return std::nullopt;
  const auto via = via_of(response);
  const auto source = via ? source_of(*via) : std::nullopt;
  const Realm* realm = table.realm_of(hop.listener);
  if (!source || realm == nullptr) return std::nullopt;
  const auto found = ways_.find(key_of(*realm, hop, *source, *via));
  if (found == ways_.end() || found->second.question != 0 || found->second.dead()) return std::nullopt;
  found->second.until = now + kWayFor;
  return found->second.places[found->second.at];
}

bool Detours::room(base::Instant now) {
  if (ways_.size() < kMaxDetours) return true;
  std::erase_if(ways_, [now](const auto& entry) { return entry.second.question == 0 && entry.second.until <= now; });
  return ways_.size() < kMaxDetours;
}

}  // namespace sbc::route
