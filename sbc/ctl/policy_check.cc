#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sbc/app/config.h"
#include "sbc/check/check.h"
#include "sbc/ctl/policy.h"
#include "sbc/policy/host.h"

namespace sbc::ctl {
namespace {

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

int check_policy(const CheckOptions& options) {
  std::string path = options.place.file;
  std::shared_ptr<const app::Config> config;
  if (path.empty()) {
    auto loaded = app::load_config(options.place.config);
    if (!loaded) {
      std::fputs(loaded.error().c_str(), stderr);
      return kCannotAsk;
    }
    config = *std::move(loaded);
    path = config->policy_file;
  }
  const auto bundle = policy::Bundle::read(path);
  if (!bundle) {
    std::fprintf(stderr, "%s\n", bundle.error().message().c_str());
    return kCannotAsk;
  }
  auto findings = check::check(*bundle, policy::language(), config ? &config->policy_environment : nullptr);
  // What only its own sandbox can say: a label that is missing, a number plan that asserts.
  const auto host = policy::Host::load(*bundle, config ? config->policy_limits : policy::Limits{},
                                       config ? config->policy_environment : policy::Environment{},
                                       config ? config->policy_fallback : policy::Fallback{});
  if (!host) {
    const auto& error = host.error();
    const bool said = std::ranges::any_of(findings, [&error](const auto& finding) {
      return finding.file == error.file && finding.line == error.line && finding.level == check::Finding::Level::Error;
    });
    if (!said) findings.push_back({.file = error.file, .line = error.line, .text = error.text});
  }
  std::size_t errors = 0;
  for (const auto& finding : findings) {
    std::printf("%s\n", finding.message().c_str());
    if (finding.level == check::Finding::Level::Error) ++errors;
  }
  const std::size_t warnings = findings.size() - errors;
  std::string result = "good";
  if (errors != 0) result = counted(errors, "error");
  if (warnings != 0) result += (errors != 0 ? ", " : ", but ") + counted(warnings, "warning");
  std::printf("%s: %s\n", path.c_str(), result.c_str());
  return errors != 0 || (options.strict && warnings != 0) ? kBad : kGood;
}

int write_stubs(const std::string& folder) {
  const auto language = policy::language();
  if (folder.empty()) {
    std::fputs(policy::stubs(language).c_str(), stdout);
    return kGood;
  }
  const std::filesystem::path top(folder);
  std::error_code ignored;  // the write below says it
  std::filesystem::create_directories(top / "types", ignored);
  const std::pair<std::filesystem::path, std::string> files[] = {{top / "types" / "parapet.lua", stubs(language)},
                                                                 {top / ".luacheckrc", luacheck_settings(language)}};
  for (const auto& [path, text] : files) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out) continue;
    std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
    return kCannotAsk;
  }
  return kGood;
}

}  // namespace sbc::ctl
