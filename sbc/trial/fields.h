#pragma once
// Fields of a table that a test has written, with names that are known. Internal to the room.

#include <algorithm>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "media-relay/base/text.h"

#include "sbc/trial/value.h"

namespace sbc::trial {

inline std::string unknown(std::string_view what, std::string_view name, std::span<const std::string_view> options) {
  std::string text = std::string(what) + " has no field \"" + base::printable(name, 60) + "\"";
  if (const auto nearest = base::nearest(name, options)) text += "; did you mean \"" + std::string(*nearest) + "\"?";
  return text;
}

// Reads fields of one table; the first that is wrong is kept.
class Fields {
 public:
  Fields(const Record& fields, std::string_view what, std::span<const std::string_view> known)
      : fields_(fields), what_(what) {
    for (const auto& [name, value] : fields)
      if (std::ranges::find(known, name) == known.end()) fail(unknown(what, name, known));
  }

  const Value* find(std::string_view name) const {
    const auto found = fields_.find(name);
    return found != fields_.end() && !found->second.nil() ? &found->second : nullptr;
  }
  void text(std::string_view name, std::string& out) {
    const Value* value = find(name);
    if (value == nullptr) return;
    if (value->text() != nullptr) {
      out = *value->text();
    } else {
      expected(name, "a text", *value);
    }
  }
  void yes(std::string_view name, bool& out) {
    const Value* value = find(name);
    if (value == nullptr) return;
    if (value->boolean() != nullptr) {
      out = *value->boolean();
    } else {
      expected(name, "true or false", *value);
    }
  }
  std::optional<double> number(std::string_view name) {
    const Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* whole = value->integer()) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value->is)) return *real;
    expected(name, "a number", *value);
    return std::nullopt;
  }
  void expected(std::string_view name, std::string_view kind, const Value& got) {
    fail(std::string(what_) + ": expected " + std::string(kind) + " for " + std::string(name) + ", got " + got.shown());
  }
  void fail(std::string text) {
    if (error_.empty()) error_ = std::move(text);
  }
  std::expected<void, std::string> done() const {
    if (error_.empty()) return {};
    return std::unexpected(error_);
  }
  std::string what() const { return std::string(what_); }

 private:
  const Record& fields_;
  std::string_view what_;
  std::string error_;
};

}  // namespace sbc::trial
