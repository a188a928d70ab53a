#include "sbc/retell/stored.h"

#include <algorithm>

#include "sbc/json/write.h"
#include "sbc/retell/text.h"

namespace sbc::retell {
namespace {

using json::List;
using json::Members;

bool all_utf8(const json::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.what)) return json::is_utf8(*text);
  if (const auto* list = std::get_if<List>(&value.what)) return std::ranges::all_of(*list, all_utf8);
  if (const auto* members = std::get_if<Members>(&value.what))
    return std::ranges::all_of(*members,
                               [](const auto& one) { return json::is_utf8(one.name) && all_utf8(one.value); });
  return true;
}

json::Value wrapped(const json::Value& value) {
  if (const auto* plain = std::get_if<std::string>(&value.what)) return text(*plain);
  List out;
  if (const auto* list = std::get_if<List>(&value.what)) {
    for (const auto& one : *list) out.push_back(wrapped(one));
    return {Members{{"list", {std::move(out)}}}};
  }
  if (const auto* members = std::get_if<Members>(&value.what)) {
    for (const auto& [name, one] : *members) out.push_back({List{text(name), wrapped(one)}});
    return {Members{{"members", {std::move(out)}}}};
  }
  return value;
}

const List* list_in(const json::Value& value, std::string_view name) {
  const auto* found = json::member(value, name);
  return found != nullptr ? std::get_if<List>(&found->what) : nullptr;
}

std::optional<json::Value> unwrapped(const json::Value& value) {
  if (auto plain = as_text(value)) return json::Value{*std::move(plain)};
  if (std::holds_alternative<List>(value.what)) return std::nullopt;
  if (const auto* list = list_in(value, "list")) {
    List out;
    for (const auto& one : *list) {
      auto inner = unwrapped(one);
      if (!inner) return std::nullopt;
      out.push_back(*std::move(inner));
    }
    return json::Value{std::move(out)};
  }
  if (const auto* list = list_in(value, "members")) {
    Members out;
    for (const auto& one : *list) {
      const auto* pair = std::get_if<List>(&one.what);
      if (pair == nullptr || pair->size() != 2) return std::nullopt;
      auto name = as_text(pair->front());
      auto inner = unwrapped(pair->back());
      if (!name || !inner) return std::nullopt;
      out.emplace_back(*std::move(name), *std::move(inner));
    }
    return json::Value{std::move(out)};
  }
  if (std::holds_alternative<Members>(value.what)) return std::nullopt;
  return value;
}

}  // namespace

json::Value stored(const json::Value& value) {
  if (all_utf8(value)) return {Members{{"value", value}}};
  return {Members{{"stored", wrapped(value)}}};
}

std::optional<json::Value> from_stored(const json::Value& told) {
  if (const auto* value = json::member(told, "value")) return *value;
  const auto* value = json::member(told, "stored");
  return value != nullptr ? unwrapped(*value) : std::nullopt;
}

}  // namespace sbc::retell
