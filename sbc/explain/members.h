#pragma once
// Reads an explanation, which may come from a process of another version: what is missing is empty. Internal to the
// room.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/json/value.h"
#include "sbc/json/write.h"

namespace sbc::explain {

// A text, or a number as text.
inline std::string word(const json::Value& value, std::string_view name) {
  const auto* found = json::member(value, name);
  if (found == nullptr) return {};
  if (const auto* text = std::get_if<std::string>(&found->what)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&found->what)) return std::to_string(*number);
  return {};
}

inline const json::List& list(const json::Value& value, std::string_view name) {
  static const json::List kNone;
  const auto* found = json::member(value, name);
  const auto* items = found != nullptr ? std::get_if<json::List>(&found->what) : nullptr;
  return items != nullptr ? *items : kNone;
}

inline std::optional<std::size_t> place(const json::Value& value, std::string_view name) {
  const auto* found = json::member(value, name);
  const auto* number = found != nullptr ? std::get_if<std::int64_t>(&found->what) : nullptr;
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

// The message that the edits of an INVITE of the border's change (rebuild.cc).
std::string base_of(const json::Value& explanation, const json::Value& invite);

}  // namespace sbc::explain
