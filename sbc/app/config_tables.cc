// [policy.table.<name>]: the files behind tables.find and tables.prefix.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/policy/limits.h"
#include "sbc/table/table.h"

namespace sbc::app {
namespace {

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

}  // namespace

policy::Tables read_tables(settings::Table& policy, const Config& config) {
  policy::Tables tables;
  for (auto& [name, given] : policy.named_tables("table")) {
    const auto file = given.text("file");
    const auto key = given.text("key", "");
    const char separator = given.one_of<char>("separator", kSeparators, ',');
    const auto path = (std::filesystem::path(config.path).parent_path() / file).string();
    const bool json = file.ends_with(".json");
    if (file.empty()) continue;
    if (!json && !file.ends_with(".csv")) {
      given.fail("file", "expected a file ....csv or ....json, got \"" + base::printable(file) + "\"");
      continue;
    }
    auto text = read_file(path);
    if (!text) {
      given.fail("file", "expected a file that can be read, got " + base::printable(path, 200) + ": " + text.error());
      continue;
    }
    auto table = json ? table::read_json(*text, key) : table::read_csv(*text, key, separator);
    if (table) {
      tables.emplace(name, std::make_shared<const table::Table>(*std::move(table)));
    } else {
      given.fail("file", base::printable(path, 200) + ": " + table.error());
    }
  }
  if (tables.size() > policy::kMaxTables)
    policy.fail("table", "expected at most " + std::to_string(policy::kMaxTables) + " tables");
  return tables;
}

}  // namespace sbc::app
