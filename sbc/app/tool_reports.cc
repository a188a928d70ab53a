#include "sbc/app/tool_reports.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sbc/retell/decisions.h"
#include "sbc/retell/text.h"

namespace sbc::app {
namespace {

using json::List;
using json::Members;
using json::Value;
using retell::text;
using retell::whole;

Value count(std::size_t number) {
  return whole(static_cast<std::int64_t>(number));
}

Value milliseconds(base::Duration time) {
  return whole(std::chrono::duration_cast<base::milliseconds>(time).count());
}

Value texts(const std::vector<std::string>& lines) {
  List list;
  for (const auto& line : lines) list.push_back(text(line));
  return {std::move(list)};
}

Value decision_json(const simulate::Decision& decision) {
  List lookups;
  for (const auto& asked : decision.lookups)
    lookups.push_back({Members{{"asked", text(asked.what)},
                               {"answer", text(asked.answer)},
                               {"took_ms", milliseconds(asked.until - asked.at)}}});
  List log;
  for (const auto& line : decision.log)
    log.push_back({Members{{"text", text(line.text)}, {"where", text(line.where)}}});
  return {Members{{"at_ms", milliseconds(decision.at)},
                  {"handler", {std::string(name_of(decision.handler))}},
                  {"what", text(decision.what)},
                  {"where", text(decision.where)},
                  {"error", text(decision.error)},
                  {"lookups", {std::move(lookups)}},
                  {"log", {std::move(log)}}}};
}

Value attempt_json(const simulate::Attempt& attempt) {
  List responses;
  for (const auto& [at, status] : attempt.responses)
    responses.push_back({Members{{"at_ms", milliseconds(at)}, {"status", whole(status)}}});
  return {Members{{"at_ms", milliseconds(attempt.at)},
                  {"to", text(attempt.to)},
                  {"target", text(attempt.target)},
                  {"responses", {std::move(responses)}},
                  {"cancelled", {attempt.cancelled}},
                  {"invite", text(attempt.invite->bytes())}}};
}

}  // namespace

Value json_of(const Checked& checked) {
  List findings;
  for (const auto& finding : checked.findings) {
    const bool error = finding.level == check::Finding::Level::Error;
    findings.push_back({Members{{"level", {std::string(error ? "error" : "warning")}},
                                {"file", text(finding.file)},
                                {"line", whole(finding.line)},
                                {"text", text(finding.text)}}});
  }
  return {Members{{"good", {checked.errors == 0}},
                  {"errors", count(checked.errors)},
                  {"warnings", count(checked.warnings)},
                  {"findings", {std::move(findings)}}}};
}

Value json_of(const TestRun& run) {
  List failures;
  for (const auto& [file, failure] : run.failures)
    failures.push_back({Members{{"file", text(file)},
                                {"test", text(failure.test)},
                                {"where", text(failure.where)},
                                {"text", text(failure.text)}}});
  return {Members{{"good", {run.failures.empty()}},
                  {"files", count(run.files)},
                  {"passed", count(run.passed)},
                  {"failed", count(run.failures.size())},
                  {"calls", count(run.scenes)},
                  {"failures", {std::move(failures)}}}};
}

Value json_of(const simulate::Story& story) {
  List decisions;
  for (const auto& decision : story.decisions) decisions.push_back(decision_json(decision));
  List attempts;
  for (const auto& attempt : story.attempts) attempts.push_back(attempt_json(attempt));
  const auto& record = story.record;
  Members cdr;
  if (record)
    for (const auto& field : record->cdr) cdr.push_back({field.name, retell::to_json(field.value)});
  return {Members{{"good", {went_well(story)}},
                  {"status", whole(story.status())},
                  {"cause", {record ? std::string(name_of(record->cause)) : ""}},
                  {"ended_by", {record ? std::string(name_of(record->by)) : ""}},
                  {"lasted_ms", milliseconds(story.lasted)},
                  {"class", text(record ? record->call_class : "")},
                  {"cdr", {std::move(cdr)}},
                  {"problem", text(story.problem)},
                  {"decisions", {std::move(decisions)}},
                  {"attempts", {std::move(attempts)}},
                  {"notes", texts(story.notes)},
                  {"leaks", texts(story.leaks)}}};
}

bool went_well(const simulate::Story& story) {
  return story.problem.empty() && std::ranges::none_of(story.decisions, [](const auto& d) { return !d.error.empty(); });
}

}  // namespace sbc::app
