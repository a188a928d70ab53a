#include "sbc/ctl/policy_replay.h"

#include <cstdio>
#include <fstream>

#include "sbc/app/config.h"
#include "sbc/app/replaying.h"
#include "sbc/ctl/candidate.h"
#include "sbc/ctl/capture_input.h"
#include "sbc/replay/comparison.h"
#include "sbc/replay/report.h"

namespace sbc::ctl {
namespace {

using Wrong = std::unexpected<std::string>;
using Hosted = std::expected<std::unique_ptr<policy::Host>, std::string>;

Hosted load(const app::Config& config, const std::string& file) {
  const auto bundle = policy::Bundle::read(file);
  if (!bundle) return Wrong(bundle.error().message());
  return app::load_alone(config, *bundle);
}

std::expected<void, std::string> replay_capture(std::istream& in, const app::Config& config, policy::Host& host,
                                                replay::Comparison& comparison, replay::Subject& subject) {
  const auto before = load(config, config.policy_file);
  if (!before) return Wrong(before.error());
  const auto tell = [&](const retell::Invocation& invocation) { app::tell_again(host, invocation, comparison); };
  auto notes = read_capture(in, config, **before, tell);
  if (!notes) return Wrong(notes.error());
  subject.notes = *std::move(notes);
  return {};
}

}  // namespace

int replay_policy(const ReplayOptions& options) {
  const auto cannot = [](const std::string& why) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return kCannotAsk;
  };
  const auto config = app::load_config(options.config);
  if (!config) return cannot(config.error());
  const std::string& configured = (*config)->policy_file;
  replay::Subject subject{.input = options.input,
                          .policy = options.policy.empty() ? configured : policy_file(options.policy, configured),
                          .hash = {}};
  const auto host = load(**config, subject.policy);
  if (!host) return cannot(host.error());
  subject.hash = (*host)->hash();
  std::ifstream in(options.input, std::ios::binary);
  if (!in.is_open()) return cannot(options.input + ": cannot be opened");

  replay::Comparison comparison;
  const auto done = is_capture(in) ? replay_capture(in, **config, **host, comparison, subject)
                                   : app::replay_recording(in, **host, comparison);
  if (!done) return cannot(options.input + ": " + done.error());
  std::fputs((options.json ? report_json(comparison, subject) : report(comparison, subject)).c_str(), stdout);
  if (comparison.compared() == 0)
    return cannot(options.input + ": there is no decision in it that could be made again");
  return comparison.different() == 0 ? kGood : kBad;
}

}  // namespace sbc::ctl
