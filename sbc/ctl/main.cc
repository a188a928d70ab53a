// sbcctl: the operator's tool.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/text.h"

#include "sbc/ctl/policy.h"

namespace {

// `sbcctl policy chek`: which command was meant; "" when it was not the name of a command that was wrong.
std::string unknown_command(const CLI::App& options, int argc, char** argv) {
  const CLI::App* at = &options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) return {};
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) return {};
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const auto* command : commands) {
      names.push_back(command->get_name());
      if (command->get_name() == word) next = command;
    }
    if (next == nullptr) {
      const std::vector<std::string_view> there(names.begin(), names.end());
      const auto nearest = base::nearest(word, there);
      return "there is no command \"" + word + "\"" +
             (nearest ? "; did you mean \"" + std::string(*nearest) + "\"?" : "");
    }
    at = next;
  }
  return {};
}

}  // namespace

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
    if (const auto unknown = unknown_command(options, argc, argv); !unknown.empty()) {
      std::fprintf(stderr, "%s\nRun with --help for more information.\n", unknown.c_str());
      return sbc::ctl::kCannotAsk;
    }
    return options.exit(error) == 0 ? 0 : sbc::ctl::kCannotAsk;
  }
  return chosen();
}
