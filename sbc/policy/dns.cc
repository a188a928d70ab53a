#include "sbc/policy/dns.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

constexpr std::string_view kEnum = "dns.enum", kLookup = "dns.lookup";

// Of the question that has just been made; `fields` are those of `function`.
void read_options(lua_State* lua, int index, std::string_view function, std::span<const Declared> fields) {
  if (lua_isnoneornil(lua, index)) return;
  if (!lua_istable(lua, index)) raise(lua, function, ": options must be a table, not a ", type_at(lua, index));
  Engine& engine = engine_of(lua);
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    expect_declared(lua, function == kEnum ? "dns.enum has no option" : "dns.lookup has no option", key, fields);
    const Place place{.what = function, .field = key};
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
  const std::string_view number = read_text(lua, 1, {kEnum, "the number"}, kMaxUserPart);
  Engine& engine = engine_of(lua);
  engine.question.emplace(Question{.what = EnumQuestion{.number = std::string(number)}, .timeout = kUsualWait});
  lua_settop(lua, 2);
  read_options(lua, 2, kEnum, kEnumFields);
  return wait_for_answer(lua, take_value);
}

// dns.lookup("_sip._udp.example.net", "SRV"): a list of texts (addresses, TXT), or of tables with target, port,
// priority and weight; empty when there is no such record.
int ask_lookup(lua_State* lua) {
  constexpr std::array<std::string_view, 4> kTypes = {"A", "AAAA", "SRV", "TXT"};
  const std::string_view name = read_text(lua, 1, {kLookup, "the name"}, kMaxDnsName);
  std::string_view type = kTypes.front();
  if (!lua_isnoneornil(lua, 2)) type = read_text(lua, 2, {kLookup, "the type"}, kMaxDnsName);
  if (std::ranges::find(kTypes, type) == kTypes.end())
    raise(lua, "dns.lookup: the type must be \"A\", \"AAAA\", \"SRV\" or \"TXT\", not ", Quoted{type});
  engine_of(lua).question.emplace(
      Question{.what = DnsQuestion{.name = std::string(name), .type = std::string(type)}, .timeout = kUsualWait});
  lua_settop(lua, 3);
  read_options(lua, 3, kLookup, kDnsFields);
  return wait_for_answer(lua, take_value);
}

}  // namespace

void set_dns(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "enum", ask_enum);
  set_function(lua, "lookup", ask_lookup);
  make_read_only(lua, "\"dns\" has no");
  lua_setfield(lua, -2, "dns");
}

}  // namespace sbc::policy
