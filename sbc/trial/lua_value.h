#pragma once
// Values to and from Lua. Internal to the room.

#include <expected>
#include <lua.hpp>
#include <string>

#include "sbc/trial/value.h"

namespace sbc::trial {

// The value at `index`; functions and userdata are no values. Runs no metamethod, raises nothing.
std::expected<Value, std::string> read(lua_State* lua, int index);

void push(lua_State* lua, const Value& value);  // [-0, +1]

}  // namespace sbc::trial
