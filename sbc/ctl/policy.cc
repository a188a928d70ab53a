#include "sbc/ctl/policy.h"

#include <CLI/CLI.hpp>

namespace sbc::ctl {
namespace {

void add_place(CLI::App& command, PolicyPlace& place) {
  auto* config = command.add_option("-c,--config", place.config, "Configuration of sbc, which names the policy");
  config->capture_default_str();
  command.add_option("-f,--file", place.file, "The policy itself, without a configuration")->excludes(config);
}

}  // namespace

void add_policy_commands(CLI::App& options, std::function<int()>& chosen) {
  auto* policy = options.add_subcommand("policy", "Policies, without a running border");
  policy->require_subcommand(1);

  auto* check = policy->add_subcommand("check", "What is wrong with a policy, found without running it");
  auto asked = std::make_shared<CheckOptions>();
  add_place(*check, asked->place);
  check->add_flag("--strict", asked->strict, "Warnings are mistakes, too");
  check->callback([&chosen, asked] { chosen = [asked] { return check_policy(*asked); }; });

  auto* stubs = policy->add_subcommand("stubs", "What editors (LuaLS) and luacheck want to know of the language");
  auto folder = std::make_shared<std::string>();
  stubs->add_option("--to", *folder, "Folder of policies to write them to; without it they are shown");
  stubs->callback([&chosen, folder] { chosen = [folder] { return write_stubs(*folder); }; });
}

}  // namespace sbc::ctl
