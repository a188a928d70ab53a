#pragma once
// Running the texts of a bundle. Internal to the room.

#include <lua.hpp>

#include "sbc/policy/bundle.h"

namespace sbc::policy {

// Compiles and runs a file in the environment at registry key kEnvironmentKey; its one result is pushed.   [-0, +1]
void run_file(lua_State* lua, const BundleFile& file);
inline constexpr const char* kEnvironmentKey = "parapet.environment";

// require as a field of the table on top.
void set_require(lua_State* lua);

// Splits a Lua message "file:line: text"; what has no position belongs to `file`.
PolicyError to_policy_error(std::string_view message, std::string_view file);
bool has_position(std::string_view message);

}  // namespace sbc::policy
