#include "sbc/ctl/policy_test.h"

#include <cstdio>
#include <filesystem>

#include "media-relay/base/clock.h"

#include "sbc/app/policy_tests.h"
#include "sbc/app/tool_reports.h"
#include "sbc/ctl/candidate.h"
#include "sbc/json/write.h"
#include "sbc/trial/coverage.h"

namespace sbc::ctl {
namespace {

double percent(std::size_t ran, std::size_t of) {
  return of == 0 ? 100.0 : 100.0 * static_cast<double>(ran) / static_cast<double>(of);
}

// False: less ran than `least` percent.
bool show_coverage(const std::vector<trial::FileCoverage>& files, double least) {
  std::size_t statements = 0;
  std::size_t ran = 0;
  for (const auto& file : files) {
    std::printf("%-32s %5.1f%% of %zu statements", file.file.c_str(), percent(file.ran, file.statements),
                file.statements);
    if (!file.missing.empty()) std::printf("; never run: lines %s", trial::in_rows(file.missing).c_str());
    std::printf("\n");
    statements += file.statements;
    ran += file.ran;
  }
  std::printf("%-32s %5.1f%% of %zu statements\n", "all", percent(ran, statements), statements);
  if (percent(ran, statements) >= least) return true;
  std::printf("that is less than %.1f%%\n", least);
  return false;
}

}  // namespace

int test_policy(const TestOptions& asked) {
  TestOptions options = asked;
  if (options.folder.empty()) options.folder = std::filesystem::is_directory("tests") ? "tests" : "policies/tests";
  const auto cannot = [](const std::string& why) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return kCannotAsk;
  };
  const auto config = app::load_config(options.config.empty() ? options.folder + "/sbc.toml" : options.config);
  if (!config) return cannot(config.error());
  const auto bundle = policy::Bundle::read(
      options.policy.empty() ? (*config)->policy_file : policy_file(options.policy, (*config)->policy_file));
  if (!bundle) return cannot(bundle.error().message());

  const auto began = base::monotonic_now();
  const bool counts = options.coverage || options.least > 0;
  const auto run = app::run_policy_tests(**config, *bundle, options.folder, options.only,
                                         counts ? app::Lines::Noted : app::Lines::Unseen);
  if (!run) return cannot(run.error());
  if (run->files == 0) return cannot(options.folder + ": there is no file ..._test.lua");
  if (options.json) {
    std::printf("%s\n", json::text_of(app::json_of(*run)).c_str());
    return run->failures.empty() ? kGood : kBad;
  }
  for (const auto& failure : run->failures) std::printf("FAILED %s\n", app::told(failure).c_str());
  std::printf("%zu passed, %zu failed; %zu calls in %.2f s\n", run->passed, run->failures.size(), run->scenes,
              base::to_seconds(base::monotonic_now() - began));
  const bool enough = !counts || show_coverage(trial::coverage_of(*bundle, run->lines), options.least);
  return run->failures.empty() && enough ? kGood : kBad;
}

}  // namespace sbc::ctl
