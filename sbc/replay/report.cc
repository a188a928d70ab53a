#include "sbc/replay/report.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/json/write.h"
#include "sbc/replay/limits.h"
#include "sbc/retell/text.h"

namespace sbc::replay {
namespace {

using json::List;
using json::Members;
using json::Value;

constexpr std::size_t kHashDigits = 12;     // as everywhere where people read them
constexpr std::size_t kShownExamples = 3;   // of a kind
constexpr std::size_t kShownQuestions = 5;  // that have no answer

// For terminals: what is not plain ASCII is written as bytes. Unlike base::printable it leaves the quotes of JSON
// alone.
std::string shown(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) {
    if (c >= 0x20 && c < 0x7f) {
      out.push_back(c);
    } else {
      out += "\\x" + base::to_hex(std::string_view(&c, 1));
    }
  }
  return text.size() > most ? out + "..." : out;
}

std::string times(std::uint64_t count, const char* one, const char* more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

std::string short_hash(const std::string& hash) {
  return hash.empty() ? "an unknown policy" : "policy " + base::printable(hash.substr(0, kHashDigits));
}

void append_group(std::string& out, const Group& group) {
  out += "\n" + std::string(policy::name_of(group.handler)) + ": " + shown(group.change, 2 * kMaxErrorText) + ": " +
         times(group.count, "decision", "decisions");
  if (group.guesses > 0) out += " (" + std::to_string(group.guesses) + " of them a guess)";
  for (std::size_t i = 0; i < std::min(group.examples.size(), kShownExamples); ++i)
    out += (i == 0 ? ", e.g. " : ", ") + base::printable(group.examples[i]);
  out += "\n  old " + (group.before_at.empty() ? "-" : base::printable(group.before_at)) + ": " +
         shown(group.before, kMaxShown);
  out += "\n  new " + (group.after_at.empty() ? "-" : base::printable(group.after_at)) + ": " +
         shown(group.after, kMaxShown) + "\n";
}

void append_unanswered(std::string& out, const Comparison& comparison) {
  const auto questions = comparison.unanswered();
  if (questions.empty()) return;
  out += "\nnot in the record: answers that " + times(comparison.unanswered_in(), "decision", "decisions") +
         " asked for\n";
  for (std::size_t i = 0; i < std::min(questions.size(), kShownQuestions); ++i)
    out += "  " + questions[i].kind + " " + base::printable(questions[i].subject) + ": " +
           times(questions[i].count, "time", "times") + "\n";
  if (questions.size() > kShownQuestions)
    out += "  and " + std::to_string(questions.size() - kShownQuestions) + " more\n";
}

void append_problems(std::string& out, const Comparison& comparison, const Subject& subject) {
  if (comparison.unreadable() > 0)
    out += "not read: " + times(comparison.unreadable(), "line", "lines") + "; " +
           shown(comparison.first_unreadable(), kMaxShown) + "\n";
  if (comparison.was_cut()) out += "the last line was cut off and is left out\n";
  for (const auto& [why, count] : comparison.problems())
    out += "not told again: " + times(count, "decision", "decisions") + ": " + shown(why, kMaxShown) + "\n";
  for (const auto& note : subject.notes) out += note + "\n";
}

Value whole(std::uint64_t number) {
  return {static_cast<std::int64_t>(number)};
}

Value group_json(const Group& group) {
  List examples;
  for (const auto& one : group.examples) examples.push_back(retell::text(one));
  return {Members{{"handler", {std::string(policy::name_of(group.handler))}},
                  {"change", retell::text(group.change)},
                  {"old_where", retell::text(group.before_at)},
                  {"new_where", retell::text(group.after_at)},
                  {"count", whole(group.count)},
                  {"guesses", whole(group.guesses)},
                  {"examples", {std::move(examples)}},
                  {"old", retell::text(group.before)},
                  {"new", retell::text(group.after)}}};
}

Value handlers_json(const Comparison& comparison) {
  Members members;
  for (std::size_t i = 0; i < policy::kHandlerCount; ++i) {
    const auto& counts = comparison.handlers()[i];
    if (counts.same + counts.different == 0) continue;
    members.emplace_back(std::string(policy::name_of(static_cast<policy::Handler>(i))),
                         Value{Members{{"same", whole(counts.same)}, {"different", whole(counts.different)}}});
  }
  return {std::move(members)};
}

Value counts_json(const std::map<std::string, std::uint64_t>& counts) {
  List list;
  for (const auto& [name, count] : counts)
    list.push_back({Members{{"what", retell::text(name)}, {"count", whole(count)}}});
  return {std::move(list)};
}

}  // namespace

std::string report(const Comparison& comparison, const Subject& subject) {
  std::string out = subject.input + ": " + times(comparison.compared(), "decision", "decisions") + " of ";
  bool first = true;
  for (const auto& [hash, count] : comparison.policies()) {
    out += (first ? "" : ", ") + short_hash(hash);
    if (comparison.policies().size() > 1) out += " (" + std::to_string(count) + ")";
    first = false;
  }
  if (first) out += "no policy";
  out += ", made again by " + subject.policy + " (" + short_hash(subject.hash) + ")\n";
  for (std::size_t i = 0; i < policy::kHandlerCount; ++i) {
    const auto& counts = comparison.handlers()[i];
    if (counts.same + counts.different == 0) continue;
    out += "  " + std::string(policy::name_of(static_cast<policy::Handler>(i))) + ": " + std::to_string(counts.same) +
           " the same, " + std::to_string(counts.different) + " different\n";
  }
  append_problems(out, comparison, subject);
  for (const auto& group : comparison.groups()) append_group(out, group);
  if (comparison.others() > 0)
    out += "\n" + times(comparison.others(), "difference", "differences") + " of other kinds\n";
  append_unanswered(out, comparison);
  return out;
}

std::string report_json(const Comparison& comparison, const Subject& subject) {
  List groups;
  for (const auto& group : comparison.groups()) groups.push_back(group_json(group));
  List unanswered;
  for (const auto& question : comparison.unanswered())
    unanswered.push_back({Members{{"kind", retell::text(question.kind)},
                                  {"subject", retell::text(question.subject)},
                                  {"count", whole(question.count)}}});
  List notes;
  for (const auto& note : subject.notes) notes.push_back(retell::text(note));
  const Value all{Members{{"input", retell::text(subject.input)},
                          {"policy", retell::text(subject.policy)},
                          {"hash", {subject.hash}},
                          {"decided_by", counts_json(comparison.policies())},
                          {"compared", whole(comparison.compared())},
                          {"different", whole(comparison.different())},
                          {"handlers", handlers_json(comparison)},
                          {"differences", {std::move(groups)}},
                          {"other_differences", whole(comparison.others())},
                          {"unanswered_in", whole(comparison.unanswered_in())},
                          {"unanswered", {std::move(unanswered)}},
                          {"unreadable_lines", whole(comparison.unreadable())},
                          {"cut_off", {comparison.was_cut()}},
                          {"not_told_again", counts_json(comparison.problems())},
                          {"notes", {std::move(notes)}}}};
  return json::text_of(all) + "\n";
}

}  // namespace sbc::replay
