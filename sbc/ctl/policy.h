#pragma once
// `sbcctl policy ...`: questions about policies. Few of them need a border that runs: control_client.h.

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace sbc::ctl {

// What a command ends with.
inline constexpr int kGood = 0;
inline constexpr int kBad = 1;        // what was asked about has mistakes
inline constexpr int kCannotAsk = 2;  // a wrong command line, or a file that cannot be read

// Where the policy is: `file`, or else what the configuration names.
struct PolicyPlace {
  std::string config = "/etc/parapet/sbc.toml";
  std::string file;          // "": the one of the configuration
  bool with_config = false;  // the configuration was named: what it says of trunks and realms holds for `file`
};

struct CheckOptions {
  PolicyPlace place;
  bool strict = false;  // warnings are mistakes, too
  bool json = false;
};
int check_policy(const CheckOptions& options);

// Writes what editors and luacheck want to know below `folder`, or shows the first of them when it is "".
int write_stubs(const std::string& folder);

struct ControlPlace;  // control_client.h
// What the border that runs says of its policy, as JSON.
int show_running(const ControlPlace& place);

// `sbcctl reload`: as SIGHUP, but whoever asks learns what became of it.
int reload_border(const ControlPlace& place);
void add_reload(CLI::App& options, std::function<int()>& chosen);

// Adds the commands; the one that is chosen is put into `chosen`.
void add_policy_commands(CLI::App& options, std::function<int()>& chosen);

}  // namespace sbc::ctl
