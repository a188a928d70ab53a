#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/route/dns.h"

namespace sbc::app {
namespace {

// "192.0.2.1:5060", "[2001:db8::1]", "sip.example.net", "sips:sip.example.net", "sip.example.net:5080;transport=tcp".
// An address without a port has 5060; what a name does not say is found out (RFC 3263).
void read_target(settings::Table& table, std::string_view text, route::TrunkTarget target, route::Trunk& trunk) {
  const auto wrong = [&] {
    table.fail("targets", "expected [sips:]host[:port][;transport=udp|tcp|tls], got \"" + base::printable(text) + "\"");
  };
  std::string_view place = text;
  route::NamedHost named;
  if (place.starts_with("sips:")) {
    named.secure = true;
    place.remove_prefix(5);
  }
  if (const auto semicolon = place.find(';'); semicolon != std::string_view::npos) {
    const auto option = place.substr(semicolon + 1);
    place = place.substr(0, semicolon);
    named.transport = option.starts_with("transport=") ? sip::transport_from(option.substr(10)) : std::nullopt;
    if (!named.transport || *named.transport == sip::Transport::Ws || *named.transport == sip::Transport::Wss)
      return wrong();
  }
  target.transport = named.transport.value_or(named.secure ? sip::Transport::Tls : sip::Transport::Udp);
  if (named.secure && target.transport != sip::Transport::Tls) return wrong();
  if (const auto endpoint = base::Endpoint::parse(place)) {
    target.endpoint = *endpoint;
  } else if (const auto ip = base::IpAddress::parse(place)) {
    target.endpoint = {.ip = *ip, .port = sip::default_port(target.transport)};
  } else {
    if (const auto colon = place.rfind(':'); colon != std::string_view::npos) {
      named.port = base::parse_unsigned<std::uint16_t>(place.substr(colon + 1)).value_or(0);
      if (named.port == 0) return wrong();
      place = place.substr(0, colon);
    }
    named.host = route::host_name(place);
    if (named.host.empty()) return wrong();
    target.name = std::move(named);
  }
  trunk.targets.push_back(std::move(target));
}

// [trunk.<name>.probe]
route::ProbeRules read_probe(settings::Table probe) {
  route::ProbeRules rules;
  rules.interval = probe.duration("interval", {base::seconds(1), base::hours(1)}, rules.interval);
  const auto usual = std::min(rules.timeout, rules.interval);
  rules.timeout = probe.duration("timeout", {base::milliseconds(100), base::seconds(32)}, usual);
  if (rules.timeout > rules.interval) probe.fail("timeout", "expected no more than interval");
  rules.down_after = static_cast<std::uint32_t>(probe.integer("down_after", {1, 100}, rules.down_after));
  rules.up_after = static_cast<std::uint32_t>(probe.integer("up_after", {1, 100}, rules.up_after));
  auto words = probe.texts("up");
  if (words.empty()) words = {"2xx", "3xx", "4xx", "501", "6xx"};
  if (auto up = route::Statuses::read(words))
    rules.up = *up;
  else
    probe.fail("up", "expected a status or a class such as \"4xx\", got \"" + base::printable(up.error()) + "\"");
  return rules;
}

template <typename Object>
std::vector<std::string> names_of(const std::vector<Object>& objects) {
  std::vector<std::string> names;
  for (const Object& object : objects) names.push_back(object.name);
  return names;
}

void check_known(settings::Table& table, std::string_view key, std::string_view kind, const std::string& name,
                 const std::vector<std::string>& known) {
  if (name.empty() || std::ranges::find(known, name) != known.end()) return;
  const std::string what(kind);
  table.fail(key, "expected the name of a [" + what + ".<name>] table, got \"" + base::printable(name) + "\"", name,
             known);
}

// The table of routes looks at the same, but has no lines to tell.
void check_ways(settings::Table& table, const route::Trunk& trunk, const std::vector<route::Realm>& realms) {
  check_known(table, "realm", "realm", trunk.realm, names_of(realms));
  const auto realm = std::ranges::find(realms, trunk.realm, &route::Realm::name);
  if (realm == realms.end()) return;
  for (const route::TrunkTarget& target : trunk.targets) {
    if (target.name || realm->listener_for(target.transport, target.endpoint.ip) != nullptr) continue;
    const std::string transport(sip::uri_name_of(target.transport));
    table.fail(table.has("targets") ? "targets" : "target",
               "expected targets that realm \"" + realm->name + "\" reaches, got " + target.endpoint.text() + " over " +
                   transport + ", and it has no listener for that: add a [[realm." + realm->name +
                   ".listener]] with transport = \"" + transport + "\" and bind to an " +
                   (target.endpoint.ip.is_v4() ? "IPv4" : "IPv6") + " address");
  }
}

std::uint16_t small(std::int64_t value) {
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::vector<base::IpAddress> addresses_of(const std::string& name) {
  std::vector<base::IpAddress> found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return found;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      sockaddr_in in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      found.push_back(base::IpAddress::v4(ntohl(in.sin_addr.s_addr)));
    } else if (a->ai_family == AF_INET6) {
      sockaddr_in6 in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &in.sin6_addr, 16);
      found.push_back(base::IpAddress::v6(bytes));
    }
  }
  freeaddrinfo(list);
  return found;
}

std::map<std::string, auth::Account, std::less<>> read_accounts(settings::Table root) {
  std::map<std::string, auth::Account, std::less<>> accounts;
  for (auto& [name, table] : root.named_tables("trunk")) {
    const auto username = table.maybe_text("username");
    auto password = table.maybe_secret("password");
    const auto realm = table.maybe_text("auth_realm");
    if (!username && !password && !realm) continue;
    if (!username || username->empty()) table.fail("username", "expected one beside password and auth_realm");
    if (!password || password->empty()) table.fail("password", "expected one beside username");
    accounts.emplace(name, auth::Account{.username = username.value_or(""),
                                         .secret = auth::Secret::from_password(std::move(password).value_or("")),
                                         .realm = realm.value_or("")});
  }
  return accounts;
}

std::expected<route::Table, std::string> read_routes(settings::Table root, std::vector<route::Realm> realms) {
  std::vector<route::Trunk> trunks;
  for (auto& [name, table] : root.named_tables("trunk")) {
    route::Trunk trunk;
    trunk.name = name;
    trunk.realm = table.text("realm");
    trunk.host = table.text("host", "");
    trunk.sources = table.prefixes("sources");
    if (table.has("trust")) trunk.trust = table.one_of<route::Trust>("trust", kTrust, route::Trust::Untrusted);
    if (table.has("diversion"))
      trunk.redirects = table.one_of<route::Redirects>("diversion", kRedirects, route::Redirects::Drop);
    if (table.has("reason_from_status")) trunk.q850_from_status = table.boolean("reason_from_status", false);
    if (table.has("redirects"))
      trunk.on_redirect = table.one_of<policy::OnRedirect>("redirects", kOnRedirect, policy::OnRedirect::Refuse);
    if (table.has("late_offer"))
      trunk.late_offer = table.one_of<policy::LateOffer>("late_offer", kLateOffer, policy::LateOffer::Pass);
    if (table.has("preconditions"))
      trunk.preconditions =
          table.one_of<policy::Preconditions>("preconditions", kPreconditions, policy::Preconditions::Strip);
    if (table.has("media_security"))
      trunk.media_security =
          table.one_of<policy::MediaSecurity>("media_security", kMediaSecurity, policy::MediaSecurity::None);
    if (table.has("codecs")) trunk.codecs = read_codecs(table);
    if (table.has("dtmf")) trunk.dtmf = table.one_of<policy::Dtmf>("dtmf", kDtmf, policy::Dtmf::Pass);
    if (table.has("record")) trunk.record = read_recording(table);
    if (table.has("sdes_in_clear")) trunk.sdes_in_clear = table.boolean("sdes_in_clear", false);
    if (table.has("sips_in_clear")) trunk.sips_in_clear = table.boolean("sips_in_clear", false);
    if (table.has("music_on_hold")) trunk.music_on_hold = read_sound(table, "music_on_hold");
    if (table.has("ringback")) trunk.ringback = read_sound(table, "ringback");
    trunk.max_duration = read_max_duration(table);
    if (table.has("rtcp_feedback"))
      trunk.rtcp_feedback =
          table.one_of<route::RtcpFeedback>("rtcp_feedback", kRtcpFeedback, route::RtcpFeedback::AsOffered);
    if (table.has("mixed_streams")) trunk.mixed_streams = table.boolean("mixed_streams", false);
    if (table.has("redirect_to")) trunk.redirect_to = table.texts("redirect_to");
    // In the order of the list: the first is tried first.
    std::uint16_t priority = 10;
    for (const auto& text : table.texts("targets"))
      read_target(table, text, {.endpoint = {}, .priority = priority++}, trunk);
    for (auto& target : table.tables("target")) {
      const auto where = target.text("address");
      read_target(target, where,
                  {.endpoint = {},
                   .priority = small(target.integer("priority", {0, 65535}, 10)),
                   .weight = small(target.integer("weight", {0, 65535}, 1))},
                  trunk);
    }
    if (const auto wanted = table.text("tls_name", ""); !wanted.empty())
      for (auto& target : trunk.targets) target.tls_name = wanted;
    if (auto probe = table.table("probe"); probe.present()) trunk.probe = read_probe(std::move(probe));
    trunk.tls_source = table.text("tls_source", "");
    check_ways(table, trunk, realms);
    trunks.push_back(std::move(trunk));
  }
  std::vector<route::Group> groups;
  for (auto& [name, table] : root.named_tables("group")) {
    route::Group group;
    group.name = name;
    std::uint16_t priority = 10;
    for (const auto& trunk : table.texts("trunks")) {
      check_known(table, "trunks", "trunk", trunk, names_of(trunks));
      group.members.push_back({trunk, priority++, 1});
    }
    for (auto& member : table.tables("member")) {
      route::GroupMember entry;
      entry.trunk = member.text("trunk");
      check_known(member, "trunk", "trunk", entry.trunk, names_of(trunks));
      entry.priority = small(member.integer("priority", {0, 65535}, 10));
      entry.weight = small(member.integer("weight", {0, 65535}, 1));
      group.members.push_back(std::move(entry));
    }
    groups.push_back(std::move(group));
  }
  return route::Table::build(std::move(realms), std::move(trunks), std::move(groups));
}

}  // namespace sbc::app
