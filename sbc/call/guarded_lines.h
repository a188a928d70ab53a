#pragma once
// The leak guard over header lines that the transaction layer makes a message of.

#include <string>
#include <string_view>

#include "sbc/call/leak_guard.h"

namespace sbc::call {

// What is to stand in the place of `lines`, whole ones, in a CANCEL to one end. `call_id` of the message and `call` are
// for the log.
std::string guarded_lines(LeakGuard& guard, const Settings& settings, leak::Watch* watch, leak::End to,
                          std::string_view lines, std::string_view call_id, std::string_view call);

}  // namespace sbc::call
