#include "sbc/trial/json_value.h"

namespace sbc::trial {

Value value_of(const json::Value& value) {
  if (const auto* list = std::get_if<json::List>(&value.what)) {
    List out;
    for (const auto& one : *list) out.push_back(value_of(one));
    return out;
  }
  if (const auto* members = std::get_if<json::Members>(&value.what)) {
    Record out;
    for (const auto& [name, one] : *members) out[name] = value_of(one);
    return out;
  }
  if (const auto* boolean = std::get_if<bool>(&value.what)) return *boolean;
  if (const auto* whole = std::get_if<std::int64_t>(&value.what)) return *whole;
  if (const auto* real = std::get_if<double>(&value.what)) return *real;
  if (const auto* text = std::get_if<std::string>(&value.what)) return *text;
  return {};
}

}  // namespace sbc::trial
