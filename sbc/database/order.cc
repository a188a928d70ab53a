#include "sbc/database/order.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sbc::database {
namespace {

// Different for different values, and for values of different kinds.
struct AppendKey {
  std::string& key;
  void operator()(std::monostate) const { key += "n"; }
  void operator()(bool value) const { key += value ? "t" : "f"; }
  void operator()(std::int64_t value) const { key.append("i").append(std::to_string(value)); }
  void operator()(double value) const {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    key.append("d").append(text.data(), end.ptr);
  }
  void operator()(const std::string& value) const {
    key.append("s").append(std::to_string(value.size())).append(":").append(value);
  }
};

}  // namespace

lookup::Order order_of(const Ask& ask, const Query& query) {
  std::string key = query.name;
  for (const Parameter& one : ask.parameters) {
    key += ' ';
    std::visit(AppendKey{key}, one);
  }
  return {
      .key = std::move(key), .keep = query.keep, .timeout = std::min(ask.timeout, query.timeout), .urgent = ask.urgent};
}

std::unique_ptr<Database> open(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                               Database::Trouble trouble) {
  const auto& open_kind = settings.path.empty() ? open_postgres : open_sqlite;
  return open_kind(loop, std::move(settings), counters, std::move(trouble));
}

}  // namespace sbc::database
