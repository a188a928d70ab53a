#include "sbc/ctl/policy_simulate.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

#include "media-relay/settings/settings.h"

#include "sbc/app/policy_tests.h"
#include "sbc/ctl/scene_input.h"
#include "sbc/simulate/play.h"
#include "sbc/simulate/spelled.h"

namespace sbc::ctl {
namespace {

using Wrong = std::unexpected<std::string>;

std::expected<void, std::string> fill_caller(const SimulateOptions& options, const app::Config& config,
                                             simulate::Caller& caller) {
  caller.from = options.from;
  caller.to = options.to;
  caller.realm = options.realm;
  caller.trunk = options.trunk;
  caller.authenticated = options.authenticated;
  caller.behind_nat = options.behind_nat;
  if (!options.registered.empty())
    caller.registered_aor = simulate::whole_aor(options.registered, config.policy_environment.domain);
  if (!options.user_agent.empty()) caller.user_agent = options.user_agent;
  const auto transport = sip::transport_from(options.transport);
  if (!transport) return Wrong("--transport: expected udp, tcp, tls, ws or wss, got \"" + options.transport + "\"");
  caller.transport = *transport;
  if (!options.source.empty()) {
    const auto source = simulate::read_address(options.source);
    if (!source) return Wrong("--source: " + source.error());
    caller.source = *source;
  }
  for (const auto& header : options.headers) {
    if (!header.contains(':') || header.contains('\n') || header.contains('\r'))
      return Wrong("--header: expected \"Name: value\", got \"" + header + "\"");
    caller.headers += header + "\r\n";
  }
  const auto talks = settings::parse_duration(options.talks);
  if (!talks) return Wrong("--talks: expected a time such as 10s, got \"" + options.talks + "\"");
  caller.talks = *talks;
  if (options.gives_up.empty()) return {};
  const auto gives_up = settings::parse_duration(options.gives_up);
  if (!gives_up) return Wrong("--gives-up: expected a time such as 5s, got \"" + options.gives_up + "\"");
  caller.gives_up = *gives_up;
  return {};
}

std::expected<simulate::Scene, std::string> scene_of(const SimulateOptions& options, const app::Config& config) {
  simulate::Scene scene;
  if (auto filled = fill_caller(options, config, scene.caller); !filled) return Wrong(filled.error());
  if (!options.message.empty()) {
    std::ifstream in(options.message, std::ios::binary);
    scene.caller.message.assign(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || scene.caller.message.empty()) return Wrong(options.message + ": cannot be read");
  } else if (options.to.empty()) {
    return Wrong("expected --to, or an INVITE with --sip");
  }
  for (const auto& text : options.phones) {
    auto phone = read_phone(text, config, scene.phones.size());
    if (!phone) return Wrong("--phone: " + phone.error());
    scene.phones.push_back(*std::move(phone));
  }
  for (const auto& text : options.answers) {
    auto behaviour = read_behaviour(text);
    if (!behaviour) return Wrong("--answer: " + behaviour.error());
    scene.behaviours.insert(*std::move(behaviour));
  }
  for (const auto& text : options.lookups) {
    auto reply = read_lookup(text);
    if (!reply) return Wrong("--lookup: " + reply.error());
    scene.lookups.insert(*std::move(reply));
  }
  if (options.at.empty()) {
    scene.wall.seconds = std::time(nullptr);
    std::tm local{};
    const std::time_t now = scene.wall.seconds;
    localtime_r(&now, &local);
    scene.utc_offset_seconds = static_cast<std::int32_t>(local.tm_gmtoff);
    return scene;
  }
  const auto wall = simulate::read_time(options.at);
  if (!wall) return Wrong("--at: " + wall.error());
  scene.wall = *wall;
  return scene;
}

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
  const auto bundle = policy::Bundle::read(options.policy.empty() ? (*config)->policy_file : options.policy);
  if (!bundle) return cannot(bundle.error().message());
  const auto host =
      policy::Host::load(*bundle, (*config)->policy_limits, (*config)->policy_environment, (*config)->policy_fallback);
  if (!host) return cannot(host.error().message());
  const auto scene = scene_of(options, **config);
  if (!scene) return cannot(scene.error());
  const auto story = simulate::play(app::setting_of(**config), **host, *scene);
  if (story.decisions.empty() && !story.problem.empty()) return cannot(story.problem);
  show(story, options.all);
  if (!story.problem.empty()) std::printf("%s\n", story.problem.c_str());
  const bool failed = std::ranges::any_of(story.decisions, [](const auto& d) { return !d.error.empty(); });
  return failed || !story.problem.empty() ? kBad : kGood;
}

}  // namespace sbc::ctl
