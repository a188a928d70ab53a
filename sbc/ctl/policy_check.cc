#include "sbc/app/policy_check.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sbc/app/config.h"
#include "sbc/app/tool_reports.h"
#include "sbc/ctl/candidate.h"
#include "sbc/ctl/policy.h"
#include "sbc/json/write.h"
#include "sbc/policy/language.h"

namespace sbc::ctl {
namespace {

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

int check_policy(const CheckOptions& options) {
  std::string path = options.place.file;
  std::shared_ptr<const app::Config> config;
  if (path.empty() || options.place.with_config) {
    auto loaded = app::load_config(options.place.config);
    if (!loaded) {
      std::fputs(loaded.error().c_str(), stderr);
      return kCannotAsk;
    }
    config = *std::move(loaded);
    if (path.empty()) path = config->policy_file;
  }
  path = policy_file(path, config ? config->policy_file : "");
  const auto bundle = policy::Bundle::read(path);
  if (!bundle) {
    std::fprintf(stderr, "%s\n", bundle.error().message().c_str());
    return kCannotAsk;
  }
  const auto checked = app::check_bundle(*bundle, config.get());
  const bool bad = checked.errors != 0 || (options.strict && checked.warnings != 0);
  if (options.json) {
    std::printf("%s\n", json::text_of(app::json_of(checked)).c_str());
    return bad ? kBad : kGood;
  }
  for (const auto& finding : checked.findings) std::printf("%s\n", finding.message().c_str());
  std::string result = "good";
  if (checked.errors != 0) result = counted(checked.errors, "error");
  if (checked.warnings != 0) result += (checked.errors != 0 ? ", " : ", but ") + counted(checked.warnings, "warning");
  std::printf("%s: %s\n", path.c_str(), result.c_str());
  return bad ? kBad : kGood;
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
                                                                 {top / ".luacheckrc", luacheck_settings(language)},
                                                                 {top / ".luarc.json", policy::luals_settings()}};
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
