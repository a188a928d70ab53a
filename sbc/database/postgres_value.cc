#include "sbc/database/postgres_value.h"

#include <array>
#include <charconv>
#include <string_view>

namespace sbc::database {
namespace {

// pg_type.dat: they never change.
enum Oid16 : unsigned { kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kOid = 26, kFloat4 = 700, kFloat8 = 701 };

template <typename Number>
json::Value number_or_text(std::string_view text) {
  Number number{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec == std::errc() && end.ptr == text.data() + text.size()) return {number};
  return {std::string(text)};
}

struct Text {
  std::optional<std::string> operator()(std::monostate) const { return std::nullopt; }
  std::optional<std::string> operator()(bool value) const { return value ? "true" : "false"; }
  std::optional<std::string> operator()(std::int64_t value) const { return std::to_string(value); }
  std::optional<std::string> operator()(double value) const {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return std::string(text.data(), end.ptr);
  }
  std::optional<std::string> operator()(const std::string& value) const { return value; }
};

}  // namespace

std::optional<std::string> text_of(const Parameter& parameter) {
  return std::visit(Text{}, parameter);
}

json::Value value_of(const PGresult& result, int column) {
  if (PQgetisnull(&result, 0, column) != 0) return {};
  const std::string_view text(PQgetvalue(&result, 0, column),
                              static_cast<std::size_t>(PQgetlength(&result, 0, column)));
  switch (PQftype(&result, column)) {
    case kBool:
      return {text == "t"};
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      return number_or_text<std::int64_t>(text);
    case kFloat4:
    case kFloat8:
      return number_or_text<double>(text);
    default:
      return {std::string(text)};
  }
}

}  // namespace sbc::database
