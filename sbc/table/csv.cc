// RFC 4180: cells between separators, in quotes where they hold separators, quotes or ends of lines.

#include <optional>

#include "sbc/table/table.h"

namespace sbc::table {
namespace {

using Wrong = std::unexpected<std::string>;

class Reader {
 public:
  Reader(std::string_view text, char separator) : rest_(text), separator_(separator) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // as spreadsheets begin their files
  }

  // On to the next line that has anything on it.
  bool begin_line() {
    line_ += lines_passed_;
    lines_passed_ = 0;
    for (;;) {
      if (rest_.starts_with("\r\n")) {
        rest_.remove_prefix(2);
      } else if (rest_.starts_with('\n')) {
        rest_.remove_prefix(1);
      } else {
        return !rest_.empty();
      }
      ++line_;
    }
  }

  // The next cell of the line; valid until the one after it is read. Error: its quotes are wrong.
  std::expected<std::string_view, std::string> cell() {
    more_ = false;
    if (rest_.starts_with('"')) return quoted();
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != separator_ && rest_[end] != '\n') {
      if (rest_[end] == '"') return Wrong("a quotation mark in a cell that does not begin with one");
      ++end;
    }
    std::string_view cell = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if ((rest_.empty() || rest_.front() == '\n') && cell.ends_with('\r')) cell.remove_suffix(1);
    end_cell();
    return cell;
  }
  bool more() const { return more_; }  // cells on this line
  std::size_t line() const { return line_; }

 private:
  std::expected<std::string_view, std::string> quoted() {
    unquoted_.clear();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\n') ++lines_passed_;
      if (rest_[i] != '"') {
        unquoted_.push_back(rest_[i]);
        continue;
      }
      if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
        unquoted_.push_back('"');
        ++i;
        continue;
      }
      rest_.remove_prefix(i + 1);
      if (rest_.starts_with("\r\n") || rest_ == "\r") rest_.remove_prefix(1);
      if (!rest_.empty() && rest_.front() != separator_ && rest_.front() != '\n')
        return Wrong("expected the end of a cell behind its quotation mark");
      end_cell();
      return unquoted_;
    }
    return Wrong("a quotation mark is not closed");
  }

  void end_cell() {
    if (rest_.empty()) return;
    more_ = rest_.front() == separator_;
    if (!more_) ++lines_passed_;
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
  char separator_;
  std::string unquoted_;
  std::size_t line_ = 1;
  std::size_t lines_passed_ = 0;
  bool more_ = false;
};

}  // namespace

std::expected<Table, std::string> read_csv(std::string_view text, std::string_view key, char separator) {
  if (text.size() > kMaxCsvBytes) return Wrong("the file has more than " + std::to_string(kMaxCsvBytes >> 20) + " MiB");
  Reader reader(text, separator);
  const auto wrong = [&reader](const std::string& what) {
    return Wrong("line " + std::to_string(reader.line()) + ": " + what);
  };
  if (!reader.begin_line()) return Wrong("line 1: expected the names of the columns, got nothing");
  std::vector<std::string> names;
  do {
    const auto name = reader.cell();
    if (!name) return wrong(name.error());
    names.emplace_back(*name);
  } while (reader.more() && names.size() <= kMaxColumns);
  const std::size_t columns = names.size();
  auto builder = Builder::of(std::move(names), key);
  if (!builder) return wrong(builder.error());
  while (reader.begin_line()) {
    std::size_t cells = 0;
    do {
      const auto cell = reader.cell();
      if (!cell) return wrong(cell.error());
      if (++cells > columns) continue;  // counted, for the error
      if (auto added = builder->add(*cell); !added) return wrong(added.error());
    } while (reader.more());
    if (cells != columns) return wrong("expected " + std::to_string(columns) + " cells, got " + std::to_string(cells));
  }
  return builder->finish();
}

}  // namespace sbc::table
