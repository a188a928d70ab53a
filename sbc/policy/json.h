#pragma once
// JSON to Lua and back. Internal to the room.

#include <lua.hpp>
#include <string>

#include "sbc/json/value.h"

namespace sbc::policy {

// Pushes a value: null members of objects are left out, null elements of lists are false.   [-0, +1]
void push_json(lua_State* lua, const json::Value& value);

// Appends the Lua value at `index` as JSON: a table with elements from 1 on and nothing else is a list, others are
// objects. Raises for what JSON does not know; `what` names the look-up in the error.
void append_json(lua_State* lua, int index, std::string& out, const char* what);

// json as a field of the table on top: decode, encode.
void set_json(lua_State* lua);

}  // namespace sbc::policy
