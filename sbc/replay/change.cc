#include "sbc/replay/change.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "media-relay/base/text.h"

#include "sbc/json/write.h"
#include "sbc/replay/limits.h"

namespace sbc::replay {
namespace {

using json::List;
using json::Members;
using json::Value;

// Texts that are one of a few, or names of the configuration.
constexpr std::array<std::string_view, 16> kWords = {
    "decision", "trunk", "group",         "realm",    "redirects", "late_offer", "media_security", "preconditions",
    "dtmf",     "latch", "music_on_hold", "ringback", "welcome",   "keep_alive", "announcement",   "siprec"};

bool is_word(std::string_view name) {
  return std::ranges::find(kWords, name) != kWords.end();
}

bool is_number(const Value& value) {
  return std::holds_alternative<std::int64_t>(value.what) || std::holds_alternative<double>(value.what) ||
         std::holds_alternative<bool>(value.what);
}

std::string plain(const Value& value) {
  const auto* text = std::get_if<std::string>(&value.what);
  return text != nullptr ? base::printable(*text) : json::text_of(value);
}

std::string place(const Value& candidate) {
  const auto* members = std::get_if<Members>(&candidate.what);
  if (members == nullptr || members->empty()) return "?";
  const auto& [kind, name] = members->front();
  return is_word(kind) ? kind + " " + plain(name) : kind;
}

// What differs, a phrase for each.
void compare(const std::string& at, std::string_view name, const Value* before, const Value* after,
             std::vector<std::string>& out);

void compare_members(const std::string& at, const Members& before, const Members& after,
                     std::vector<std::string>& out) {
  const auto named = [](const Members& members, const std::string& name) -> const Value* {
    const auto found = std::ranges::find(members, name, &json::Member::name);
    return found != members.end() ? &found->value : nullptr;
  };
  const std::string inside = at.empty() ? "" : at + ".";
  for (const auto& [name, value] : before) compare(inside + name, name, &value, named(after, name), out);
  for (const auto& [name, value] : after)
    if (named(before, name) == nullptr) compare(inside + name, name, nullptr, &value, out);
}

void compare(const std::string& at, std::string_view name, const Value* before, const Value* after,
             std::vector<std::string>& out) {
  const auto text = [](const Value* value) { return value != nullptr ? json::text_of(*value) : std::string(); };
  if (text(before) == text(after)) return;
  const auto* one = before != nullptr ? std::get_if<Members>(&before->what) : nullptr;
  const auto* two = after != nullptr ? std::get_if<Members>(&after->what) : nullptr;
  if (one != nullptr && two != nullptr) return compare_members(at, *one, *two, out);
  const auto told = [&](const Value* value) {
    return value == nullptr || is_number(*value) || (is_word(name) && std::holds_alternative<std::string>(value->what));
  };
  if (!told(before) || !told(after)) {
    out.push_back(at + " differs");
    return;
  }
  const auto shown = [](const Value* value) {
    return value == nullptr ? std::string("unset") : plain(*value).empty() ? "\"\"" : plain(*value);
  };
  out.push_back(at + " " + shown(before) + " -> " + shown(after));
}

// Of decisions whose brief is the same.
std::vector<std::string> differences(const Value& before, const Value& after) {
  std::vector<std::string> out;
  const auto* one = json::member(before, "to");
  const auto* two = json::member(after, "to");
  const auto* from = one != nullptr ? std::get_if<List>(&one->what) : nullptr;
  const auto* to = two != nullptr ? std::get_if<List>(&two->what) : nullptr;
  if (from == nullptr || to == nullptr || from->size() != to->size()) {
    compare("", "", &before, &after, out);
    return out;
  }
  for (std::size_t i = 0; i < from->size(); ++i) {
    std::vector<std::string> of_place;
    compare("", "", &(*from)[i], &(*to)[i], of_place);
    for (auto& phrase : of_place) {
      if (from->size() > 1) phrase = place((*from)[i]) + " " + phrase;
      if (std::ranges::find(out, phrase) == out.end()) out.push_back(std::move(phrase));
    }
  }
  return out;
}

std::string failure(const std::string& error) {
  return "fails: " + base::printable(error, kMaxErrorText);
}

}  // namespace

std::string brief(const Value& decision) {
  const auto* word = json::member(decision, "decision");
  if (word == nullptr) return "nothing";
  std::string text = plain(*word);
  if (const auto* status = json::member(decision, "status")) text += " " + plain(*status);
  if (const auto* latch = json::member(decision, "latch")) text += " " + plain(*latch);
  const auto* to = json::member(decision, "to");
  const auto* places = to != nullptr ? std::get_if<List>(&to->what) : nullptr;
  if (places == nullptr) return text;
  for (std::size_t i = 0; i < places->size(); ++i) {
    text += i == 0 ? " " : ", ";
    text += place((*places)[i]);
  }
  return text;
}

std::string change(const retell::Invocation& before, const retell::Retold& after) {
  if (retell::same(before, after)) return {};
  const std::string was = before.error.empty() ? brief(before.decision) : failure(before.error);
  const std::string is = after.error.empty() ? brief(after.decision) : failure(after.error);
  if (!before.error.empty() || !after.error.empty() || was != is) return was + " -> " + is;
  std::string text = was + ":";
  const auto phrases = differences(before.decision, after.decision);
  for (std::size_t i = 0; i < phrases.size(); ++i) text += (i == 0 ? " " : ", ") + phrases[i];
  return text;
}

}  // namespace sbc::replay
