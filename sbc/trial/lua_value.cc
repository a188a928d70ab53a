#include "sbc/trial/lua_value.h"

#include <algorithm>

#include "sbc/trial/limits.h"

namespace sbc::trial {
namespace {

using Wrong = std::unexpected<std::string>;

class Reader {
 public:
  explicit Reader(lua_State* lua) : lua_(lua) {}

  std::expected<Value, std::string> value(int index, int depth) {
    if (++elements_ > kMaxElements) return Wrong("the table is too large");
    std::size_t size = 0;
    switch (lua_type(lua_, index)) {
      case LUA_TNONE:
      case LUA_TNIL:
        return Value{};
      case LUA_TBOOLEAN:
        return Value(lua_toboolean(lua_, index) != 0);
      case LUA_TNUMBER:
        if (lua_isinteger(lua_, index) != 0) return Value(static_cast<std::int64_t>(lua_tointeger(lua_, index)));
        return Value(static_cast<double>(lua_tonumber(lua_, index)));
      case LUA_TSTRING: {
        const char* text = lua_tolstring(lua_, index, &size);
        return Value(std::string(text, size));
      }
      case LUA_TTABLE:
        return table(lua_absindex(lua_, index), depth);
      default:
        return Wrong(std::string("a ") + luaL_typename(lua_, index) + " is no value here");
    }
  }

 private:
  std::expected<Value, std::string> table(int index, int depth) {
    if (depth >= kMaxDepth || lua_checkstack(lua_, 4) == 0) return Wrong("the tables are nested too deep");
    const auto count = static_cast<lua_Integer>(lua_rawlen(lua_, index));
    List list;
    for (lua_Integer i = 1; i <= count; ++i) {
      lua_rawgeti(lua_, index, i);
      auto one = value(-1, depth + 1);
      lua_pop(lua_, 1);
      if (!one) return one;
      list.push_back(*std::move(one));
    }
    Record record;
    lua_pushnil(lua_);
    while (lua_next(lua_, index) != 0) {
      if (lua_type(lua_, -2) == LUA_TSTRING) {
        std::size_t size = 0;
        const char* key = lua_tolstring(lua_, -2, &size);
        auto one = value(-1, depth + 1);
        if (!one) {
          lua_pop(lua_, 2);
          return one;
        }
        record.emplace(std::string(key, size), *std::move(one));
      }
      lua_pop(lua_, 1);
    }
    if (record.empty() && !list.empty()) return Value(std::move(list));
    // { 486, after = 3 }: the first element of a record is its status.
    if (list.size() == 1)
      record.emplace("status", std::move(list.front()));
    else if (!list.empty())
      return Wrong("a table is either a list or has named fields");
    return Value(std::move(record));
  }

  lua_State* lua_;
  std::size_t elements_ = 0;
};

}  // namespace

std::expected<Value, std::string> read(lua_State* lua, int index) {
  return Reader(lua).value(index, 0);
}

void push(lua_State* lua, const Value& value) {
  luaL_checkstack(lua, 4, nullptr);
  if (const auto* boolean = value.boolean()) {
    lua_pushboolean(lua, *boolean ? 1 : 0);
  } else if (const auto* whole = value.integer()) {
    lua_pushinteger(lua, *whole);
  } else if (const auto* real = std::get_if<double>(&value.is)) {
    lua_pushnumber(lua, *real);
  } else if (const auto* text = value.text()) {
    lua_pushlstring(lua, text->data(), text->size());
  } else if (const auto* list = value.list()) {
    lua_createtable(lua, static_cast<int>(list->size()), 0);
    lua_Integer at = 0;
    for (const Value& one : *list) {
      push(lua, one);
      lua_rawseti(lua, -2, ++at);
    }
  } else if (const auto* record = value.record()) {
    lua_createtable(lua, 0, static_cast<int>(record->size()));
    for (const auto& [name, one] : *record) {
      lua_pushlstring(lua, name.data(), name.size());
      push(lua, one);
      lua_rawset(lua, -3);
    }
  } else {
    lua_pushnil(lua);
  }
}

}  // namespace sbc::trial
