// sbc: the signalling process.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "sbc/app/process.h"

int main(int argc, char** argv) {
  CLI::App options("Parapet sbc: SIP back-to-back user agent at the border");
  std::string config = "/etc/parapet/sbc.toml";
  bool check = false;
  bool tests = false;
  options.add_option("-c,--config", config, "Configuration file")->capture_default_str();
  auto* checked = options.add_flag("--check", check, "Check configuration and policy, say what is wrong, and exit");
  options.add_flag("--tests", tests, "With --check: the policy's tests must pass, as for a reload")->needs(checked);
  options.set_version_flag("--version", PARAPET_VERSION);
  CLI11_PARSE(options, argc, argv);

  if (check) {
    const std::string errors = sbc::app::check(config, tests);
    if (errors.empty()) {
      std::fputs(sbc::app::doubts(config).c_str(), stderr);
      std::printf("%s: good\n", config.c_str());
      return 0;
    }
    std::fputs(errors.c_str(), stderr);
    return 1;
  }
  try {
    return sbc::app::run(config);
  } catch (const std::exception& error) {  // start-up only: no event queue, no thread
    std::fprintf(stderr, "sbc: %s\n", error.what());
    return 1;
  }
}
