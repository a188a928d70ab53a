#pragma once
// Rows by a key: what an operator knows by lists, such as prices, blocked numbers or holidays. Read once and never
// changed, so that all threads may use one at the same time. A million rows of four short cells are some 60 MB: their
// text, four bytes for each cell and four for each row.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sbc/json/value.h"
#include "sbc/table/limits.h"

namespace sbc::table {

// monostate: the cell is empty.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string_view>;

class Table {
 public:
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t rows() const { return order_.size(); }
  // Views are valid as long as the table.
  Cell cell(std::size_t row, std::size_t column) const;

  // The row whose key is `key`.
  std::optional<std::size_t> find(std::string_view key) const;
  // The row whose key is the longest one that `text` begins with.
  std::optional<std::size_t> longest_prefix(std::string_view text) const;
  std::string_view key(std::size_t row) const { return raw(row, key_column_); }

  std::size_t bytes() const;  // of memory

 private:
  friend class Builder;
  enum class Kind : std::uint8_t { Text, False, True, Integer, Number };
  std::string_view raw(std::size_t row, std::size_t column) const;

  std::vector<std::string> columns_;
  std::size_t key_column_ = 0;
  std::string text_;                  // of all cells, one behind the other
  std::vector<std::uint32_t> ends_;   // of each cell in it
  std::vector<Kind> kinds_;           // of each cell; empty: all are texts
  std::vector<std::uint32_t> order_;  // rows by key
};

// Makes a table row by row. Errors say what is wrong and not where: whoever reads the file knows.
class Builder {
 public:
  // `key` is one of the columns; "": the first.
  static std::expected<Builder, std::string> of(std::vector<std::string> columns, std::string_view key);

  // As many cells as there are columns, one after the other; the last one ends the row.
  std::expected<void, std::string> add(const Cell& cell);
  bool row_is_complete() const { return table_.ends_.size() % table_.columns_.size() == 0; }
  std::size_t rows() const { return table_.ends_.size() / table_.columns_.size(); }

  // Error: two rows have one key.
  std::expected<Table, std::string> finish();

 private:
  Table table_;
};

// RFC 4180 with a line of names first; `separator` is a comma, a semicolon or a tab. Empty lines are passed over, and
// an empty cell is no value. Errors: "line 12: expected 3 cells, got 2".
std::expected<Table, std::string> read_csv(std::string_view text, std::string_view key, char separator = ',');

// A list of objects that have the member `key`, or an object of objects by key, whose column is called `key` then
// ("key" when it is ""). Values are texts, numbers, true, false and null.
std::expected<Table, std::string> read_json(std::string_view text, std::string_view key);

// The same of values that are there: rows of a database, where "" as the key means that there are none.
std::expected<Table, std::string> read_rows(const json::Value& rows, std::string_view key);

}  // namespace sbc::table
