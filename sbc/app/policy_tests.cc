#include "sbc/app/policy_tests.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "media-relay/base/text.h"

#include "sbc/http/origin.h"
#include "sbc/redis/commands.h"
#include "sbc/register/registrar.h"
#include "sbc/sip/uri.h"

namespace sbc::app {
namespace {

namespace fs = std::filesystem;

// A Saturday morning, when a test does not say.
constexpr std::int64_t kUsualTime = 1'795'255'200;  // 2026-11-21 10:00
constexpr std::size_t kToldFailures = 3;  // of a reload that is refused: the others are like them, or come next

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

bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return fs::equivalent(one, other, error);
}

// Where no call is at stake the leak guard tells what it finds, whatever the configuration wants of a live border.
std::shared_ptr<const call::Settings> watched(const std::shared_ptr<const call::Settings>& live) {
  if (live->leak_guard != leak::Mode::Off && live->leak_guard != leak::Mode::Count) return live;
  auto settings = std::make_shared<call::Settings>(*live);
  settings->leak_guard = leak::Mode::Log;
  return settings;
}

}  // namespace

simulate::Setting setting_of(const Config& config) {
  simulate::Setting setting;
  setting.calls = watched(config.calls);
  setting.transactions = config.transactions;
  setting.may_ask = [allow = config.policy_lookups.http.allow](std::string_view url) {
    const auto target = http::parse_url(url);
    return target && allow.allows(*target);
  };
  setting.describe_registration = [&config](const sip::Message& message, std::string_view name,
                                            policy::RegisterFacts& facts) {
    if (const auto* realm = config.realm(name)) registrar::Registrar::describe(message, realm->registration, facts);
  };
  const auto& store = config.policy_lookups.redis;
  setting.may_command = [there = store.configured(), writes = store.writes](const std::vector<std::string>& words) {
    return there && !words.empty() && redis::is_allowed(words[0], writes);
  };
  setting.account = [users = config.users](std::string_view aor) {
    const auto uri = sip::parse_uri(aor);
    return uri && users->find(sip::unescape(uri->user), base::to_lower(uri->host)) != nullptr;
  };
  return setting;
}

std::string phones_realm(const Config& config) {
  for (const auto& realm : config.realms)
    if (realm.has_registrations()) return realm.name;
  return {};
}

std::string told(const std::pair<std::string, trial::Failure>& failure) {
  const auto& [file, what] = failure;
  std::string text = what.where.empty() ? file : what.where;
  if (!what.test.empty()) text += ": " + what.test;
  return text + "\n    " + what.text;
}

std::expected<TestRun, std::string> run_policy_tests(const Config& border, const policy::Bundle& bundle,
                                                     const std::string& folder, std::string_view only, Lines lines) {
  const auto setting = setting_of(border);
  TestRun run;
  for (const auto& path : test_files(folder)) {
    // A policy of its own for each file: what handlers keep does not reach the next.
    const auto host = policy::Host::load(bundle, border.policy_limits, border.policy_environment,
                                         border.policy_fallback, lines == Lines::Noted ? &run.lines : nullptr);
    if (!host) return std::unexpected(host.error().message());
    trial::Ground ground{.setting = setting,
                         .host = **host,
                         .bundle = bundle,
                         .domain = border.policy_environment.domain,
                         .phones_realm = phones_realm(border)};
    ground.wall.seconds = kUsualTime;
    const auto name = path.filename().string();
    auto result = trial::run(ground, name, text_of(path), only);
    ++run.files;
    run.passed += result.passed;
    run.scenes += result.scenes;
    for (auto& failure : result.failures) run.failures.emplace_back(name, std::move(failure));
  }
  return run;
}

std::expected<TestRun, std::string> run_own_tests(const Config& config, const policy::Bundle& bundle) {
  const fs::path folder = fs::path(config.policy_file).parent_path() / "tests";
  if (test_files(folder).empty()) return TestRun{};
  const std::string file = (folder / "sbc.toml").string();
  std::shared_ptr<const Config> border;
  std::error_code error;
  if (fs::exists(file, error)) {
    auto loaded = load_config(file);
    if (!loaded) return std::unexpected("policy tests: " + loaded.error());
    border = *std::move(loaded);
    if (!same_file(border->policy_file, config.policy_file)) return TestRun{};
  }
  auto run = run_policy_tests(border ? *border : config, bundle, folder.string());
  if (!run) return std::unexpected("policy tests: " + run.error());
  return run;
}

std::expected<TestRun, std::string> pass_policy_tests(const Config& config, const policy::Bundle& bundle) {
  if (!config.policy_tests) return TestRun{};
  auto run = run_own_tests(config, bundle);
  if (!run || run->failures.empty()) return run;
  std::string text = "policy: " + std::to_string(run->failures.size()) + " of its " +
                     std::to_string(run->passed + run->failures.size()) + " tests failed";
  for (const auto& failure : std::span(run->failures).first(std::min(kToldFailures, run->failures.size())))
    text += "\n" + told(failure);
  return std::unexpected(text);
}

}  // namespace sbc::app
