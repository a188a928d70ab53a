#include "sbc/ctl/policy_test.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "media-relay/base/clock.h"

#include "sbc/ctl/scene_input.h"
#include "sbc/trial/trial.h"

namespace sbc::ctl {
namespace {

namespace fs = std::filesystem;

// A Saturday morning, when a test does not say.
constexpr std::int64_t kUsualTime = 1'795'255'200;  // 2026-11-21 10:00

std::vector<fs::path> test_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator walk(folder, error); !error && walk != fs::directory_iterator(); walk.increment(error))
    if (walk->path().filename().string().ends_with("_test.lua")) files.push_back(walk->path());
  std::ranges::sort(files);
  return files;
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void show(const trial::Failure& failure, const std::string& file) {
  std::printf("FAILED %s%s%s\n    %s\n", failure.where.empty() ? file.c_str() : failure.where.c_str(),
              failure.test.empty() ? "" : ": ", failure.test.c_str(), failure.text.c_str());
}

}  // namespace

int test_policy(const TestOptions& options) {
  const auto cannot = [](const std::string& why) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return kCannotAsk;
  };
  const fs::path folder(options.folder);
  const auto files = test_files(folder);
  if (files.empty()) return cannot(options.folder + ": there is no file ..._test.lua");
  const auto config = app::load_config(options.config.empty() ? (folder / "sbc.toml").string() : options.config);
  if (!config) return cannot(config.error());
  const auto bundle = policy::Bundle::read((*config)->policy_file);
  if (!bundle) return cannot(bundle.error().message());

  const auto setting = setting_of(**config);
  const auto began = base::monotonic_now();
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t scenes = 0;
  for (const auto& path : files) {
    // A policy of its own for each file: what handlers keep does not reach the next.
    const auto host = policy::Host::load(*bundle, (*config)->policy_limits, (*config)->policy_environment,
                                         (*config)->policy_fallback);
    if (!host) return cannot(host.error().message());
    trial::Ground ground{.setting = setting,
                         .host = **host,
                         .bundle = *bundle,
                         .domain = (*config)->policy_environment.domain,
                         .phones_realm = phones_realm(**config)};
    ground.wall.seconds = kUsualTime;
    const auto name = path.filename().string();
    const auto result = trial::run(ground, name, text_of(path), options.only);
    for (const auto& failure : result.failures) show(failure, name);
    passed += result.passed;
    failed += result.failures.size();
    scenes += result.scenes;
  }
  std::printf("%zu passed, %zu failed; %zu calls in %.2f s\n", passed, failed, scenes,
              base::to_seconds(base::monotonic_now() - began));
  return failed == 0 ? kGood : kBad;
}

}  // namespace sbc::ctl
