#include <cstring>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"

namespace sbc::policy {

// LUA_EXTRASPACE is a pointer's room in front of every lua_State; threads inherit the main thread's.
void attach(lua_State* lua, Engine& engine) {
  Engine* pointer = &engine;
  std::memcpy(lua_getextraspace(lua), &pointer, sizeof pointer);
}

Engine& engine_of(lua_State* lua) {
  Engine* pointer = nullptr;
  std::memcpy(&pointer, lua_getextraspace(lua), sizeof pointer);
  return *pointer;
}

void append(std::string& out, std::string_view text) {
  out.append(text);
}

void append(std::string& out, std::int64_t number) {
  if (number < 0) out.push_back('-');
  base::append_number(out, number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number));
}

void append(std::string& out, Quoted quoted) {
  out.push_back('"');
  out.append(base::printable(quoted.text, 60));
  out.push_back('"');
}

void raise_text(lua_State* lua) {
  luaL_where(lua, 1);
  push(lua, engine_of(lua).text);
  lua_concat(lua, 2);
  lua_error(lua);
  __builtin_unreachable();
}

void raise_unknown(lua_State* lua, std::string_view what, std::string_view name,
                   std::span<const std::string_view> options) {
  const std::optional<std::string_view> nearest = base::nearest(name, options);
  if (nearest) raise(lua, what, " ", Quoted{name}, "; did you mean ", Quoted{*nearest}, "?");
  std::string& text = engine_of(lua).text;
  text.assign(what).append(" ");
  append(text, Quoted{name});
  if (!options.empty() && options.size() <= 16) {
    text.append("; there is ");
    for (std::size_t i = 0; i < options.size(); ++i) text.append(i == 0 ? "" : ", ").append(options[i]);
  }
  raise_text(lua);
}

void expect_declared(lua_State* lua, std::string_view lacks, std::string_view key, std::span<const Declared> fields) {
  static thread_local std::array<std::string_view, 64> names;  // raising leaves by longjmp: nothing owned here
  std::size_t count = 0;
  for (const Declared& field : fields) {
    if (field.name == key) return;
    if (count < names.size()) names[count++] = field.name;
  }
  raise_unknown(lua, lacks, key, std::span(names).first(count));
}

void where(lua_State* lua, std::string& out) {
  out.clear();
  lua_Debug record;
  if (lua_getstack(lua, 1, &record) == 0 || lua_getinfo(lua, "Sl", &record) == 0) return;
  out.append(record.short_src).push_back(':');
  append(out, static_cast<std::int64_t>(record.currentline));
}

}  // namespace sbc::policy
