#pragma once
// What a policy finds in the language: the harmless part of Lua's libraries, made read-only. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

// Pushes the environment of every chunk: a read-only view of a table that is pushed below it. Reading a name that does
// not exist and setting any global is an error.   [-0, +2]: globals, environment
void push_environment(lua_State* lua);

// Replaces the table on top by a read-only view of itself. With `what` a missing field is an error that names it, with
// nullptr it is nil.   [-1, +1]
void make_read_only(lua_State* lua, const char* what);

// find, match, gmatch, gsub and rep with bounded work, into the table on top (strings.cc).   [-0, +0]
void set_bounded_string_functions(lua_State* lua);

// A C function of the policy room as the field `name` of the table on top.   [-0, +0]
void set_function(lua_State* lua, const char* name, lua_CFunction function);

}  // namespace sbc::policy
