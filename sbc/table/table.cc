#include "sbc/table/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <numeric>

#include "media-relay/base/text.h"

namespace sbc::table {
namespace {

using Wrong = std::unexpected<std::string>;

template <typename Number>
Number number_of(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

template <typename Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end.ptr);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto at = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(at.in1 - a.begin());
}

}  // namespace

std::string_view Table::raw(std::size_t row, std::size_t column) const {
  const std::size_t at = row * columns_.size() + column;
  const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
  return std::string_view(text_).substr(begin, ends_[at] - begin);
}

Cell Table::cell(std::size_t row, std::size_t column) const {
  const std::string_view text = raw(row, column);
  switch (kinds_.empty() ? Kind::Text : kinds_[row * columns_.size() + column]) {
    case Kind::False:
      return false;
    case Kind::True:
      return true;
    case Kind::Integer:
      return number_of<std::int64_t>(text);
    case Kind::Number:
      return number_of<double>(text);
    case Kind::Text:
      break;
  }
  if (text.empty()) return std::monostate{};
  return text;
}

std::optional<std::size_t> Table::find(std::string_view wanted) const {
  const auto found = std::ranges::lower_bound(order_, wanted, {}, [this](std::uint32_t row) { return key(row); });
  if (found == order_.end() || key(*found) != wanted) return std::nullopt;
  return *found;
}

// The largest key that is not beyond `text` is the longest prefix, or every prefix that is in the table is a prefix of
// what the two have in common.
std::optional<std::size_t> Table::longest_prefix(std::string_view text) const {
  while (!text.empty()) {
    const auto beyond = std::ranges::upper_bound(order_, text, {}, [this](std::uint32_t row) { return key(row); });
    if (beyond == order_.begin()) return std::nullopt;
    const std::string_view nearest = key(*(beyond - 1));
    const std::size_t common = common_prefix(nearest, text);
    if (common == nearest.size()) return *(beyond - 1);
    text = text.substr(0, common);
  }
  return std::nullopt;
}

std::size_t Table::bytes() const {
  return sizeof *this + text_.capacity() + ends_.capacity() * sizeof(ends_[0]) + kinds_.capacity() +
         order_.capacity() * sizeof(order_[0]);
}

// ---- making one ---------------------------------------------------------------------------------------------------

std::expected<Builder, std::string> Builder::of(std::vector<std::string> columns, std::string_view key) {
  if (columns.empty() || columns.size() > kMaxColumns)
    return Wrong("expected 1 to " + std::to_string(kMaxColumns) + " columns, got " + std::to_string(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].empty() || columns[i].size() > kMaxKeyBytes)
      return Wrong("column " + std::to_string(i + 1) + " needs a name of at most " + std::to_string(kMaxKeyBytes) +
                   " bytes");
    for (std::size_t j = 0; j < i; ++j)
      if (columns[i] == columns[j]) return Wrong("two columns are called \"" + base::printable(columns[i]) + "\"");
  }
  Builder builder;
  if (!key.empty()) {
    const auto at = std::ranges::find(columns, key);
    if (at == columns.end()) return Wrong("there is no column \"" + base::printable(key) + "\"");
    builder.table_.key_column_ = static_cast<std::size_t>(at - columns.begin());
  }
  builder.table_.columns_ = std::move(columns);
  return builder;
}

std::expected<void, std::string> Builder::add(const Cell& cell) {
  Table& table = table_;
  const std::size_t begin = table.text_.size();
  auto kind = Table::Kind::Text;
  if (const auto* yes = std::get_if<bool>(&cell)) {
    kind = *yes ? Table::Kind::True : Table::Kind::False;
  } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    kind = Table::Kind::Integer;
    append_number(table.text_, *whole);
  } else if (const auto* number = std::get_if<double>(&cell)) {
    kind = Table::Kind::Number;
    append_number(table.text_, *number);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    if (text->size() > kMaxCellBytes)
      return Wrong("a cell has " + std::to_string(text->size()) + " bytes; " + std::to_string(kMaxCellBytes) +
                   " are allowed");
    table.text_.append(*text);
  }
  if (kind != Table::Kind::Text && table.kinds_.empty()) table.kinds_.resize(table.ends_.size());
  if (kind != Table::Kind::Text || !table.kinds_.empty()) table.kinds_.push_back(kind);
  const std::size_t column = table.ends_.size() % table.columns_.size();
  if (column == table.key_column_) {
    const std::size_t size = table.text_.size() - begin;
    if (size == 0 || kind == Table::Kind::True || kind == Table::Kind::False)
      return Wrong("the key, " + base::printable(table.columns_[column]) + ", is empty");
    if (size > kMaxKeyBytes) return Wrong("the key is longer than " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  table.ends_.push_back(static_cast<std::uint32_t>(table.text_.size()));
  if (rows() > kMaxRows || table.ends_.size() > kMaxCells || table.text_.size() > kMaxCsvBytes)
    return Wrong("there are too many: at most " + std::to_string(kMaxRows) + " rows and " + std::to_string(kMaxCells) +
                 " cells");
  return {};
}

std::expected<Table, std::string> Builder::finish() {
  Table& table = table_;
  table.order_.resize(rows());
  std::iota(table.order_.begin(), table.order_.end(), 0U);
  const auto key_of = [&table](std::uint32_t row) { return table.key(row); };
  if (!std::ranges::is_sorted(table.order_, {}, key_of)) std::ranges::sort(table.order_, {}, key_of);
  const auto twice = std::ranges::adjacent_find(table.order_, {}, key_of);
  if (twice != table.order_.end()) return Wrong("two rows have the key \"" + base::printable(table.key(*twice)) + "\"");
  table.text_.shrink_to_fit();
  table.ends_.shrink_to_fit();
  table.kinds_.shrink_to_fit();
  return std::move(table_);
}

}  // namespace sbc::table
