// Tables from JSON.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/json/value.h"
#include "sbc/table/table.h"

namespace sbc::table {
namespace {

using Wrong = std::unexpected<std::string>;

struct ToCell {
  std::expected<Cell, std::string> operator()(std::monostate) const { return Cell{}; }
  std::expected<Cell, std::string> operator()(bool value) const { return Cell{value}; }
  std::expected<Cell, std::string> operator()(std::int64_t value) const { return Cell{value}; }
  std::expected<Cell, std::string> operator()(double value) const { return Cell{value}; }
  std::expected<Cell, std::string> operator()(const std::string& value) const { return Cell{std::string_view(value)}; }
  std::expected<Cell, std::string> operator()(const json::List&) const { return Wrong("a list is no cell"); }
  std::expected<Cell, std::string> operator()(const json::Members&) const { return Wrong("an object is no cell"); }
};

// One row of the file: its key where that stands before it, and its members.
struct Row {
  const std::string* key = nullptr;
  const json::Members* members = nullptr;
};

std::expected<std::vector<Row>, std::string> rows_of(const json::Value& file) {
  std::vector<Row> rows;
  if (const auto* list = std::get_if<json::List>(&file.what)) {
    for (const json::Value& one : *list) {
      const auto* members = std::get_if<json::Members>(&one.what);
      if (members == nullptr) return Wrong("row " + std::to_string(rows.size() + 1) + ": expected an object");
      rows.push_back({.key = nullptr, .members = members});
    }
    return rows;
  }
  const auto* all = std::get_if<json::Members>(&file.what);
  if (all == nullptr) return Wrong("expected a list of objects, or an object of objects");
  for (const auto& [key, value] : *all) {
    const auto* members = std::get_if<json::Members>(&value.what);
    if (members == nullptr) return Wrong("\"" + base::printable(key) + "\": expected an object");
    rows.push_back({.key = &key, .members = members});
  }
  return rows;
}

std::vector<std::string> columns_of(const std::vector<Row>& rows, const std::string& key) {
  std::vector<std::string> columns{key};
  for (const Row& row : rows)
    for (const auto& [name, value] : *row.members)
      if (columns.size() <= kMaxColumns && std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
  return columns;
}

}  // namespace

std::expected<Table, std::string> read_json(std::string_view text, std::string_view key) {
  if (text.size() > kMaxJsonBytes)
    return Wrong("the file has more than " + std::to_string(kMaxJsonBytes >> 20) + " MiB; CSV may have more");
  const auto file = json::parse(text, kMaxJsonValues);
  if (!file) return Wrong(file.error());
  if (std::holds_alternative<json::List>(file->what) && key.empty())
    return Wrong("expected to be told which member is the key");
  return read_rows(*file, key);
}

std::expected<Table, std::string> read_rows(const json::Value& file, std::string_view key) {
  const auto rows = rows_of(file);
  if (!rows) return Wrong(rows.error());
  const std::string name(key.empty() ? "key" : key);
  const auto columns = columns_of(*rows, name);
  auto builder = Builder::of(columns, name);
  if (!builder) return Wrong(builder.error());
  for (const Row& row : *rows) {
    const auto wrong = [&builder](const std::string& what) {
      return Wrong("row " + std::to_string(builder->rows() + 1) + ": " + what);
    };
    for (const auto& column : columns) {
      std::expected<Cell, std::string> cell = Cell{};
      if (row.key != nullptr && column == name) cell = Cell{std::string_view(*row.key)};
      for (const auto& [member, value] : *row.members)
        if (member == column) cell = std::visit(ToCell{}, value.what);
      if (!cell) return wrong(base::printable(column) + ": " + cell.error());
      if (auto added = builder->add(*cell); !added) return wrong(added.error());
    }
  }
  return builder->finish();
}

}  // namespace sbc::table
