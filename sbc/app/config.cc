#include "sbc/app/config.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"
#include "media-relay/settings/settings.h"

#include "sbc/app/config_parts.h"
#include "sbc/call/limits.h"
#include "sbc/dialog/limits.h"
#include "sbc/sdp/synthesis.h"

namespace sbc::app {
namespace {

constexpr unsigned kMostShards = 64;
constexpr std::size_t kMostSocketPath = 107;  // of a Unix socket (unix(7))

void read_process(settings::Table root, Config& config) {
  auto process = root.table("process");
  config.instance = process.text("instance", "sbc");
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  const auto shards = process.integer("shards", {0, kMostShards}, 0);
  config.shards = static_cast<unsigned>(shards == 0 ? std::min<std::int64_t>(cores, kMostShards) : shards);
  config.stop_grace = process.duration("stop_grace", {base::seconds(0), base::hours(24)}, base::seconds(30));

  auto admin = root.table("admin");
  config.admin = admin.endpoint("listen", base::Endpoint{base::IpAddress::v4(0x7f000001), 9580});
  config.control = admin.text("control", "");
  // sbcctl and sbc need not have been started in one folder.
  if (!config.control.empty() && !config.control.starts_with('/'))
    admin.fail("control", "expected an absolute path, got \"" + base::printable(config.control) + "\"");
  if (config.control.size() > kMostSocketPath)
    admin.fail("control", "expected at most " + std::to_string(kMostSocketPath) + " bytes, got " +
                              std::to_string(config.control.size()));

  auto log = root.table("log");
  using Level = observe::Level;
  static constexpr std::pair<std::string_view, Level> kLevels[] = {{"debug", Level::Debug},
                                                                   {"info", Level::Info},
                                                                   {"warn", Level::Warn},
                                                                   {"error", Level::Error},
                                                                   {"off", Level::Off}};
  config.log.level = log.one_of<Level>("level", kLevels, Level::Info);
  using Format = observe::LogOptions::Format;
  static constexpr std::pair<std::string_view, Format> kFormats[] = {{"logfmt", Format::Logfmt},
                                                                     {"json", Format::Json}};
  config.log.format = log.one_of<Format>("format", kFormats, Format::Logfmt);
  config.log.file = log.text("file", "");
  config.log.process = "sbc";
  config.sip_trace = log.text("sip_trace", "");
}

void read_limits(settings::Table root, Config& config, call::Settings& calls) {
  auto timers = root.table("timers");
  const settings::DurationRange short_time{base::milliseconds(10), base::seconds(60)};
  auto& t = config.transactions;
  t.t1 = timers.duration("t1", short_time, base::milliseconds(500));
  t.t2 = timers.duration("t2", short_time, base::seconds(4));
  t.t4 = timers.duration("t4", short_time, base::seconds(5));
  t.timer_c = timers.duration("timer_c", {base::seconds(180), base::hours(1)}, base::seconds(185));
  // RFC 3261 17.2.1: within 200 ms a 100 is not needed if something better comes.
  t.trying_after =
      timers.duration("trying_after", {base::seconds(0), base::milliseconds(200)}, base::milliseconds(200));
  calls.t1 = t.t1;
  calls.t2 = t.t2;
  calls.first_response =
      timers.duration("first_response", {base::milliseconds(100), base::minutes(3)}, base::seconds(8));
  calls.ring = timers.duration("ring", {base::seconds(1), base::minutes(10)}, base::seconds(180));
  if (calls.ring >= t.timer_c)
    timers.fail("ring", "expected less than timer_c, or the transaction ends before its time");
  calls.longest_call = timers.duration("longest_call", {base::seconds(1), base::hours(24 * 31)}, base::hours(12));
  // RFC 4028 5: no interval is below 90 s.
  constexpr settings::IntegerRange kSession{dialog::kMinSessionInterval, dialog::kMaxSessionInterval};
  calls.session.min = static_cast<std::uint32_t>(timers.integer("min_se", kSession, 90));
  calls.session.interval =
      static_cast<std::uint32_t>(timers.integer("session_expires", {0, dialog::kMaxSessionInterval}, 1800));
  if (calls.session.interval != 0 && calls.session.interval < calls.session.min)
    timers.fail("session_expires", "expected 0 (none), or no less than min_se");
  constexpr std::pair<std::string_view, bool> kRefreshers[] = {{"peer", false}, {"border", true}};
  calls.session.refresh = timers.one_of<bool>("session_refresher", kRefreshers, false);

  calls.emergency_numbers = root.table("emergency").texts("numbers");

  auto limits = root.table("limits");
  calls.max_calls = static_cast<std::size_t>(limits.integer("calls", {1, 10'000'000}, 100'000));
  calls.max_calls = (calls.max_calls + config.shards - 1) / config.shards;
  calls.busy_retry_after = static_cast<std::uint32_t>(limits.integer("retry_after", {1, 3600}, 10));
  config.max_registrations = static_cast<std::size_t>(limits.integer("registrations", {1, 100'000'000}, 200'000));
  auto& exchange = config.exchange;
  exchange.max_subscriptions = static_cast<std::size_t>(limits.integer("subscriptions", {0, 10'000'000}, 50'000));
  exchange.max_subscriptions = (exchange.max_subscriptions + config.shards - 1) / config.shards;
  exchange.max_per_source =
      static_cast<std::size_t>(limits.integer("subscriptions_per_source", {1, 1'000'000}, exchange.max_per_source));
  auto subscriptions = root.table("subscriptions");
  if (const auto events = subscriptions.texts("events"); !events.empty()) {
    exchange.events.clear();
    for (const auto& event : events) {
      const auto in_package = [](char c) { return base::is_alnum(c) || c == '-' || c == '.'; };
      if (event.empty() || !std::ranges::all_of(event, in_package))
        subscriptions.fail("events", "expected the name of an event package, got \"" + base::printable(event) + "\"");
      exchange.events.push_back(base::to_lower(event));
    }
  }
  for (auto& [name, given] : limits.named_tables("class")) {
    if (name.size() > policy::kMaxClassName)
      limits.fail("class", "expected names of at most " + std::to_string(policy::kMaxClassName) + " characters");
    calls.classes[name] = static_cast<std::size_t>(given.integer("calls", {0, 10'000'000}, 0));
    if (!given.has("calls")) given.fail("calls", "expected how many calls of the class there may be at once");
    config.policy_environment.classes.push_back(name);
  }
  if (calls.classes.size() > call::kMaxClasses)
    limits.fail("class", "expected at most " + std::to_string(call::kMaxClasses) + " classes");
  const auto transactions = static_cast<std::size_t>(limits.integer("transactions", {100, 100'000'000}, 400'000));
  t.max_servers = t.max_clients = transactions / config.shards + 1;
  config.net.connections = static_cast<std::size_t>(limits.integer("connections", {1, 1'000'000}, 16'384));
  config.net.connections_per_source =
      static_cast<std::size_t>(limits.integer("connections_per_source", {1, 1'000'000}, 512));
}

void read_media(settings::Table root, Config& config, call::Settings& calls) {
  auto media = root.table("media");
  const auto timeout = media.duration("timeout", {base::seconds(1), base::hours(24)}, base::seconds(60));
  calls.media_timeout_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(timeout).count());
  const auto one_sided = media.duration("one_sided", {base::seconds(0), base::hours(1)}, base::seconds(10));
  calls.one_sided_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(one_sided).count());
  const auto quality = media.duration("quality_interval", {base::seconds(0), base::hours(1)}, base::seconds(10));
  calls.quality_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(quality).count());
  if (calls.quality_ms != 0 && calls.quality_ms < control::kMinQualityMs)
    media.fail("quality_interval", "expected 0s, or 1s and more");
  calls.low_mos = media.number("low_mos", 1, 4.5, calls.low_mos);
  if (auto codecs = media.texts("offer_codecs"); !codecs.empty()) {
    for (const auto& codec : codecs)
      if (std::ranges::find(sdp::known_codecs(), codec) == sdp::known_codecs().end())
        media.fail("offer_codecs", "expected a codec, got \"" + base::printable(codec) + "\"", codec,
                   sdp::known_codecs());
    calls.offer_codecs = std::move(codecs);
  }
  if (const auto names = media.texts("srtp_suites"); !names.empty()) {
    calls.srtp_suites.clear();
    for (const auto& name : names) {
      const auto suite = sdp::suite_from(name);
      if (!suite)
        media.fail("srtp_suites", "expected a suite of SRTP, got \"" + base::printable(name) + "\"", name,
                   sdp::suite_names());
      else if (std::ranges::find(calls.srtp_suites, *suite) != calls.srtp_suites.end())
        media.fail("srtp_suites", "expected each suite once, got \"" + base::printable(name) + "\" twice");
      else
        calls.srtp_suites.push_back(*suite);
    }
  }
  for (auto& [name, relay] : root.named_tables("relay")) {
    relay_client::LinkOptions link;
    link.relay = name;
    link.socket_path = relay.text("socket");
    link.lease = relay.duration("lease", {base::seconds(1), base::hours(1)}, base::seconds(60));
    link.command_timeout =
        relay.duration("command_timeout", {base::milliseconds(50), base::seconds(30)}, base::seconds(2));
    config.relays.push_back(std::move(link));
  }
  if (config.relays.empty()) root.fail("", "expected at least one [relay.<name>] with its socket");
}

bool lies_below_policy(const std::string& folder, const std::string& policy) {
  if (folder.empty() || policy.empty()) return false;
  namespace fs = std::filesystem;
  std::error_code error;
  const auto of_policy = fs::weakly_canonical(fs::absolute(policy, error), error).parent_path();
  const auto way = fs::weakly_canonical(folder, error).lexically_relative(of_policy);
  return !error && !way.empty() && *way.begin() != "..";
}

void read_policy(settings::Table root, Config& config) {
  auto policy = root.required_table("policy");
  config.policy_file = policy.text("file");
  // A relative path means: beside the configuration, wherever the process was started.
  if (!config.policy_file.empty() && config.policy_file.front() != '/')
    config.policy_file = (std::filesystem::path(config.path).parent_path() / config.policy_file).string();
  config.policy_tests = policy.boolean("tests", true);
  config.policy_history = policy.text("history", "");
  if (!config.policy_history.empty() && !config.policy_history.starts_with('/'))
    policy.fail("history", "expected an absolute path, got \"" + base::printable(config.policy_history) + "\"");
  if (lies_below_policy(config.policy_history, config.policy_file))
    policy.fail("history",
                "expected a folder that is not below the one of policy.file: what is kept would be taken for "
                "libraries of the policy");
  config.policy_history_keep =
      static_cast<std::size_t>(policy.integer("history_keep", {2, history::kMaxEntries}, history::kUsualEntries));
  config.policy_explain = static_cast<std::size_t>(policy.integer("explain", {0, kMaxExplanations}, 0));
  config.policy_explain_log = policy.text("explain_log", "");
  if (!config.policy_explain_log.empty() && config.policy_explain_log.front() != '/')
    policy.fail("explain_log", "expected an absolute path, got \"" + base::printable(config.policy_explain_log) + "\"");
  if (!config.policy_explain_log.empty() && config.policy_explain == 0)
    policy.fail("explain_log", "expected policy.explain to be more than 0: nothing is known of calls");
  config.policy_record = read_record(policy);
  config.policy_limits = read_policy_limits(policy);
  config.policy_lookups.http = read_http(policy);
  read_dns_lookups(policy, config.policy_lookups);
  config.policy_lookups.redis = read_redis(policy, config);
  config.policy_lookups.databases = read_databases(policy, config);
  for (const auto& database : config.policy_lookups.databases)
    for (const auto& query : database.queries) config.policy_environment.queries.push_back(query.name);
  config.table_feeds = read_tables(policy, config, config.policy_environment.tables);
  config.policy_fallback.invite_status = static_cast<std::uint16_t>(policy.integer("invite_fallback", {400, 699}, 500));
  config.policy_fallback.register_status =
      static_cast<std::uint16_t>(policy.integer("register_fallback", {400, 699}, 500));
  auto& environment = config.policy_environment;
  for (const auto& realm : config.realms) {
    environment.realms.push_back(realm.name);
    if (environment.domain.empty() && !realm.registration.domains.empty())
      environment.domain = realm.registration.domains.names().front();
  }
  if (config.routes != nullptr) {
    for (const auto& trunk : config.routes->trunks()) environment.trunks.push_back(trunk.name);
    for (const auto& group : config.routes->groups()) environment.groups.push_back(group.name);
  }
  auto values = policy.table("settings");
  for (const auto& key : values.keys()) environment.settings.emplace(key, read_setting(values, key));
}

std::vector<call::Face> faces_of(const Config& config) {
  std::vector<call::Face> faces;
  for (const auto& listener : config.listeners) {
    call::Face face{.host = listener.host, .sent_by = listener.host, .address = listener.address};
    if (listener.port != sip::default_port(listener.transport)) face.sent_by += ":" + std::to_string(listener.port);
    faces.push_back(std::move(face));
  }
  return faces;
}

}  // namespace

const RealmConfig* Config::realm(std::string_view name) const {
  const auto it = std::ranges::find(realms, name, &RealmConfig::name);
  return it == realms.end() ? nullptr : &*it;
}

std::expected<std::shared_ptr<const Config>, std::string> load_config(const std::string& path) {
  auto file = settings::File::load(path);
  if (!file) return std::unexpected(settings::full(file.error()));
  auto root = file->root();
  auto config = std::make_shared<Config>();
  auto calls = std::make_shared<call::Settings>();
  config->path = path;
  read_process(root, *config);
  read_limits(root, *config, *calls);
  read_media(root, *config, *calls);
  config->dns = read_dns(root);
  std::vector<route::Realm> realms = read_realms(root, *config);
  std::string routing_error;
  auto table = read_routes(root, std::move(realms));
  if (table) {
    config->routes = std::make_shared<const route::Table>(*std::move(table));
  } else {
    routing_error = table.error();
  }
  if (config->routes != nullptr) check_upstreams(root, *config);
  if (config->routes != nullptr) check_recorders(root, *config);
  calls->accounts = read_accounts(root);
  config->registrations = read_registrations(root, *config, *calls);
  calls->leak_guard = read_leak_guard(root);
  config->users = read_users(root, *config);
  read_policy(root, *config);
  calls->routes = config->routes;
  calls->faces = faces_of(*config);
  for (const auto& realm : config->realms) calls->crossing.emplace(realm.name, realm.crossing);
  for (const auto& realm : config->realms)
    if (!realm.domain.empty()) calls->domains.emplace(realm.name, realm.domain);
  for (const auto& realm : config->realms)
    for (const auto& domain : realm.registration.domains.names()) calls->own_hosts.push_back(domain);
  for (const auto& realm : config->realms) calls->reliable.emplace(realm.name, realm.reliable);
  config->calls = std::move(calls);
  for (auto& relay : config->relays) relay.controller = config->instance;

  auto done = file->finish();
  if (!done) return std::unexpected(settings::full(done.error()));
  if (!routing_error.empty()) return std::unexpected(path + ": " + routing_error + "\n");
  return config;
}

std::vector<std::string> restart_needed(const Config& running, const Config& wanted) {
  std::vector<std::string> keys;
  const auto differs = [&keys](bool different, const char* key) {
    if (different) keys.emplace_back(key);
  };
  differs(running.instance != wanted.instance, "process.instance");
  differs(running.shards != wanted.shards, "process.shards");
  differs(running.admin != wanted.admin, "admin.listen");
  differs(running.control != wanted.control, "admin.control");
  differs(running.log.file != wanted.log.file, "log.file");
  differs(running.log.format != wanted.log.format, "log.format");
  differs(running.listeners != wanted.listeners, "realm.*.listener");
  differs(!std::ranges::equal(running.relays, wanted.relays,
                              [](const auto& a, const auto& b) {
                                return a.relay == b.relay && a.socket_path == b.socket_path && a.lease == b.lease &&
                                       a.command_timeout == b.command_timeout;
                              }),
          "relay.*");
  differs(running.transactions.t1 != wanted.transactions.t1 || running.transactions.t2 != wanted.transactions.t2 ||
              running.transactions.t4 != wanted.transactions.t4 ||
              running.transactions.timer_c != wanted.transactions.timer_c,
          "timers.t1, t2, t4, timer_c");
  differs(running.max_registrations != wanted.max_registrations, "limits.registrations");
  differs(running.transactions.max_servers != wanted.transactions.max_servers, "limits.transactions");
  differs(running.net.connections != wanted.net.connections, "limits.connections");
  differs(running.net.connections_per_source != wanted.net.connections_per_source, "limits.connections_per_source");
  differs(running.dns != wanted.dns, "dns.*");
  differs(running.transactions.trying_after != wanted.transactions.trying_after, "timers.trying_after");
  return keys;
}

}  // namespace sbc::app
