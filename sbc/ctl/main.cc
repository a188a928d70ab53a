// sbcctl: the operator's tool.

#include <CLI/CLI.hpp>
#include <functional>

#include "sbc/ctl/policy.h"

int main(int argc, char** argv) {
  CLI::App options("Parapet sbcctl: what an operator asks");
  options.set_version_flag("--version", PARAPET_VERSION);
  options.require_subcommand(1);
  std::function<int()> chosen;
  sbc::ctl::add_reload(options, chosen);
  sbc::ctl::add_policy_commands(options, chosen);
  try {
    options.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // start-up only
    return options.exit(error) == 0 ? 0 : sbc::ctl::kCannotAsk;
  }
  return chosen();
}
