#include "sbc/policy/json.h"

#include <charconv>
#include <cmath>

#include "sbc/policy/engine.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

// No destructor may be left behind by an error of Lua's: plain pointers and numbers only.
struct Writer {
  lua_State* lua;
  std::string* out;
  const char* what;
};

void append_value(const Writer& to, int index, std::size_t depth);

[[noreturn]] void raise_unfit(const Writer& to, std::string_view why) {
  raise(to.lua, std::string_view(to.what), ": ", why);
}

void append_number(const Writer& to, int index) {
  if (lua_isinteger(to.lua, index) != 0) return append(*to.out, std::int64_t{lua_tointeger(to.lua, index)});
  const double number = lua_tonumber(to.lua, index);
  if (!std::isfinite(number)) raise_unfit(to, "JSON has no such number");
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number);
  to.out->append(text, end.ptr);
}

void append_text(const Writer& to, std::string_view text) {
  charge(to.lua, text.size() / kMatchStepsPerInstruction);
  if (!json::is_utf8(text)) raise_unfit(to, "a text is not UTF-8");
  json::append_string(*to.out, text);
}

void append_table(const Writer& to, int index, std::size_t depth) {
  if (depth >= json::kMaxDepth) raise_unfit(to, "tables are nested too deep");
  luaL_checkstack(to.lua, 4, to.what);
  const auto elements = static_cast<lua_Integer>(lua_rawlen(to.lua, index));
  if (elements > 0) {
    to.out->push_back('[');
    for (lua_Integer i = 1; i <= elements; ++i) {
      if (i > 1) to.out->push_back(',');
      lua_rawgeti(to.lua, index, i);
      append_value(to, lua_gettop(to.lua), depth + 1);
      lua_pop(to.lua, 1);
    }
    to.out->push_back(']');
    return;
  }
  to.out->push_back('{');
  bool first = true;
  lua_pushnil(to.lua);
  while (lua_next(to.lua, index) != 0) {
    const int value = lua_gettop(to.lua);
    if (!is_string(to.lua, value - 1)) raise_unfit(to, "names of an object are texts");
    if (!first) to.out->push_back(',');
    first = false;
    append_text(to, text_at(to.lua, value - 1));
    to.out->push_back(':');
    append_value(to, value, depth + 1);
    lua_settop(to.lua, value - 1);
  }
  to.out->push_back('}');
}

void append_value(const Writer& to, int index, std::size_t depth) {
  charge(to.lua, 1);
  if (to.out->size() > kMaxJson) raise_unfit(to, "this becomes too long");
  switch (lua_type(to.lua, index)) {
    case LUA_TNIL:
      to.out->append("null");
      return;
    case LUA_TBOOLEAN:
      to.out->append(lua_toboolean(to.lua, index) != 0 ? "true" : "false");
      return;
    case LUA_TNUMBER:
      return append_number(to, index);
    case LUA_TSTRING:
      return append_text(to, text_at(to.lua, index));
    case LUA_TTABLE:
      return append_table(to, index, depth);
    default:
      raise(to.lua, std::string_view(to.what), ": a ", type_at(to.lua, index), " is nothing that JSON knows");
  }
}

struct Push {
  lua_State* lua;

  void operator()(std::monostate) const { lua_pushnil(lua); }
  void operator()(bool value) const { lua_pushboolean(lua, value ? 1 : 0); }
  void operator()(std::int64_t value) const { lua_pushinteger(lua, value); }
  void operator()(double value) const { lua_pushnumber(lua, value); }
  void operator()(const std::string& value) const { push(lua, value); }
  void operator()(const json::List& list) const {
    luaL_checkstack(lua, 3, "json");
    lua_createtable(lua, static_cast<int>(list.size()), 0);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (std::holds_alternative<std::monostate>(list[i].what)) {
        lua_pushboolean(lua, 0);  // a hole would end the list
      } else {
        push_json(lua, list[i]);
      }
      lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
    }
  }
  void operator()(const json::Members& members) const {
    luaL_checkstack(lua, 3, "json");
    lua_createtable(lua, 0, static_cast<int>(members.size()));
    for (const auto& [name, value] : members) {
      push(lua, name);
      push_json(lua, value);
      lua_rawset(lua, -3);
    }
  }
};

// json.decode(text): the value, or nil and what is wrong.
int decode(lua_State* lua) {
  Engine& engine = engine_of(lua);
  if (!is_string(lua, 1)) raise(lua, "json.decode takes a text, not a ", type_at(lua, 1));
  charge(lua, text_at(lua, 1).size() / kMatchStepsPerInstruction);
  engine.parsed = json::parse(text_at(lua, 1));
  if (!engine.parsed) return push_problem(lua, engine.parsed.error().c_str());
  push_json(lua, *engine.parsed);
  engine.parsed = json::Value{};
  return 1;
}

int encode(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_settop(lua, 1);
  std::string& text = engine_of(lua).json;
  text.clear();
  append_json(lua, 1, text, "json.encode");
  push(lua, text);
  return 1;
}

}  // namespace

void push_json(lua_State* lua, const json::Value& value) {
  std::visit(Push{lua}, value.what);
}

void append_json(lua_State* lua, int index, std::string& out, const char* what) {
  append_value({lua, &out, what}, lua_absindex(lua, index), 0);
}

void set_json(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "decode", decode);
  set_function(lua, "encode", encode);
  make_read_only(lua, "\"json\" has no");
  lua_setfield(lua, -2, "json");
}

}  // namespace sbc::policy
