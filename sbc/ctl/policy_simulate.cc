#include "sbc/ctl/policy_simulate.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "sbc/app/policy_tests.h"
#include "sbc/app/tool_reports.h"
#include "sbc/ctl/candidate.h"
#include "sbc/explain/describe.h"
#include "sbc/json/write.h"
#include "sbc/simulate/play.h"

namespace sbc::ctl {
namespace {

void show_message(const sip::Message& message) {
  std::string text(message.bytes());
  std::erase(text, '\r');
  std::printf("%s%s\n", text.c_str(), text.ends_with('\n') ? "" : "\n");
}

void show_decision(const simulate::Decision& decision) {
  std::printf("%8.3f s  %-12s %s%s\n", base::to_seconds(decision.at), std::string(name_of(decision.handler)).c_str(),
              decision.what.c_str(), decision.where.empty() ? "" : ("  [" + decision.where + "]").c_str());
  for (const auto& asked : decision.lookups)
    std::printf("%12s asked %s: %s after %.3f s\n", "", asked.what.c_str(),
                asked.answer.empty() ? "nothing" : asked.answer.c_str(), base::to_seconds(asked.until - asked.at));
  if (!decision.error.empty()) std::printf("%12s it failed: %s\n", "", decision.error.c_str());
  for (const auto& line : decision.log) std::printf("%12s log: %s  [%s]\n", "", line.text.c_str(), line.where.c_str());
}

void show_attempt(const simulate::Attempt& attempt, std::size_t number) {
  std::printf("%8.3f s  attempt %-4zu %s, %s:", base::to_seconds(attempt.at), number, attempt.to.c_str(),
              attempt.target.c_str());
  if (attempt.responses.empty()) std::printf(" nothing");
  for (const auto& [at, status] : attempt.responses) std::printf(" %d at %.3f s", status, base::to_seconds(at));
  std::printf("%s\n", attempt.cancelled ? ", cancelled" : "");
}

// What the policy says in the record of the call.
void show_record(const call::CallRecord& record) {
  if (!record.call_class.empty()) std::printf("%12s class: %s\n", "", record.call_class.c_str());
  for (const auto& field : record.cdr)
    std::printf("%12s record: %s = %s\n", "", field.name.c_str(), explain::text_of(field.value).c_str());
}

// Decisions and attempts in the order of time.
void show(const simulate::Story& story, bool all) {
  std::size_t decided = 0;
  for (std::size_t i = 0; i < story.attempts.size(); ++i) {
    for (; decided < story.decisions.size() && story.decisions[decided].at <= story.attempts[i].at; ++decided)
      show_decision(story.decisions[decided]);
    show_attempt(story.attempts[i], i + 1);
  }
  for (; decided < story.decisions.size(); ++decided) show_decision(story.decisions[decided]);
  for (const auto& note : story.notes) std::printf("%12s border: %s\n", "", note.c_str());
  for (const auto& leak : story.leaks) std::printf("%12s border: %s\n", "", leak.c_str());
  const auto result = story.status() == 0 ? std::string("gets no answer") : "gets " + std::to_string(story.status());
  std::printf("%8.3f s  the caller %s", base::to_seconds(story.lasted), result.c_str());
  if (story.record)
    std::printf(" (%s, by the %s)", std::string(name_of(story.record->cause)).c_str(),
                std::string(name_of(story.record->by)).c_str());
  std::printf("\n");
  if (story.record) show_record(*story.record);
  for (std::size_t i = 0; i < story.attempts.size(); ++i) {
    if (!all && i + 1 != story.attempts.size()) continue;
    std::printf("\nThe INVITE of attempt %zu:\n\n", i + 1);
    show_message(*story.attempts[i].invite);
  }
  if (!all) return;
  std::printf("What the caller gets:\n\n");
  for (const auto& [at, message] : story.to_caller) show_message(*message);
}

}  // namespace

int simulate_policy(const SimulateOptions& options) {
  const auto cannot = [](const std::string& why) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return kCannotAsk;
  };
  const auto config = app::load_config(options.config);
  if (!config) return cannot(config.error());
  const auto bundle = policy::Bundle::read(
      options.policy.empty() ? (*config)->policy_file : policy_file(options.policy, (*config)->policy_file));
  if (!bundle) return cannot(bundle.error().message());
  const auto host =
      policy::Host::load(*bundle, (*config)->policy_limits, (*config)->policy_environment, (*config)->policy_fallback);
  if (!host) return cannot(host.error().message());
  app::SceneInput input = options.scene;
  if (!options.sip.empty()) {
    std::ifstream file;
    if (options.sip != "-") file.open(options.sip, std::ios::binary);
    std::istream& in = options.sip == "-" ? std::cin : file;
    input.message.assign(std::istreambuf_iterator<char>(in), {});
    if (input.message.empty()) return cannot(options.sip + ": cannot be read");
  }
  const auto scene = app::read_scene(input, **config);
  if (!scene) return cannot(scene.error());
  const auto story = simulate::play(app::setting_of(**config), **host, *scene);
  if (story.decisions.empty() && !story.problem.empty()) return cannot(story.problem);
  if (options.json) {
    std::printf("%s\n", json::text_of(app::json_of(story)).c_str());
  } else {
    show(story, options.all);
    if (!story.problem.empty()) std::printf("%s\n", story.problem.c_str());
  }
  return app::went_well(story) ? kGood : kBad;
}

}  // namespace sbc::ctl
