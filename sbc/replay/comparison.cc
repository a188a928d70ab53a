#include "sbc/replay/comparison.h"

#include <algorithm>

#include "sbc/json/write.h"
#include "sbc/replay/change.h"
#include "sbc/replay/limits.h"
#include "sbc/retell/text.h"

namespace sbc::replay {
namespace {

std::string example_of(const retell::Invocation& of) {
  if (!of.call_id.empty()) return of.call_id;
  const auto* source = json::member(of.facts, "source_ip");
  return source != nullptr ? retell::as_text(*source).value_or("") : "";
}

}  // namespace

void Comparison::note(std::map<std::string, std::uint64_t>& counts, const std::string& what) {
  if (counts.contains(what) || counts.size() < kMaxGroups) ++counts[what];
}

void Comparison::cannot_read(std::uint64_t line, const std::string& why) {
  if (unreadable_++ == 0) first_unreadable_ = "line " + std::to_string(line) + ": " + why;
}

void Comparison::note_unanswered(const retell::Retold& after) {
  if (after.unanswered.empty()) return;
  ++unanswered_in_;
  for (const auto& asked : after.unanswered) {
    const auto key = std::pair(asked.kind, asked.subject);
    if (unanswered_.contains(key) || unanswered_.size() < kMaxQuestions) ++unanswered_[key];
  }
}

void Comparison::add(const retell::Invocation& before, const retell::Retold& after) {
  note(policies_, before.policy);
  note_unanswered(after);
  auto& counts = handlers_[static_cast<std::size_t>(before.handler)];
  std::string what = change(before, after);
  if (what.empty()) {
    ++counts.same;
    return;
  }
  ++counts.different;
  const std::string key =
      std::string(policy::name_of(before.handler)) + "\n" + what + "\n" + before.where + "\n" + after.where;
  auto found = groups_.find(key);
  if (found == groups_.end()) {
    if (groups_.size() >= kMaxGroups) {
      ++others_;
      return;
    }
    Group group{.handler = before.handler,
                .change = std::move(what),
                .before_at = before.where,
                .after_at = after.where,
                .count = 0,
                .guesses = 0,
                .examples = {},
                .before = before.error.empty() ? json::text_of(before.decision) : before.error,
                .after = after.error.empty() ? json::text_of(after.decision) : after.error};
    found = groups_.emplace(key, std::move(group)).first;
  }
  Group& group = found->second;
  ++group.count;
  if (!after.unanswered.empty()) ++group.guesses;
  if (group.examples.size() < kMaxExamples) group.examples.push_back(example_of(before));
}

std::uint64_t Comparison::compared() const {
  std::uint64_t sum = 0;
  for (const auto& one : handlers_) sum += one.same + one.different;
  return sum;
}

std::uint64_t Comparison::different() const {
  std::uint64_t sum = 0;
  for (const auto& one : handlers_) sum += one.different;
  return sum;
}

std::vector<Group> Comparison::groups() const {
  std::vector<Group> groups;
  for (const auto& [key, group] : groups_) groups.push_back(group);
  std::ranges::stable_sort(groups, std::ranges::greater{}, &Group::count);
  return groups;
}

std::vector<Question> Comparison::unanswered() const {
  std::vector<Question> questions;
  for (const auto& [key, count] : unanswered_)
    questions.push_back({.kind = key.first, .subject = key.second, .count = count});
  std::ranges::stable_sort(questions, std::ranges::greater{}, &Question::count);
  return questions;
}

}  // namespace sbc::replay
