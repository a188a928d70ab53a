#pragma once
// sbcctl's way to a border that runs: its control socket (admin.control).

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "media-relay/base/time.h"

namespace CLI {
class App;
}

namespace sbc::ctl {

// Where the border is: `socket`, or else what the configuration names.
struct ControlPlace {
  std::string config = "/etc/parapet/sbc.toml";
  std::string socket;
};
// -c, --config and --socket.
void add_place(CLI::App& command, ControlPlace& place);

struct ControlQuestion {
  std::string path;                            // "/policy/running"
  std::map<std::string, std::string> query{};  // values as they are: they are escaped here
  std::optional<std::string> body{};           // POST with it; without: GET
  base::Duration timeout = base::minutes(5);   // tests of a policy run meanwhile
};

// What the border answered with a status below 300. The error is a text for the operator: that no border listens, that
// he may not, or the border's own words. Both say what to do where that is known.
std::expected<std::string, std::string> ask_border(const ControlPlace& place, const ControlQuestion& question);

}  // namespace sbc::ctl
