// The string functions that could keep a shard busy, with their work charged to the instruction budget.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/pattern.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

std::string_view checked_text(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(lua, index, &size);
  return {data, size};
}

// Lua's start argument: 1-based, negative from the end; npos when beyond the end.
std::size_t start_argument(lua_State* lua, int index, std::size_t size) {
  const lua_Integer given = luaL_optinteger(lua, index, 1);
  if (given > 0) {
    const auto start = static_cast<std::uint64_t>(given - 1);
    return start > size ? std::string_view::npos : static_cast<std::size_t>(start);
  }
  if (given == 0 || given < -static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-given);
}

void check_pattern(lua_State* lua, std::string_view pattern) {
  if (pattern.size() > kMaxPattern)
    raise(lua, "a pattern may have ", static_cast<std::int64_t>(kMaxPattern), " characters, this one has ",
          static_cast<std::int64_t>(pattern.size()));
}

Pattern make_pattern(lua_State* lua, std::string_view pattern, std::string_view subject) {
  check_pattern(lua, pattern);
  const auto remaining = static_cast<std::uint64_t>(std::max<std::int64_t>(engine_of(lua).remaining, 1));
  return {pattern, subject, remaining * kMatchStepsPerInstruction};
}

// True on a match. Charges the steps since `charged` and raises where the pattern is wrong or too costly.
bool settle(lua_State* lua, const Pattern& pattern, Pattern::Result result, std::uint64_t& charged) {
  if (result == Pattern::Result::Malformed) raise(lua, "malformed pattern: ", std::string_view(pattern.malformed()));
  const std::uint64_t steps = pattern.steps_taken() - charged;
  charged = pattern.steps_taken();
  charge(lua, result == Pattern::Result::TooCostly ? engine_of(lua).granted : 1 + steps / kMatchStepsPerInstruction);
  return result == Pattern::Result::Match;
}

void push_capture(lua_State* lua, const Pattern& pattern, std::string_view subject, std::size_t i) {
  const Pattern::Capture& capture = pattern.capture(i);
  if (capture.is_position) {
    lua_pushinteger(lua, static_cast<lua_Integer>(capture.start + 1));
  } else {
    push(lua, subject.substr(capture.start, capture.length));
  }
}

// All captures, or the whole match when there are none.
int push_captures(lua_State* lua, const Pattern& pattern, std::string_view subject, bool whole_if_none) {
  const std::size_t count = pattern.captures();
  luaL_checkstack(lua, static_cast<int>(count) + 1, "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(lua, pattern, subject, i);
  if (count > 0 || !whole_if_none) return static_cast<int>(count);
  push(lua, subject.substr(pattern.start(), pattern.end() - pattern.start()));
  return 1;
}

int find_or_match(lua_State* lua, bool find) {
  const std::string_view subject = checked_text(lua, 1);
  const std::string_view text = checked_text(lua, 2);
  const std::size_t start = start_argument(lua, 3, subject.size());
  check_pattern(lua, text);
  if (start == std::string_view::npos) {
    lua_pushnil(lua);
    return 1;
  }
  if (find && (lua_toboolean(lua, 4) != 0 || !Pattern::has_specials(text))) {
    charge(lua, 1 + (subject.size() - start) / kMatchStepsPerInstruction);
    const std::size_t at = subject.find(text, start);
    if (at == std::string_view::npos) {
      lua_pushnil(lua);
      return 1;
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
    lua_pushinteger(lua, static_cast<lua_Integer>(at + text.size()));
    return 2;
  }
  Pattern pattern = make_pattern(lua, text, subject);
  std::uint64_t charged = 0;
  if (!settle(lua, pattern, pattern.find(start), charged)) {
    lua_pushnil(lua);
    return 1;
  }
  if (!find) return push_captures(lua, pattern, subject, true);
  lua_pushinteger(lua, static_cast<lua_Integer>(pattern.start() + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(pattern.end()));
  return 2 + push_captures(lua, pattern, subject, false);
}

int string_find(lua_State* lua) {
  return find_or_match(lua, true);
}
int string_match(lua_State* lua) {
  return find_or_match(lua, false);
}

// Upvalues: subject, pattern, where to go on, end of the last match (an empty match may not touch it).
int gmatch_next(lua_State* lua) {
  const std::string_view subject = text_at(lua, lua_upvalueindex(1));
  Pattern pattern = make_pattern(lua, text_at(lua, lua_upvalueindex(2)), subject);
  auto from = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
  const lua_Integer last = lua_tointeger(lua, lua_upvalueindex(4));
  std::uint64_t charged = 0;
  for (; from <= subject.size(); ++from) {
    if (!settle(lua, pattern, pattern.match_at(from), charged)) continue;
    if (static_cast<lua_Integer>(pattern.end()) == last) continue;
    lua_pushinteger(lua, static_cast<lua_Integer>(pattern.end()));
    lua_pushvalue(lua, -1);
    lua_replace(lua, lua_upvalueindex(3));
    lua_replace(lua, lua_upvalueindex(4));
    return push_captures(lua, pattern, subject, true);
  }
  return 0;
}

int string_gmatch(lua_State* lua) {
  const std::string_view subject = checked_text(lua, 1);
  checked_text(lua, 2);
  const std::size_t start = start_argument(lua, 3, subject.size());
  if (text_at(lua, 2).starts_with('^')) raise(lua, "gmatch takes no pattern that starts with ^");
  lua_settop(lua, 2);
  lua_pushinteger(lua, static_cast<lua_Integer>(std::min(start, subject.size() + 1)));
  lua_pushinteger(lua, -1);
  lua_pushcclosure(lua, gmatch_next, 4);
  return 1;
}

// The replacement text with %0..%9 and %% replaced.
void add_text(lua_State* lua, luaL_Buffer& out, const Pattern& pattern, std::string_view subject) {
  const std::string_view replacement = text_at(lua, 3);
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '%') {
      luaL_addchar(&out, replacement[i]);
      continue;
    }
    const char kind = ++i < replacement.size() ? replacement[i] : '\0';
    const std::size_t index = static_cast<std::size_t>(kind - '1');
    if (kind == '%') {
      luaL_addchar(&out, '%');
    } else if (kind == '0' || (kind == '1' && pattern.captures() == 0)) {
      luaL_addlstring(&out, subject.data() + pattern.start(), pattern.end() - pattern.start());
    } else if (base::is_digit(kind) && index < pattern.captures()) {
      push_capture(lua, pattern, subject, index);
      luaL_addvalue(&out);
    } else {
      raise(lua, "gsub: the replacement has a % that is followed neither by %, 0 nor by the number of a capture");
    }
  }
}

void add_replacement(lua_State* lua, luaL_Buffer& out, const Pattern& pattern, std::string_view subject) {
  const int type = lua_type(lua, 3);
  if (type == LUA_TSTRING || type == LUA_TNUMBER) {
    add_text(lua, out, pattern, subject);
    return;
  }
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(lua, 3);
    const int arguments = push_captures(lua, pattern, subject, true);
    lua_call(lua, arguments, 1);
  } else {
    if (pattern.captures() > 0) {
      push_capture(lua, pattern, subject, 0);
    } else {
      push(lua, subject.substr(pattern.start(), pattern.end() - pattern.start()));
    }
    lua_gettable(lua, 3);
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    luaL_addlstring(&out, subject.data() + pattern.start(), pattern.end() - pattern.start());
  } else if (lua_isstring(lua, -1) != 0) {
    luaL_addvalue(&out);
  } else {
    raise(lua, "gsub: the replacement must be a string, not a ", type_at(lua, -1));
  }
}

int string_gsub(lua_State* lua) {
  const std::string_view subject = checked_text(lua, 1);
  const std::string_view text = checked_text(lua, 2);
  const int type = lua_type(lua, 3);
  if (type == LUA_TNUMBER) lua_tostring(lua, 3);  // in place, so that its text stays reachable
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TTABLE && type != LUA_TFUNCTION)
    raise(lua, "gsub: the replacement must be a string, a table or a function, not a ", type_at(lua, 3));
  const lua_Integer most = luaL_optinteger(lua, 4, static_cast<lua_Integer>(subject.size() + 1));
  Pattern pattern = make_pattern(lua, text, subject);
  std::uint64_t charged = 0;
  lua_Integer count = 0;
  std::size_t from = 0;
  std::size_t last_end = std::string_view::npos;
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  while (count < most) {
    if (settle(lua, pattern, pattern.match_at(from), charged) && pattern.end() != last_end) {
      ++count;
      add_replacement(lua, out, pattern, subject);
      from = last_end = pattern.end();
    } else if (from < subject.size()) {
      luaL_addchar(&out, subject[from]);
      ++from;
    } else {
      break;
    }
    if (pattern.anchored()) break;
  }
  if (from < subject.size()) luaL_addlstring(&out, subject.data() + from, subject.size() - from);
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

int string_rep(lua_State* lua) {
  const std::string_view text = checked_text(lua, 1);
  const lua_Integer count = luaL_checkinteger(lua, 2);
  std::size_t separator_size = 0;
  const char* separator = luaL_optlstring(lua, 3, "", &separator_size);
  const std::size_t each = text.size() + separator_size;
  if (count <= 0 || each == 0) {
    push(lua, "");
    return 1;
  }
  const auto times = static_cast<std::uint64_t>(count);
  if (times > engine_of(lua).limits.load_memory_bytes / each) raise(lua, "rep: the result would be too long");
  charge(lua, 1 + times / kMatchStepsPerInstruction);
  luaL_Buffer out;
  luaL_buffinitsize(lua, &out, static_cast<std::size_t>(times) * each);
  for (std::uint64_t i = 0; i < times; ++i) {
    luaL_addlstring(&out, text.data(), text.size());
    if (i + 1 < times) luaL_addlstring(&out, separator, separator_size);
  }
  luaL_pushresult(&out);
  return 1;
}

}  // namespace

void set_bounded_string_functions(lua_State* lua) {
  set_function(lua, "find", string_find);
  set_function(lua, "match", string_match);
  set_function(lua, "gmatch", string_gmatch);
  set_function(lua, "gsub", string_gsub);
  set_function(lua, "rep", string_rep);
}

}  // namespace sbc::policy
