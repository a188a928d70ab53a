#include "sbc/policy/dns.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

void read_options(lua_State* lua, int index) {
  if (lua_isnoneornil(lua, index)) return;
  if (!lua_istable(lua, index)) raise(lua, "dns.enum: options must be a table, not a ", type_at(lua, index));
  Engine& engine = engine_of(lua);
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    expect_declared(lua, "dns.enum has no option", key, kEnumFields);
    const Place place{.what = "dns.enum", .field = key};
    if (key == "timeout") {
      engine.question->timeout = read_seconds(lua, value, place, 0.01, 60);
    } else {
      std::get<EnumQuestion>(engine.question->what).suffix = read_text(lua, value, place, kMaxPlaceName);
    }
    lua_settop(lua, value - 1);
  }
}

// dns.enum("+4312345", { suffix = "e164.arpa" }): a list of { uri, service, order, preference }, best first; empty when
// the number is not there.
int ask_enum(lua_State* lua) {
  const std::string_view number = read_text(lua, 1, {"dns.enum", "the number"}, kMaxUserPart);
  Engine& engine = engine_of(lua);
  engine.question.emplace(Question{.what = EnumQuestion{.number = std::string(number)}, .timeout = kUsualWait});
  lua_settop(lua, 2);
  read_options(lua, 2);
  return wait_for_answer(lua, take_value);
}

}  // namespace

void set_dns(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "enum", ask_enum);
  make_read_only(lua, "\"dns\" has no");
  lua_setfield(lua, -2, "dns");
}

}  // namespace sbc::policy
