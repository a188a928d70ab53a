#include "sbc/retell/lookups.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sbc/json/write.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/stored.h"
#include "sbc/retell/text.h"

namespace sbc::retell {
namespace {

using json::Members;
using json::Value;

std::string counter(std::string_view name, base::Duration window, std::uint32_t amount) {
  return std::string(name) + " over " + std::to_string(std::chrono::duration_cast<base::milliseconds>(window).count()) +
         " ms by " + std::to_string(amount);
}

std::string calls_of(policy::Lookup::CallsOf what, std::string_view name) {
  switch (what) {
    case policy::Lookup::CallsOf::Trunk:
      return "trunk " + std::string(name);
    case policy::Lookup::CallsOf::Realm:
      return "realm " + std::string(name);
    case policy::Lookup::CallsOf::User:
      break;
  }
  return "user " + std::string(name);
}

// Lua's tables have no order: the members of a body are told in the order of their names.
Value in_order(Value value) {
  if (auto* members = std::get_if<Members>(&value.what)) {
    for (auto& [name, one] : *members) one = in_order(std::move(one));
    std::ranges::stable_sort(*members, {}, &json::Member::name);
  } else if (auto* list = std::get_if<json::List>(&value.what)) {
    for (auto& one : *list) one = in_order(std::move(one));
  }
  return value;
}

std::string posted(const std::string& body) {
  auto value = json::parse(body);
  return value ? json::text_of(in_order(*std::move(value))) : body;
}

// Rounded up: a wait that was as long as it may be is not a shorter one when it is told again.
std::uint32_t microseconds(base::Duration waited) {
  const auto count = std::chrono::ceil<base::microseconds>(waited).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
}

Value found_json(const policy::Found& found) {
  if (!found) return {Members{{"problem", text(found.error())}}};
  if (const auto* http = std::get_if<policy::HttpAnswer>(&*found))
    return {Members{{"status", {std::int64_t{http->status}}},
                    {"content_type", text(http->content_type)},
                    {"body", text(http->body)}}};
  return stored(*std::get<std::shared_ptr<const Value>>(*found));
}

std::optional<std::string> text_member(const Value& of, std::string_view name) {
  const auto* found = json::member(of, name);
  return found != nullptr ? as_text(*found) : std::nullopt;
}

}  // namespace

std::vector<policy::Contact> NotingLookup::location(std::string_view aor) {
  auto contacts = real_.location(aor);
  notes_.push_back({.kind = "location", .subject = std::string(aor), .answer = to_json(contacts)});
  return contacts;
}

bool NotingLookup::known(std::string_view aor) {
  const bool known = real_.known(aor);
  notes_.push_back({.kind = "known", .subject = std::string(aor), .answer = {known}});
  return known;
}

std::uint64_t NotingLookup::count(std::string_view name, base::Duration window, std::uint32_t amount) {
  const std::uint64_t sum = real_.count(name, window, amount);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  notes_.push_back({.kind = "count",
                    .subject = counter(name, window, amount),
                    .answer = {static_cast<std::int64_t>(std::min(sum, most))}});
  return sum;
}

std::uint64_t NotingLookup::calls(CallsOf what, std::string_view name) {
  const std::uint64_t count = real_.calls(what, name);
  notes_.push_back({.kind = "calls", .subject = calls_of(what, name), .answer = {static_cast<std::int64_t>(count)}});
  return count;
}

Asked asked_of(const policy::Question& question) {
  const auto* http = std::get_if<policy::HttpQuestion>(&question.what);
  if (http == nullptr) {  // "enum +4312345", "dns A example.net", "redis GET key", "sql name 43"
    const std::string all = policy::subject_of(question);
    const auto blank = std::min(all.find(' '), all.size());
    return {.kind = all.substr(0, blank), .subject = all.substr(std::min(blank + 1, all.size()))};
  }
  return {.kind = "http", .subject = http->json ? "POST " + http->url + " " + posted(*http->json) : "GET " + http->url};
}

Asked asked_of(const policy::Question& question, const policy::Answer& answer) {
  Asked asked = asked_of(question);
  asked.answer = found_json(answer.found);
  asked.waited_us = microseconds(answer.waited);
  return asked;
}

std::optional<policy::Answer> answer_of(const policy::Question& question, const Asked& asked) {
  policy::Answer answer{.found = {}, .waited = base::microseconds(asked.waited_us)};
  if (const auto problem = text_member(asked.answer, "problem")) {
    answer.found = std::unexpected(*problem);
    return answer;
  }
  if (std::holds_alternative<policy::HttpQuestion>(question.what)) {
    const auto* status = json::member(asked.answer, "status");
    const auto* code = status != nullptr ? std::get_if<std::int64_t>(&status->what) : nullptr;
    auto body = text_member(asked.answer, "body");
    if (code == nullptr || !std::in_range<std::uint16_t>(*code) || !body) return std::nullopt;
    answer.found = policy::HttpAnswer{.status = static_cast<std::uint16_t>(*code),
                                      .content_type = text_member(asked.answer, "content_type").value_or(""),
                                      .body = *std::move(body)};
    return answer;
  }
  auto value = from_stored(asked.answer);
  if (!value) return std::nullopt;
  answer.found = std::make_shared<const Value>(*std::move(value));
  return answer;
}

const Asked* RetoldLookup::find(const Asked& wanted, Again again) {
  const Asked* last = nullptr;
  for (std::size_t i = 0; i < noted_.size(); ++i) {
    if (noted_[i].kind != wanted.kind || noted_[i].subject != wanted.subject) continue;
    last = &noted_[i];
    if (used_[i]) continue;
    used_[i] = true;
    return last;
  }
  return again == Again::May ? last : nullptr;
}

std::vector<policy::Contact> RetoldLookup::location(std::string_view aor) {
  Asked wanted{.kind = "location", .subject = std::string(aor)};
  const auto* found = find(wanted, Again::May);
  auto contacts = found != nullptr ? read_contacts(found->answer) : std::vector<policy::Contact>{};
  if (found == nullptr || !contacts) {
    leave(std::move(wanted));
    return {};
  }
  for (auto& contact : *contacts) contact.token = ++last_token_;
  return *std::move(contacts);
}

bool RetoldLookup::known(std::string_view aor) {
  Asked wanted{.kind = "known", .subject = std::string(aor)};
  const auto* found = find(wanted, Again::May);
  const auto* answer = found != nullptr ? std::get_if<bool>(&found->answer.what) : nullptr;
  if (answer == nullptr) leave(std::move(wanted));
  return answer != nullptr && *answer;
}

std::uint64_t RetoldLookup::count(std::string_view name, base::Duration window, std::uint32_t amount) {
  Asked wanted{.kind = "count", .subject = counter(name, window, amount)};
  const auto* found = find(wanted, Again::MayNot);
  const auto* answer = found != nullptr ? std::get_if<std::int64_t>(&found->answer.what) : nullptr;
  if (answer != nullptr && *answer >= 0) return static_cast<std::uint64_t>(*answer);
  leave(std::move(wanted));
  return amount;
}

std::uint64_t RetoldLookup::calls(CallsOf what, std::string_view name) {
  Asked wanted{.kind = "calls", .subject = calls_of(what, name)};
  const auto* found = find(wanted, Again::May);
  const auto* answer = found != nullptr ? std::get_if<std::int64_t>(&found->answer.what) : nullptr;
  if (answer != nullptr && *answer >= 0) return static_cast<std::uint64_t>(*answer);
  leave(std::move(wanted));
  return 0;
}

std::optional<policy::Answer> RetoldLookup::answer(const policy::Question& question) {
  const auto* found = find(asked_of(question), Again::May);
  return found != nullptr ? answer_of(question, *found) : std::nullopt;
}

}  // namespace sbc::retell
