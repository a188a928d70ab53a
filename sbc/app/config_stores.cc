// [policy.redis], [policy.database.<name>] and [policy.sql.<name>]: where policies look things up.

#include <algorithm>
#include <filesystem>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/database/conninfo.h"
#include "sbc/database/limits.h"
#include "sbc/policy/limits.h"

namespace sbc::app {
namespace {

constexpr std::size_t kMaxDatabases = 16;  // each has connections, or a thread, in each shard
constexpr settings::DurationRange kTimeouts{base::milliseconds(10), base::seconds(30)};

lookup::Rules read_rules(settings::Table& table) {
  lookup::Rules rules;
  rules.at_once = static_cast<std::size_t>(table.integer("at_once", {1, 10'000}, 100));
  rules.cache_entries = static_cast<std::size_t>(table.integer("cache", {0, 100'000}, 1000));
  rules.breaker = read_breaker(table);
  return rules;
}

// "10.0.0.5:6379", "[2001:db8::5]:6379", "redis.example.net", a path.
// Ours for TLS: "rediss://redis.example.net:6380".
constexpr std::string_view kSecure = "rediss://";
constexpr std::string_view kClear = "redis://";

void read_server(settings::Table& table, std::string server, redis::Settings& out) {
  for (const auto front : {kSecure, kClear})
    if (server.starts_with(front)) server.erase(0, front.size());
  if (server.starts_with('/')) {
    out.path = server;
    return;
  }
  if (const auto endpoint = base::Endpoint::parse(server); endpoint && endpoint->port != 0) {
    out.servers = {*endpoint};
    return;
  }
  const auto colon = server.rfind(':');
  const auto port = colon == std::string::npos ? std::optional<std::uint16_t>(6379)
                                               : base::parse_unsigned<std::uint16_t>(server.substr(colon + 1));
  const std::string host = server.substr(0, colon);
  out.tls.name = host;
  if (port && *port != 0 && !host.empty() && host.find_first_of(" :/[]") == std::string::npos)
    for (const auto& ip : addresses_of(host)) {
      const base::Endpoint endpoint{.ip = ip, .port = *port};
      if (std::ranges::find(out.servers, endpoint) == out.servers.end()) out.servers.push_back(endpoint);
    }
  if (out.servers.empty())
    table.fail("server",
               "expected an address as 10.0.0.5:6379, a name that has one, or the path of a Unix socket, got \"" +
                   base::printable(server) + "\"");
}

database::Query read_query(const std::string& name, settings::Table& table) {
  database::Query query{.name = name};
  query.sql = table.text("query");
  if (query.sql.size() > database::kMaxSql)
    table.fail("query", "expected at most " + std::to_string(database::kMaxSql) + " bytes");
  query.keep = table.duration("cache", {base::Duration::zero(), base::hours(24)}, base::Duration::zero());
  query.timeout = table.duration("timeout", kTimeouts, query.timeout);
  query.most_rows = static_cast<std::size_t>(table.integer("most_rows", {1, 10'000}, 100));
  return query;
}

database::Settings read_database(const std::string& name, settings::Table& table, const Config& config) {
  database::Settings out{.name = name};
  const auto sqlite = table.maybe_text("sqlite");
  const auto postgres = table.maybe_text("postgres");
  const auto password = table.maybe_secret("password");
  if (sqlite.has_value() == postgres.has_value()) {
    table.fail("", "expected either sqlite or postgres");
  } else if (sqlite) {
    out.path = (std::filesystem::path(config.path).parent_path() / *sqlite).string();
    if (sqlite->empty()) table.fail("sqlite", "expected a path, got \"\"");
    if (password) table.fail("password", "expected none: SQLite knows no passwords");
  } else if (auto connection = database::read_conninfo(*postgres, password.value_or(""), addresses_of)) {
    out.connection = *std::move(connection);
  } else {
    table.fail("postgres", connection.error());
  }
  out.connections = static_cast<std::size_t>(table.integer("connections", {1, 100}, 2));
  // As for HTTP: a policy has no longer texts.
  out.answer_bytes = table.size("max_answer", 1, 100U << 10, out.answer_bytes);
  out.rules = read_rules(table);
  return out;
}

}  // namespace

// The certificate of the server must have the name by which it was given, unless tls_name says another one.
void read_protection(settings::Table& table, const std::string& server, const Config& config, redis::Settings& redis) {
  const bool secure = table.boolean("tls", server.starts_with(kSecure));
  if (server.starts_with(kSecure) && !secure) table.fail("tls", "expected true, since the server is rediss://");
  if (server.starts_with(kClear) && secure) table.fail("tls", "expected false, since the server is redis://");
  if (!secure) {
    redis.tls = {};
    for (const char* key : {"ca", "certificate", "key", "tls_name"})
      if (table.has(key)) table.fail(key, "expected tls = true, or a server as rediss://...");
    return;
  }
  if (!redis.path.empty()) table.fail("tls", "expected false: a Unix socket stays on the machine");
  redis.tls.name = table.text("tls_name", redis.tls.name);
  redis.tls.context = read_tls_client(table, config, redis.tls.given);
}

redis::Settings read_redis(settings::Table& policy, const Config& config) {
  auto table = policy.table("redis");
  redis::Settings redis;
  const auto server = table.text("server", "");
  if (!server.empty()) read_server(table, server, redis);
  read_protection(table, server, config, redis);
  redis.username = table.text("username", "");
  redis.password = table.maybe_secret("password").value_or("");
  if (!redis.username.empty() && redis.password.empty()) table.fail("username", "expected a password beside it");
  redis.database = static_cast<int>(table.integer("database", {0, 1'000'000}, 0));
  redis.writes = table.boolean("writes", false);
  redis.timeout = table.duration("timeout", kTimeouts, redis.timeout);
  redis.connections = static_cast<std::size_t>(table.integer("connections", {1, 100}, 2));
  redis.answer_bytes = table.size("max_answer", 1, 100U << 10, redis.answer_bytes);
  redis.elements = static_cast<std::size_t>(table.integer("max_elements", {1, 10'000}, 1000));
  redis.rules = read_rules(table);
  if (table.present() && server.empty()) table.fail("server", "expected an address or the path of a Unix socket");
  return redis;
}

std::vector<database::Settings> read_databases(settings::Table& policy, const Config& config) {
  std::vector<database::Settings> databases;
  std::vector<std::string> names;
  for (auto& [name, table] : policy.named_tables("database")) {
    databases.push_back(read_database(name, table, config));
    names.push_back(name);
  }
  if (databases.size() > kMaxDatabases)
    policy.fail("database", "expected at most " + std::to_string(kMaxDatabases) + " databases");
  std::size_t queries = 0;
  for (auto& [name, table] : policy.named_tables("sql")) {
    auto query = read_query(name, table);
    const auto where = table.text("database");
    const auto found = std::ranges::find(databases, where, &database::Settings::name);
    if (found != databases.end()) {
      found->queries.push_back(std::move(query));
    } else if (!where.empty()) {
      table.fail("database", "expected a database of [policy.database], got \"" + base::printable(where) + "\"", where,
                 names);
    }
    ++queries;
  }
  if (queries > policy::kMaxQueries)
    policy.fail("sql", "expected at most " + std::to_string(policy::kMaxQueries) + " queries");
  return databases;
}

}  // namespace sbc::app
