#pragma once
// The process: from a checked configuration to running shards, and the orders that come by signal.

#include <memory>
#include <string>

#include "sbc/app/config.h"

namespace sbc::app {

// What `sbc --check` says: "" when configuration and policy are good, else all that is wrong, a line each. With
// `tests` the policy's own tests must pass as well, as for a reload; a start does not ask for them: what has run must
// come up again.
std::string check(const std::string& config_path, bool tests);

// What is no mistake of the configuration, but keeps it from starting on this machine as it is now: a line each.
std::string doubts(const std::string& config_path);

// Runs until SIGTERM or SIGINT has been obeyed. Returns the process's exit status: 0 after an orderly stop, 1 when it
// could not start (said on standard error).
//   SIGTERM, SIGINT  no new calls; ends when the last call does, or after process.stop_grace; a second one ends now
//   SIGHUP           reads configuration and policy again: applied as a whole, or not at all
int run(const std::string& config_path);

}  // namespace sbc::app
