#include "sbc/policy/readers.h"

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"
#include "media-relay/control/sound.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/header_rules.h"

namespace sbc::policy {
namespace {

// What a pattern names is only removed, or passed: "X-Tenant-*". A lone "*" would be everything, and nobody knows what
// that is.
void check_pattern(lua_State* lua, Place place, std::string_view pattern) {
  constexpr std::size_t kLeast = 3;
  if (pattern.find('*') != pattern.size() - 1 || pattern.size() < kLeast)
    raise(lua, place.what, ": a pattern of headers is the beginning of their names and one *, such as X-Tenant-*, not ",
          Quoted{pattern});
  if (!lua_isboolean(lua, -1))
    raise(lua, place.what, ": the headers ", Quoted{pattern}, " can only be removed (false) or passed (true)");
}

// Runs `take(name)` for each header of the table at `index`, with its value on top of the stack.
template <typename Take>
void walk_headers(lua_State* lua, int index, Place place, Take take) {
  if (!lua_istable(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a table such as { [\"Subject\"] = \"text\" }, not a ",
          type_at(lua, index));
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    if (!is_string(lua, -2))
      raise(lua, place.what, ": ", place.field, " is keyed by header names, not by a ", type_at(lua, -2));
    const std::string_view name = text_at(lua, -2);
    if (name.size() > kMaxHeaderName || !is_header_name(name))
      raise(lua, place.what, ": ", Quoted{name}, " is no header name");
    if (border_owns_header(name))
      raise(lua, place.what, ": the header ", Quoted{name}, " belongs to the border and cannot be set or removed");
    if (name.find('*') != std::string_view::npos) check_pattern(lua, place, name);
    take(name);
    lua_pop(lua, 1);
  }
}

// The header value on top of the stack.
std::string_view header_value(lua_State* lua, Place place, std::string_view name) {
  const int type = lua_type(lua, -1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER)
    raise(lua, place.what, ": header ", Quoted{name}, " must be a string, not a ", type_at(lua, -1));
  const std::string_view value = text_at(lua, -1);
  if (value.size() > kMaxHeaderValue)
    raise(lua, place.what, ": header ", Quoted{name}, " is longer than ", static_cast<std::int64_t>(kMaxHeaderValue));
  if (!is_header_value(value)) raise(lua, place.what, ": header ", Quoted{name}, " contains a control character");
  return value;
}

template <typename Out>
void check_room(lua_State* lua, Place place, const Out& out) {
  if (out.size() >= kMaxHeaderOps)
    raise(lua, place.what, ": more than ", static_cast<std::int64_t>(kMaxHeaderOps), " headers");
}

// The list of values on top of the stack, or { add = "value" }, { add = { "one", "two" } }: besides those that there
// are.
void read_values(lua_State* lua, Place place, std::string_view name, std::vector<HeaderOp>& out) {
  const int top = lua_gettop(lua);
  lua_pushliteral(lua, "add");
  const bool adds = lua_rawget(lua, top) != LUA_TNIL;
  if (adds) {
    lua_pushnil(lua);
    int fields = 0;
    while (lua_next(lua, top) != 0) {
      ++fields;
      lua_pop(lua, 1);
    }
    if (fields > 1) raise(lua, place.what, ": header ", Quoted{name}, ": besides add there can be nothing");
  }
  if (!adds) lua_pop(lua, 1);
  if (!lua_istable(lua, -1)) {
    const std::string_view value = header_value(lua, place, name);
    out.push_back({.kind = HeaderOp::Kind::Add, .name = std::string(name), .value = std::string(value)});
    lua_settop(lua, top);
    return;
  }
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, -1));
  for (lua_Integer i = 1; i <= count; ++i) {
    check_room(lua, place, out);
    lua_rawgeti(lua, -1, i);
    const std::string_view value = header_value(lua, place, name);
    out.push_back({.kind = i == 1 && !adds ? HeaderOp::Kind::Set : HeaderOp::Kind::Add,
                   .name = std::string(name),
                   .value = std::string(value)});
    lua_pop(lua, 1);
  }
  lua_settop(lua, top);
}

}  // namespace

std::uint32_t read_whole(lua_State* lua, int index, Place place, Bounds bounds) {
  int whole = 0;
  const lua_Integer value = lua_type(lua, index) == LUA_TNUMBER ? lua_tointegerx(lua, index, &whole) : 0;
  if (whole == 0 || value < bounds.least || value > bounds.most)
    raise(lua, place.what, ": ", place.field, " must be a whole number from ", bounds.least, " to ", bounds.most);
  return static_cast<std::uint32_t>(value);
}

bool read_boolean(lua_State* lua, int index, Place place) {
  if (!lua_isboolean(lua, index))
    raise(lua, place.what, ": ", place.field, " must be true or false, not a ", type_at(lua, index));
  return lua_toboolean(lua, index) != 0;
}

std::string_view read_text(lua_State* lua, int index, Place place, std::size_t most) {
  if (!is_string(lua, index))
    raise(lua, place.what, ": ", place.field, " must be a string, not a ", type_at(lua, index));
  const std::string_view text = text_at(lua, index);
  if (text.size() > most)
    raise(lua, place.what, ": ", place.field, " is longer than ", static_cast<std::int64_t>(most), " characters");
  return text;
}

std::string_view read_user_part(lua_State* lua, int index, Place place) {
  if (lua_isinteger(lua, index) != 0) lua_tostring(lua, index);
  const std::string_view text = read_text(lua, index, place, kMaxUserPart);
  if (text.empty() || !is_user_part(text))
    raise(lua, place.what, ": ", place.field, " is no number or user name: ", Quoted{text});
  return text;
}

std::string_view read_phrase(lua_State* lua, int index, Place place, std::size_t most) {
  const std::string_view text = read_text(lua, index, place, most);
  if (!is_header_value(text)) raise(lua, place.what, ": ", place.field, " contains a control character");
  return text;
}

std::string_view read_sound(lua_State* lua, int index, Place place) {
  const std::string_view text = read_text(lua, index, place, control::kMaxSoundBytes);
  if (text.empty()) return text;
  std::string& wrong = engine_of(lua).text;  // raising jumps over destructors
  wrong = control::sound_problem(text);
  if (wrong.empty()) return text;
  wrong.insert(0, ": ").insert(0, place.field).insert(0, ": ").insert(0, place.what);
  raise_text(lua);
}

void read_header_ops(lua_State* lua, int index, Place place, std::vector<HeaderOp>& out) {
  walk_headers(lua, index, place, [&](std::string_view name) {
    check_room(lua, place, out);
    if (lua_isboolean(lua, -1)) {
      const auto kind = lua_toboolean(lua, -1) != 0 ? HeaderOp::Kind::Pass : HeaderOp::Kind::Remove;
      out.push_back({.kind = kind, .name = std::string(name), .value = {}});
      return;
    }
    if (!lua_istable(lua, -1)) {
      const std::string_view value = header_value(lua, place, name);
      out.push_back({.kind = HeaderOp::Kind::Set, .name = std::string(name), .value = std::string(value)});
      return;
    }
    read_values(lua, place, name, out);
  });
}

void read_headers(lua_State* lua, int index, Place place, std::vector<Header>& out) {
  walk_headers(lua, index, place, [&](std::string_view name) {
    check_room(lua, place, out);
    const std::string_view value = header_value(lua, place, name);
    out.push_back({.name = std::string(name), .value = std::string(value)});
  });
}

base::Duration read_seconds(lua_State* lua, int index, Place place, double least, double most) {
  int is_number = 0;
  const double value = lua_tonumberx(lua, index, &is_number);
  if (lua_type(lua, index) != LUA_TNUMBER || !(value >= least && value <= most)) {
    lua_pushfstring(lua, "%f to %f", least, most);
    raise(lua, place.what, ": ", place.field, " must be seconds, ", text_at(lua, -1));
  }
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(value));
}

}  // namespace sbc::policy
