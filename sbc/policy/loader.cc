#include "sbc/policy/loader.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

// "lib.numbers": words of letters, digits and _ between dots, so that no name leaves the folder.
bool is_module_name(std::string_view name) {
  bool word = false;
  for (char c : name) {
    if (c == '.') {
      if (!word) return false;
      word = false;
    } else if (base::is_alnum(c) || c == '_') {
      word = true;
    } else {
      return false;
    }
  }
  return word;
}

// The path that is missing is in engine.text.
[[noreturn]] void raise_missing(lua_State* lua, const Bundle& bundle) {
  static thread_local std::array<std::string_view, kMaxFiles> files;  // raising leaves by longjmp: nothing owned here
  std::size_t count = 0;
  for (const BundleFile& file : bundle.files())
    if (count < files.size() && file.name != bundle.main()) files[count++] = file.name;
  std::string& path = engine_of(lua).text;
  static thread_local std::array<char, 256> copy;
  const std::size_t size = path.copy(copy.data(), copy.size());
  raise_unknown(lua, "require: the policy folder has no file", {copy.data(), size}, std::span(files).first(count));
}

// Upvalue 1: what was required before, by name; false while it is loading.
int require(lua_State* lua) {
  Engine& engine = engine_of(lua);
  luaL_checktype(lua, 1, LUA_TSTRING);
  lua_settop(lua, 1);
  const std::string_view name = text_at(lua, 1);
  if (engine.bundle == nullptr) raise(lua, "require works only while the policy loads, not inside a handler");
  if (!is_module_name(name))
    raise(lua, "require: ", Quoted{name}, " is no module name; write \"lib.numbers\" for lib/numbers.lua");
  lua_pushvalue(lua, 1);
  const int known = lua_rawget(lua, lua_upvalueindex(1));
  if (known == LUA_TBOOLEAN && lua_toboolean(lua, -1) == 0) raise(lua, "require: ", Quoted{name}, " requires itself");
  if (known != LUA_TNIL) return 1;
  lua_pop(lua, 1);

  engine.text.assign(name);
  std::replace(engine.text.begin(), engine.text.end(), '.', '/');
  engine.text.append(".lua");
  const BundleFile* file = engine.bundle->find(engine.text);
  if (file == nullptr) raise_missing(lua, *engine.bundle);
  lua_pushvalue(lua, 1);
  lua_pushboolean(lua, 0);
  lua_rawset(lua, lua_upvalueindex(1));
  run_file(lua, *file);
  if (lua_isnil(lua, -1)) raise(lua, "require: ", Quoted{name}, " returns nothing; it must return its table");
  lua_pushvalue(lua, 1);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, lua_upvalueindex(1));
  return 1;
}

bool is_word(char c) {
  return base::is_alnum(c) || c == '_';
}

// To set it would take the globals from all functions of the file, in every call from then on. Looked for in the text,
// comments and all: nobody who writes a policy needs the word.
void refuse_environment(lua_State* lua, const BundleFile& file) {
  constexpr std::string_view kWord = "_ENV";
  const std::string_view text = file.text;
  for (std::size_t at = text.find(kWord); at != std::string_view::npos; at = text.find(kWord, at + 1)) {
    const std::size_t end = at + kWord.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) continue;
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    lua_pushfstring(lua, "%s:%d: _ENV is not available", file.name.c_str(), static_cast<int>(line));
    lua_error(lua);
  }
}

}  // namespace

void run_file(lua_State* lua, const BundleFile& file) {
  refuse_environment(lua, file);
  lua_pushfstring(lua, "@%s", file.name.c_str());
  // "t": text only, since nothing checks precompiled code.
  const int status = luaL_loadbufferx(lua, file.text.data(), file.text.size(), lua_tostring(lua, -1), "t");
  if (status != LUA_OK) lua_error(lua);
  lua_getfield(lua, LUA_REGISTRYINDEX, kEnvironmentKey);
  lua_setupvalue(lua, -2, 1);
  lua_call(lua, 0, 1);
  lua_remove(lua, -2);
}

void set_require(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcclosure(lua, require, 1);
  lua_setfield(lua, -2, "require");
}

bool has_position(std::string_view message) {
  return to_policy_error(message, "").line > 0;
}

PolicyError to_policy_error(std::string_view message, std::string_view file) {
  constexpr std::string_view kSuffix = ".lua:";
  const std::size_t suffix = message.find(kSuffix);
  if (suffix != std::string_view::npos && message.substr(0, suffix).find('\n') == std::string_view::npos) {
    base::TextCursor rest(message.substr(suffix + kSuffix.size()));
    const std::optional<std::uint32_t> line = base::parse_unsigned(rest.take_while(base::is_digit));
    if (line && rest.take(": "))
      return {.file = std::string(message.substr(0, suffix + 4)),
              .line = static_cast<int>(*line),
              .text = std::string(rest.rest())};
  }
  return {.file = std::string(file), .line = 0, .text = std::string(message)};
}

}  // namespace sbc::policy
