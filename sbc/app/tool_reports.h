#pragma once
// What the tools of a policy found, for programs: `sbcctl policy check|test|simulate --json` and the control socket.
// Texts that are not UTF-8 are as sbc/retell/text.h has them.

#include "sbc/app/policy_check.h"
#include "sbc/app/policy_tests.h"
#include "sbc/json/value.h"
#include "sbc/simulate/story.h"

namespace sbc::app {

// {"good", "errors", "warnings", "findings": [{"level", "file", "line", "text"}]}
json::Value json_of(const Checked& checked);
// {"good", "files", "passed", "failed", "calls", "failures": [{"file", "test", "where", "text"}]}
json::Value json_of(const TestRun& run);
// {"good", "status", "cause", "ended_by", "problem", "decisions", "attempts", "notes", "leaks"}; times in milliseconds
// since the INVITE came.
json::Value json_of(const simulate::Story& story);

// No handler has failed, and there is something to tell.
bool went_well(const simulate::Story& story);

}  // namespace sbc::app
