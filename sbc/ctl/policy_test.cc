#include "sbc/ctl/policy_test.h"

#include <cstdio>

#include "media-relay/base/clock.h"

#include "sbc/app/policy_tests.h"

namespace sbc::ctl {

int test_policy(const TestOptions& options) {
  const auto cannot = [](const std::string& why) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return kCannotAsk;
  };
  const auto config = app::load_config(options.config.empty() ? options.folder + "/sbc.toml" : options.config);
  if (!config) return cannot(config.error());
  const auto bundle = policy::Bundle::read((*config)->policy_file);
  if (!bundle) return cannot(bundle.error().message());

  const auto began = base::monotonic_now();
  const auto run = app::run_policy_tests(**config, *bundle, options.folder, options.only);
  if (!run) return cannot(run.error());
  if (run->files == 0) return cannot(options.folder + ": there is no file ..._test.lua");
  for (const auto& failure : run->failures) std::printf("FAILED %s\n", app::told(failure).c_str());
  std::printf("%zu passed, %zu failed; %zu calls in %.2f s\n", run->passed, run->failures.size(), run->scenes,
              base::to_seconds(base::monotonic_now() - began));
  return run->failures.empty() ? kGood : kBad;
}

}  // namespace sbc::ctl
