#include "sbc/policy/sandbox.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sbc/policy/engine.h"

namespace sbc::policy {
namespace {

// What a policy may use of Lua's base library. Not here: anything that loads code or files, prints, reaches the
// collector or goes around a metatable (rawset), and xpcall, whose handler would run in the middle of a failing budget.
constexpr std::array kBase = {"assert",   "error",  "getmetatable", "ipairs", "next",     "pairs",    "pcall",
                              "rawequal", "rawget", "rawlen",       "select", "tonumber", "tostring", "type"};
constexpr std::array kString = {"byte", "char", "format", "len", "lower", "reverse", "sub", "upper"};
// No random, no randomseed: the same call gets the same decision. Weighted shares are made by trunk groups.
constexpr std::array kMath = {"abs",  "ceil", "floor", "fmod",      "huge", "max", "maxinteger", "min", "mininteger",
                              "modf", "pi",   "sqrt",  "tointeger", "type", "ult", "exp",        "log"};
constexpr std::array kUtf8 = {"char", "charpattern", "codepoint", "codes", "len", "offset"};

// The names of the table at `index` that are strings, for "did you mean". Static storage: this runs where an error is
// about to be raised, and nothing on the C++ stack may own memory then.
std::span<const std::string_view> names_of(lua_State* lua, int index) {
  static thread_local std::array<std::string_view, 128> names;
  std::size_t count = 0;
  index = lua_absindex(lua, index);
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    if (count < names.size() && is_string(lua, -2)) names[count++] = text_at(lua, -2);
    lua_pop(lua, 1);
  }
  std::sort(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count));
  return std::span(names).first(count);
}

// Upvalue 1: what the table is called.
int missing_field(lua_State* lua) {
  const std::string_view what = text_at(lua, lua_upvalueindex(1));
  if (!is_string(lua, 2)) {
    lua_pushnil(lua);
    return 1;
  }
  raise_unknown(lua, what, text_at(lua, 2), names_of(lua, 1));
}

int refuse_assignment(lua_State* lua) {
  const std::string_view name = is_string(lua, 2) ? text_at(lua, 2) : type_at(lua, 2);
  raise(lua, "this table cannot be changed (setting ", Quoted{name}, ")");
}

int refuse_global(lua_State* lua) {
  const std::string_view name = is_string(lua, 2) ? text_at(lua, 2) : type_at(lua, 2);
  raise(lua, "setting the global ", Quoted{name}, " is not possible; write \"local\" in front of it");
}

int length_of_upvalue(lua_State* lua) {
  lua_pushinteger(lua, luaL_len(lua, lua_upvalueindex(1)));
  return 1;
}

// Iterates the table in upvalue 1 without giving it away.
int next_of_upvalue(lua_State* lua) {
  lua_settop(lua, 2);
  if (lua_next(lua, lua_upvalueindex(1)) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

int pairs_of_upvalue(lua_State* lua) {
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushcclosure(lua, next_of_upvalue, 1);
  return 1;
}

// A metatable with __gc would run code when garbage is collected, where no budget holds.
int checked_setmetatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (lua_istable(lua, 2)) {
    lua_pushliteral(lua, "__gc");
    lua_rawget(lua, 2);
    if (!lua_isnil(lua, -1)) raise(lua, "setmetatable: __gc is not available to policies");
    lua_pop(lua, 1);
  }
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, 1);
  return 1;
}

// The functions of `table` work in C on as many elements as a table claims to have. Upvalues: Lua's own function, most.
int checked_table_function(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (lua_getmetatable(lua, 1) != 0) raise(lua, "functions of \"table\" take plain tables, without a metatable");
  const lua_Unsigned length = lua_rawlen(lua, 1);
  const auto most = static_cast<lua_Unsigned>(lua_tointeger(lua, lua_upvalueindex(2)));
  if (most > 0 && length > most) raise(lua, "the table has more than ", static_cast<std::int64_t>(most), " elements");
  charge(lua, 1 + (most > 0 ? length : length / kMatchStepsPerInstruction));
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
  return lua_gettop(lua);
}

int checked_unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const lua_Integer first = luaL_optinteger(lua, 2, 1);
  const lua_Integer last =
      lua_isnoneornil(lua, 3) ? static_cast<lua_Integer>(lua_rawlen(lua, 1)) : luaL_checkinteger(lua, 3);
  if (first > last) return 0;
  const std::uint64_t count = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) + 1;
  if (count > kMaxUnpack) raise(lua, "unpack: more than ", static_cast<std::int64_t>(kMaxUnpack), " values");
  luaL_checkstack(lua, static_cast<int>(count), "unpack");
  for (std::uint64_t i = 0; i < count; ++i) lua_geti(lua, 1, first + static_cast<lua_Integer>(i));
  return static_cast<int>(count);
}

// Copies fields of the table at `from` into the table on top.
template <std::size_t N>
void copy(lua_State* lua, int from, const std::array<const char*, N>& names) {
  for (const char* name : names) {
    lua_getfield(lua, from, name);
    lua_setfield(lua, -2, name);
  }
}

void wrap_table_function(lua_State* lua, int from, const char* name, std::size_t most) {
  lua_getfield(lua, from, name);
  lua_pushinteger(lua, static_cast<lua_Integer>(most));
  lua_pushcclosure(lua, checked_table_function, 2);
  lua_setfield(lua, -2, name);
}

// Each pushes a fresh table with what may be used of one library.
void push_string(lua_State* lua) {
  luaL_requiref(lua, "string", luaopen_string, 0);
  lua_newtable(lua);
  copy(lua, -2, kString);
  set_bounded_string_functions(lua);
  lua_remove(lua, -2);
  // ("text"):find(...) goes through the metatable of strings.
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushliteral(lua, "string");
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 2);
}

void push_table(lua_State* lua) {
  luaL_requiref(lua, "table", luaopen_table, 0);
  const int from = lua_gettop(lua);
  lua_newtable(lua);
  for (const char* name : {"concat", "insert", "remove"}) wrap_table_function(lua, from, name, 0);
  wrap_table_function(lua, from, "sort", kMaxSort);
  set_function(lua, "unpack", checked_unpack);
  lua_getfield(lua, from, "pack");
  lua_setfield(lua, -2, "pack");
  lua_remove(lua, from);
}

template <std::size_t N>
void push_part(lua_State* lua, const char* name, lua_CFunction open, const std::array<const char*, N>& names) {
  luaL_requiref(lua, name, open, 0);
  lua_newtable(lua);
  copy(lua, -2, names);
  lua_remove(lua, -2);
}

}  // namespace

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void make_read_only(lua_State* lua, const char* what) {
  const int table = lua_gettop(lua);
  if (what != nullptr) {
    lua_createtable(lua, 0, 1);
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, missing_field, 1);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, table);
  }
  lua_newtable(lua);  // the view
  lua_createtable(lua, 0, 5);
  lua_pushvalue(lua, table);
  lua_setfield(lua, -2, "__index");
  set_function(lua, "__newindex", refuse_assignment);
  lua_pushvalue(lua, table);
  lua_pushcclosure(lua, length_of_upvalue, 1);
  lua_setfield(lua, -2, "__len");
  lua_pushvalue(lua, table);
  lua_pushcclosure(lua, pairs_of_upvalue, 1);
  lua_setfield(lua, -2, "__pairs");
  lua_pushliteral(lua, "read-only");
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_remove(lua, table);
}

void push_environment(lua_State* lua) {
  luaL_requiref(lua, "_G", luaopen_base, 0);
  const int base = lua_gettop(lua);
  lua_newtable(lua);
  copy(lua, base, kBase);
  lua_getfield(lua, base, "setmetatable");
  lua_pushcclosure(lua, checked_setmetatable, 1);
  lua_setfield(lua, -2, "setmetatable");
  lua_remove(lua, base);

  const auto add = [lua](const char* name, const char* what) {
    make_read_only(lua, what);
    lua_setfield(lua, -2, name);
  };
  push_string(lua);
  add("string", "\"string\" has no");
  push_table(lua);
  add("table", "\"table\" has no");
  push_part(lua, "math", luaopen_math, kMath);
  add("math", "\"math\" has no");
  push_part(lua, "utf8", luaopen_utf8, kUtf8);
  add("utf8", "\"utf8\" has no");

  // Globals that are missing are errors; the environment that chunks see cannot be written.
  lua_createtable(lua, 0, 1);
  lua_pushliteral(lua, "there is no");
  lua_pushcclosure(lua, missing_field, 1);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_newtable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  set_function(lua, "__newindex", refuse_global);
  lua_pushliteral(lua, "environment");
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
}

}  // namespace sbc::policy
