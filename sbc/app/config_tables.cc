// [policy.table.<name>]: the files and databases behind tables.find and tables.prefix.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/app/table_slot.h"
#include "sbc/database/limits.h"
#include "sbc/policy/limits.h"

namespace sbc::app {
namespace {

// What one answer of a database may bring: half of the largest file of JSON, since rows name their columns each.
constexpr std::size_t kMaxFedBytes = table::kMaxJsonBytes / 2;
constexpr std::pair<std::string_view, char> kSeparators[] = {{",", ','}, {";", ';'}, {"tab", '\t'}};

std::expected<std::string, std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return std::unexpected(error.message());
  if (size > table::kMaxCsvBytes) return std::unexpected("it has " + std::to_string(size) + " bytes");
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in) return std::unexpected(std::strerror(errno));
  return text;
}

// The file of a table; nullopt: there is something wrong with it, which has been said.
std::optional<table::Table> read_table_file(settings::Table& given, const std::string& file, const Config& config) {
  const auto key = given.text("key", "");
  const char separator = given.one_of<char>("separator", kSeparators, ',');
  const auto path = (std::filesystem::path(config.path).parent_path() / file).string();
  const bool json = file.ends_with(".json");
  if (!json && !file.ends_with(".csv")) {
    given.fail("file", "expected a file ....csv or ....json, got \"" + base::printable(file) + "\"");
    return std::nullopt;
  }
  const auto text = read_file(path);
  if (!text) {
    given.fail("file", "expected a file that can be read, got " + base::printable(path, 200) + ": " + text.error());
    return std::nullopt;
  }
  auto table = json ? table::read_json(*text, key) : table::read_csv(*text, key, separator);
  if (table) return *std::move(table);
  given.fail("file", base::printable(path, 200) + ": " + table.error());
  return std::nullopt;
}

// A table that a database fills.
std::optional<TableFeed> read_feed(const std::string& name, settings::Table& given, const Config& config) {
  const auto where = given.text("database");
  const auto& databases = config.policy_lookups.databases;
  const auto found = std::ranges::find(databases, where, &database::Settings::name);
  TableFeed feed{.name = name, .database = {}, .key = given.text("key", ""), .refresh = {}, .slot = {}};
  database::Query query{.name = name};
  query.sql = given.text("query");
  if (query.sql.size() > database::kMaxSql)
    given.fail("query", "expected at most " + std::to_string(database::kMaxSql) + " bytes");
  query.timeout = given.duration("timeout", {base::milliseconds(10), base::minutes(10)}, base::seconds(30));
  query.most_rows = static_cast<std::size_t>(given.integer("most_rows", {1, 1'000'000}, 100'000));
  feed.refresh = given.duration("refresh", {base::seconds(1), base::hours(24)}, base::minutes(5));
  if (found == databases.end()) {
    std::vector<std::string> names;
    for (const auto& one : databases) names.push_back(one.name);
    if (!where.empty())
      given.fail("database", "expected a database of [policy.database], got \"" + base::printable(where) + "\"", where,
                 names);
    return std::nullopt;
  }
  feed.database = *found;
  feed.database.queries = {std::move(query)};
  feed.database.connections = 1;
  feed.database.answer_bytes = kMaxFedBytes;
  return feed;
}

policy::Tables read_all(settings::Table& policy, const Config& config, std::vector<TableFeed>& feeds) {
  policy::Tables tables;
  for (auto& [name, given] : policy.named_tables("table")) {
    const auto file = given.maybe_text("file");
    const bool fed = given.has("query") || given.has("database");
    if (!file && !fed) {
      given.fail("", "expected a file, or a database and a query");
      continue;
    }
    auto first = file ? read_table_file(given, *file, config)
                      : std::optional(*table::read_rows(json::Value{json::List{}}, given.text("key", "")));
    if (!first) continue;
    const auto slot = std::make_shared<TableSlot>(*std::move(first));
    tables.emplace(name, slot);
    if (!fed) continue;
    if (auto feed = read_feed(name, given, config)) {
      feed->slot = slot;
      feeds.push_back(*std::move(feed));
    }
  }
  return tables;
}

}  // namespace

std::vector<TableFeed> read_tables(settings::Table& policy, const Config& config, policy::Tables& tables) {
  std::vector<TableFeed> feeds;
  tables = read_all(policy, config, feeds);
  if (tables.size() > policy::kMaxTables)
    policy.fail("table", "expected at most " + std::to_string(policy::kMaxTables) + " tables");
  return feeds;
}

}  // namespace sbc::app
