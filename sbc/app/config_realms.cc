#include <algorithm>

#include "media-relay/base/text.h"
#include "media-relay/control/sound.h"

#include "sbc/app/config_parts.h"

namespace sbc::app {
namespace {

constexpr std::pair<std::string_view, sip::Transport> kTransports[] = {{"udp", sip::Transport::Udp},
                                                                       {"tcp", sip::Transport::Tcp},
                                                                       {"tls", sip::Transport::Tls},
                                                                       {"ws", sip::Transport::Ws},
                                                                       {"wss", sip::Transport::Wss}};
constexpr std::pair<std::string_view, call::Reliable> kReliable[] = {{"required", call::Reliable::Required},
                                                                     {"sdp", call::Reliable::WithSdp},
                                                                     {"always", call::Reliable::Always},
                                                                     {"never", call::Reliable::Never}};

constexpr std::pair<std::string_view, registrar::UpstreamPath> kUpstreamPath[] = {
    {"off", registrar::UpstreamPath::Off},
    {"supported", registrar::UpstreamPath::Supported},
    {"required", registrar::UpstreamPath::Required}};

// Sockets that share an address share what comes to it, and each gets a part.
bool share_address(const ListenerConfig& a, const ListenerConfig& b) {
  if ((a.transport == sip::Transport::Udp) != (b.transport == sip::Transport::Udp)) return false;
  if (a.bind.port != b.bind.port || a.bind.ip.is_v4() != b.bind.ip.is_v4()) return false;
  return a.bind.ip == b.bind.ip || a.bind.ip.is_any() || b.bind.ip.is_any();
}

void check_apart(settings::Table& table, const ListenerConfig& listener, const Config& config) {
  if (listener.bind.empty()) return;
  for (const ListenerConfig& other : config.listeners)
    if (share_address(listener, other))
      return table.fail("bind", "expected an address and port that no other listener has, got " + listener.bind.text() +
                                    ", which is a listener of realm \"" + other.realm + "\" already");
}

// "192.0.2.1", "sbc.example.net:5080", "[2001:db8::1]:5060"; without a port: the one that is bound.
void read_advertised(settings::Table& table, ListenerConfig& listener) {
  const auto text = table.maybe_text("advertise");
  listener.port = listener.bind.port;
  listener.address = listener.bind.ip;
  if (!text) {
    if (listener.bind.ip.is_any())
      table.fail("advertise", "expected the address that peers see, because bind is a wildcard");
    listener.host = listener.bind.ip.uri_text();
    return;
  }
  std::string host = *text;
  if (const auto endpoint = base::Endpoint::parse(*text)) {
    listener.port = endpoint->port;
    listener.address = endpoint->ip;
    host = endpoint->ip.uri_text();
  } else if (const auto ip = base::IpAddress::parse(*text)) {
    listener.address = *ip;
    host = ip->uri_text();
  } else if (const auto colon = text->rfind(':'); colon != std::string::npos) {
    const auto port = base::parse_unsigned<std::uint16_t>(std::string_view(*text).substr(colon + 1));
    if (!port || *port == 0)
      table.fail("advertise", "expected host or host:port, got \"" + base::printable(*text) + "\"");
    listener.port = port.value_or(listener.port);
    host = text->substr(0, colon);
  }
  const auto in_name = [](char c) { return base::is_alnum(c) || c == '-' || c == '.'; };
  if (!host.starts_with('[') && !std::ranges::all_of(host, in_name))
    table.fail("advertise", "expected an address or a host name, got \"" + base::printable(*text) + "\"");
  // A name says nothing about addresses in SDP: what is bound counts, and behind a wildcard what the name stands for.
  if (listener.address.is_any()) {
    const auto found = addresses_of(host);
    if (!found.empty()) listener.address = found.front();
  }
  if (listener.address.is_any())
    table.fail("advertise", "expected the address that peers see, got a wildcard, or a name without an address");
  listener.host = host;
}

std::uint32_t in_seconds(base::Duration d) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<base::seconds>(d).count());
}

// [realm.<name>.registrar] with mode = "relay". Whether the trunk or group exists is known later (check_upstreams).
void read_relay(settings::Table& table, RealmConfig& config) {
  enum class Mode : std::uint8_t { Local, Relay };
  static constexpr std::pair<std::string_view, Mode> kModes[] = {{"local", Mode::Local}, {"relay", Mode::Relay}};
  const Mode mode = table.one_of<Mode>("mode", kModes, Mode::Local);
  const auto upstream = table.maybe_text("upstream");
  registrar::RelaySettings relay;
  const settings::DurationRange range{base::seconds(10), base::seconds(registrar::kMaxExpiresCeiling)};
  relay.phone_expires = in_seconds(table.duration("phone_expires", range, base::seconds(relay.phone_expires)));
  relay.upstream_expires = in_seconds(table.duration("upstream_expires", range, base::seconds(relay.upstream_expires)));
  relay.grace = table.duration("grace", {base::seconds(0), base::hours(24)}, relay.grace);
  relay.answer = table.duration("upstream_answer", {base::milliseconds(500), base::seconds(30)}, relay.answer);
  relay.path = table.one_of<registrar::UpstreamPath>("upstream_path", kUpstreamPath, relay.path);
  constexpr std::pair<std::string_view, bool> kClosed[] = {{"remove", false}, {"keep", true}};
  relay.keep_closed = table.one_of<bool>("closed_flow", kClosed, false);
  relay.rate = static_cast<std::uint32_t>(table.integer("upstream_rate", {1, 1'000'000}, 100));
  if (mode == Mode::Local) {
    if (upstream) table.fail("upstream", "expected mode = \"relay\" beside it");
    return;
  }
  if (relay.phone_expires > relay.upstream_expires)
    table.fail("phone_expires", "expected no more than upstream_expires");
  if (!upstream || upstream->empty()) table.fail("upstream", "expected the trunk or group of the registrar");
  relay.upstream = upstream.value_or("");
  config.relay = relay;
  config.registrar = false;
}

void read_registrar(settings::Table& realm, RealmConfig& config) {
  const auto domains = realm.texts("domains");
  auto table = realm.table("registrar");
  config.registrar = table.present();
  read_relay(table, config);
  auto& expiry = config.registration.expiry;
  const settings::DurationRange range{base::seconds(1), base::seconds(registrar::kMaxExpiresCeiling)};
  expiry.minimum = in_seconds(table.duration(
      "min_expires", {base::seconds(1), base::seconds(registrar::kMinExpiresCeiling)}, base::seconds(expiry.minimum)));
  expiry.standard = in_seconds(table.duration("default_expires", range, base::seconds(expiry.standard)));
  expiry.maximum = in_seconds(table.duration("max_expires", range, base::seconds(expiry.maximum)));
  if (expiry.minimum > expiry.standard || expiry.standard > expiry.maximum)
    table.fail("", "expected min_expires <= default_expires <= max_expires");
  config.registration.max_contacts = static_cast<std::size_t>(
      table.integer("max_contacts", {1, registrar::kMaxContactsCeiling}, registrar::kDefaultMaxContacts));
  config.registration.flow_timer =
      in_seconds(table.duration("flow_timer", {base::seconds(0), base::hours(1)}, base::seconds(0)));
  using Silence = registrar::SilencePolicy::Action;
  static constexpr std::pair<std::string_view, Silence> kSilence[] = {
      {"keep", Silence::Keep}, {"mark", Silence::Mark}, {"unbind", Silence::Unbind}};
  auto& silence = config.registration.silence;
  silence.action = table.one_of<Silence>("silent_phones", kSilence, silence.action);
  silence.misses = static_cast<unsigned>(table.integer("silent_after", {1, 100}, silence.misses));
  const auto aliases = table.texts("aliases");
  const bool own = table.boolean("serve_own_address", true);
  config.registration.domains = registrar::Domains(domains, aliases, own);
  auto& digest = config.registration.digest;
  digest.realm = realm.text("digest_realm", domains.empty() ? config.name : domains.front());
  digest.nonce_lifetime = table.duration("nonce_lifetime", {base::seconds(5), base::hours(24)}, digest.nonce_lifetime);
  digest.allow_without_qop = table.boolean("allow_digest_without_qop", false);
  const auto names = table.texts("algorithms");
  if (!names.empty()) digest.algorithms.clear();
  static const std::vector<std::string> kNames = {"MD5",      "SHA-256",      "SHA-512-256",
                                                  "MD5-sess", "SHA-256-sess", "SHA-512-256-sess"};
  for (const auto& name : names) {
    const auto algorithm = auth::algorithm_from(name);
    if (algorithm) {
      digest.algorithms.push_back(*algorithm);
    } else {
      table.fail("algorithms", "expected a digest algorithm, got \"" + base::printable(name) + "\"", name, kNames);
    }
  }
  if (config.has_registrations() && domains.empty())
    realm.fail("domains", "expected at least one domain, because the realm has a registrar");
}

route::Marks read_marks(settings::Table table) {
  route::Marks marks;
  const std::pair<std::string_view, std::uint8_t*> keys[] = {{"audio", &marks.audio},
                                                             {"video", &marks.video},
                                                             {"text", &marks.text},
                                                             {"fax", &marks.fax},
                                                             {"signalling", &marks.signalling}};
  for (const auto& [key, mark] : keys) *mark = static_cast<std::uint8_t>(table.integer(key, {0, 63}, *mark));
  return marks;
}

}  // namespace

std::string read_sound(settings::Table& table, std::string_view key) {
  const std::string sound = table.text(key, "");
  if (sound.empty()) return {};
  const std::string problem = control::sound_problem(sound);
  if (problem.empty()) return sound;
  table.fail(key, problem);
  return {};
}

std::optional<base::Duration> read_max_duration(settings::Table& table) {
  return table.maybe_duration("max_duration", {base::Duration{}, base::seconds(policy::kMaxDuration)});
}

// There is no default: RTP in clear, of which whoever forges a peer's address can become a part, has to be asked for.
policy::MediaSecurity read_media_security(settings::Table& table) {
  if (table.has("media_security"))
    return table.one_of<policy::MediaSecurity>("media_security", kMediaSecurity, policy::MediaSecurity::Dtls);
  table.fail(
      "",
      "media_security is missing; expected \"dtls\", \"sdes\", \"webrtc\" or \"best-effort\"; or \"none\" for RTP "
      "in clear, into which whoever forges a peer's address can speak");
  return policy::MediaSecurity::Dtls;
}

std::vector<route::Realm> read_realms(settings::Table root, Config& config) {
  std::vector<route::Realm> realms;
  for (auto& [name, table] : root.named_tables("realm")) {
    route::Realm realm;
    realm.name = name;
    realm.media_network = table.text("media_network", name);
    realm.udp_limit = static_cast<std::size_t>(table.integer("udp_limit", {0, 65'535}, route::kUdpLimit));
    realm.trust = table.one_of<route::Trust>("trust", kTrust, route::Trust::Untrusted);
    realm.redirects = table.one_of<route::Redirects>("diversion", kRedirects, route::Redirects::Drop);
    realm.q850_from_status = table.boolean("reason_from_status", false);
    realm.on_redirect = table.one_of<policy::OnRedirect>("redirects", kOnRedirect, policy::OnRedirect::Refuse);
    realm.redirect_to = table.texts("redirect_to");
    realm.late_offer = table.one_of<policy::LateOffer>("late_offer", kLateOffer, policy::LateOffer::Pass);
    realm.preconditions =
        table.one_of<policy::Preconditions>("preconditions", kPreconditions, policy::Preconditions::Strip);
    realm.media_security = read_media_security(table);
    realm.codecs = read_codecs(table);
    realm.dtmf = table.one_of<policy::Dtmf>("dtmf", kDtmf, policy::Dtmf::Pass);
    realm.record = read_recording(table);
    realm.sdes_in_clear = table.boolean("sdes_in_clear", false);
    realm.sips_in_clear = table.boolean("sips_in_clear", false);
    realm.mixed_streams = table.boolean("mixed_streams", false);
    realm.rtcp_feedback =
        table.one_of<route::RtcpFeedback>("rtcp_feedback", kRtcpFeedback, route::RtcpFeedback::AsOffered);
    realm.marks = read_marks(table.table("dscp"));
    realm.music_on_hold = read_sound(table, "music_on_hold");
    realm.ringback = read_sound(table, "ringback");
    realm.max_duration = read_max_duration(table).value_or(base::Duration{});
    for (auto& listener_table : table.tables("listener")) {
      ListenerConfig listener;
      listener.dscp = realm.marks.signalling;
      listener.realm = name;
      listener.transport = listener_table.one_of<sip::Transport>("transport", kTransports, sip::Transport::Udp);
      listener.bind = listener_table.endpoint("bind");
      read_advertised(listener_table, listener);
      config.certificates.push_back(sip::is_secure(listener.transport) ? read_certificates(listener_table, config)
                                                                       : nullptr);
      if (!listener.bind.empty() && listener.bind.port == 0)
        listener_table.fail("bind", "expected a port from 1 to 65535, got 0");
      check_apart(listener_table, listener, config);
      realm.listeners.push_back(
          {static_cast<std::uint16_t>(config.listeners.size()), listener.transport, listener.bind});
      config.listeners.push_back(std::move(listener));
    }
    const bool encrypted = std::ranges::any_of(
        realm.listeners, [](const route::Listener& listener) { return sip::is_secure(listener.transport); });
    if (realm.media_security == policy::MediaSecurity::Sdes && !encrypted && !realm.sdes_in_clear)
      table.fail(
          "media_security",
          "expected a listener with tls or wss beside \"sdes\", since whoever reads the signalling has the keys; "
          "or sdes_in_clear = true, to do it nevertheless");
    if (realm.listeners.empty()) table.fail("listener", "expected at least one [[realm." + name + ".listener]]");
    RealmConfig settings;
    settings.name = name;
    settings.domain = table.text("domain", "");
    settings.crossing = read_crossing(table);
    settings.reliable = table.one_of<call::Reliable>("reliable", kReliable, call::Reliable::WithSdp);
    read_registrar(table, settings);
    if (settings.domain.empty() && !settings.registration.domains.empty())
      settings.domain = settings.registration.domains.names().front();
    config.realms.push_back(std::move(settings));
    realms.push_back(std::move(realm));
  }
  if (realms.empty()) root.fail("", "expected at least one [realm.<name>]");
  return realms;
}

std::vector<std::string> trunks_of(const route::Table& routes, std::string_view name) {
  const auto* group = routes.group(name);
  if (group == nullptr) return {std::string(name)};
  auto members = group->members;
  std::ranges::stable_sort(members, {}, &route::GroupMember::priority);
  std::vector<std::string> trunks;
  for (const auto& member : members) trunks.push_back(member.trunk);
  return trunks;
}

void check_upstreams(settings::Table root, Config& config) {
  for (auto& [name, table] : root.named_tables("realm")) {
    const auto realm = std::ranges::find(config.realms, name, &RealmConfig::name);
    if (realm == config.realms.end() || !realm->relay || realm->relay->upstream.empty()) continue;
    // The limit is the process's; each shard has its part.
    realm->relay->rate = std::max(1U, realm->relay->rate / config.shards);
    auto registrar = table.table("registrar");
    for (const auto& trunk_name : trunks_of(*config.routes, realm->relay->upstream)) {
      const auto* trunk = config.routes->trunk(trunk_name);
      if (trunk == nullptr)
        registrar.fail("upstream", "expected a trunk or group, got \"" + base::printable(trunk_name) + "\"");
    }
  }
}

}  // namespace sbc::app
