#include "sbc/trial/value.h"

#include <array>
#include <cstdio>

#include "media-relay/base/text.h"

#include "sbc/trial/limits.h"

namespace sbc::trial {
namespace {

struct Show {
  std::string operator()(std::monostate /*nil*/) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::array<char, 32> text;
    const int size = std::snprintf(text.data(), text.size(), "%.14g", value);
    return {text.data(), static_cast<std::size_t>(size)};
  }
  std::string operator()(const std::string& value) const { return "\"" + base::printable(value, 200) + "\""; }
  std::string operator()(const List& list) const {
    std::string text = "{";
    for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? " " : ", ") + list[i].shown();
    return text + (list.empty() ? "}" : " }");
  }
  std::string operator()(const Record& record) const {
    std::string text = "{";
    for (const auto& [name, value] : record) text += (text.size() == 1 ? " " : ", ") + name + " = " + value.shown();
    return text + (record.empty() ? "}" : " }");
  }
};

double number(const Value& value) {
  if (const auto* whole = value.integer()) return static_cast<double>(*whole);
  return std::get<double>(value.is);
}
bool is_number(const Value& value) {
  return value.integer() != nullptr || std::holds_alternative<double>(value.is);
}

// An empty table is either.
bool empty_table(const Value& value) {
  return (value.list() != nullptr && value.list()->empty()) || (value.record() != nullptr && value.record()->empty());
}

}  // namespace

std::string Value::shown() const {
  std::string text = std::visit(Show{}, is);
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + " ...";
  return text;
}

void differences(const Value& expected, const Value& actual, const std::string& place, std::vector<std::string>& out) {
  if (out.size() >= kMaxDifferences) return;
  const auto differs = [&] {
    out.push_back((place.empty() ? "" : place + ": ") + "expected " + expected.shown() + ", got " + actual.shown());
  };
  if (is_number(expected) && is_number(actual)) {
    if (number(expected) != number(actual)) differs();
  } else if (empty_table(expected) && empty_table(actual)) {
    return;
  } else if (const auto* fields = expected.record(); fields != nullptr && actual.record() != nullptr) {
    static const Value nothing;
    for (const auto& [name, value] : *fields) {
      const auto found = actual.record()->find(name);
      differences(value, found != actual.record()->end() ? found->second : nothing,
                  place + (place.empty() ? "" : ".") + name, out);
    }
  } else if (const auto* list = expected.list(); list != nullptr && actual.list() != nullptr) {
    const auto& other = *actual.list();
    if (list->size() != other.size())
      out.push_back((place.empty() ? "" : place + ": ") + "expected " + std::to_string(list->size()) +
                    " elements, got " + std::to_string(other.size()) + ": " + actual.shown());
    for (std::size_t i = 0; i < list->size() && i < other.size(); ++i)
      differences((*list)[i], other[i], place + "[" + std::to_string(i + 1) + "]", out);
  } else if (expected.is.index() != actual.is.index() || expected.shown() != actual.shown()) {
    differs();
  }
}

}  // namespace sbc::trial
