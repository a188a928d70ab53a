#include "sbc/json/write.h"

#include <array>
#include <charconv>
#include <cmath>

namespace sbc::json {
namespace {

struct Writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) return operator()(std::monostate{});
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    const std::string_view text(digits.data(), end.ptr);
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
  }
  void operator()(const std::string& value) const { append_string(out, value); }
  void operator()(const List& list) const {
    out.push_back('[');
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out.push_back(',');
      write(out, list[i]);
    }
    out.push_back(']');
  }
  void operator()(const Members& members) const {
    out.push_back('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out.push_back(',');
      append_string(out, members[i].name);
      out.push_back(':');
      write(out, members[i].value);
    }
    out.push_back('}');
  }
};

}  // namespace

void write(std::string& out, const Value& value) {
  std::visit(Writer{out}, value.what);
}

std::string text_of(const Value& value) {
  std::string out;
  write(out, value);
  return out;
}

const Value* member(const Value& value, std::string_view name) {
  const auto* members = std::get_if<Members>(&value.what);
  if (members == nullptr) return nullptr;
  const Value* found = nullptr;
  for (const auto& [own, one] : *members)
    if (own == name) found = &one;
  return found;
}

}  // namespace sbc::json
