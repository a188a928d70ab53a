// What a policy may ask and say: location, log, names of the configuration, IP networks, settings.

#include <algorithm>

#include "media-relay/base/ip.h"

#include "sbc/policy/boxes.h"
#include "sbc/policy/constructors.h"
#include "sbc/policy/counter.h"
#include "sbc/policy/dns.h"
#include "sbc/policy/engine.h"
#include "sbc/policy/http.h"
#include "sbc/policy/json.h"
#include "sbc/policy/reading.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/stores.h"
#include "sbc/policy/tables.h"
#include "sbc/policy/timer.h"

namespace sbc::policy {
namespace {

// The address of record in argument 1, made whole in engine.text: a bare user belongs to the local domain.
const std::string& address_argument(lua_State* lua, std::string_view what) {
  Engine& engine = engine_of(lua);
  if (!is_string(lua, 1)) raise(lua, what, " takes an address such as call.to.aor, not a ", type_at(lua, 1));
  if (engine.lookup == nullptr) raise(lua, what, " is not available here");
  if (++engine.lookups > kMaxLookups)
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxLookups), " look-ups in one event");
  const std::string_view given = text_at(lua, 1);
  std::string& text = engine.text;
  text.clear();
  const bool whole = given.starts_with("sip:") || given.starts_with("sips:") || given.starts_with("tel:");
  if (!whole) text.append("sip:");
  text.append(given);
  if (!whole && given.find('@') == std::string_view::npos)
    text.append("@").append(engine.environment.domain.empty() ? engine.default_host
                                                              : std::string_view(engine.environment.domain));
  return text;
}

// The look-up's own vector must be gone before Lua may raise.
ContactRange ask_location(Engine& engine, const std::string& aor) {
  const std::size_t first = engine.contacts.size();
  std::vector<Contact> found = engine.lookup->location(aor);
  for (Contact& contact : found) engine.contacts.push_back(std::move(contact));
  return {.first = static_cast<std::uint32_t>(first), .count = static_cast<std::uint32_t>(found.size())};
}

void note_found(lua_State* lua, const std::string& aor, std::uint32_t contacts) {
  lua_pushinteger(lua, contacts);
  note_asked(lua, "location.lookup", aor);
  lua_pop(lua, 1);
}

int location_lookup(lua_State* lua) {
  if (lua_isnoneornil(lua, 1)) raise(lua, "location.lookup takes an address such as call.to.aor, not nil");
  const std::string& aor = address_argument(lua, "location.lookup");
  const ContactRange range = ask_location(engine_of(lua), aor);
  if (range.count == 0) {
    lua_pushnil(lua);
  } else {
    push_contacts(lua, range);
  }
  if (engine_of(lua).noting) note_found(lua, aor, range.count);
  return 1;
}

int location_known(lua_State* lua) {
  const std::string& aor = address_argument(lua, "location.known");
  lua_pushboolean(lua, engine_of(lua).lookup->known(aor) ? 1 : 0);
  if (engine_of(lua).noting) note_asked(lua, "location.known", aor);
  return 1;
}

// The numbers of calls at once take a lock each, as counters do.
void push_calls(lua_State* lua, std::string_view what, Lookup::CallsOf of, std::string_view name) {
  Engine& engine = engine_of(lua);
  if (engine.lookup == nullptr) raise(lua, what, " is not available here");
  if (++engine.counted > kMaxCounted)
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxCounted), " uses of counters in one event");
  lua_pushinteger(lua, static_cast<lua_Integer>(engine.lookup->calls(of, name)));
  if (engine.noting) note_asked(lua, what, name);
}

// Calls at once of a user, as caller and as called.
int location_calls(lua_State* lua) {
  const std::string& aor = address_argument(lua, "location.calls");
  push_calls(lua, "location.calls", Lookup::CallsOf::User, aor);
  return 1;
}

// Upvalue 1: a set of names; those of trunks, or of realms.
template <Lookup::CallsOf of>
int calls_of_name(lua_State* lua) {
  constexpr bool kTrunk = of == Lookup::CallsOf::Trunk;
  luaL_checktype(lua, 1, LUA_TSTRING);
  lua_settop(lua, 1);
  lua_pushvalue(lua, 1);
  if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL)
    raise(lua, "there is no ", kTrunk ? std::string_view("trunk ") : std::string_view("realm "),
          Quoted{text_at(lua, 1)});
  push_calls(lua, kTrunk ? "trunks.calls" : "realms.calls", of, text_at(lua, 1));
  return 1;
}

// Any values, joined by blanks.
template <LogLine::Level level>
int write_log(lua_State* lua) {
  Engine& engine = engine_of(lua);
  if (engine.log.size() >= kMaxLogLines) {
    ++engine.counters.log_lines_dropped;
    return 0;
  }
  const int count = lua_gettop(lua);
  const std::size_t line = engine.log.size();
  engine.log.emplace_back().level = level;
  where(lua, engine.log[line].where);
  for (int i = 1; i <= count; ++i) {
    luaL_tolstring(lua, i, nullptr);  // may run __tostring, which may log
    std::string& text = engine.log[line].text;
    if (i > 1 && text.size() < kMaxLogText) text.push_back(' ');
    text.append(text_at(lua, -1).substr(0, kMaxLogText - std::min(text.size(), kMaxLogText)));
    lua_pop(lua, 1);
  }
  return 0;
}

// Upvalue 1: a set of names.
int name_exists(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TSTRING);
  lua_settop(lua, 1);
  lua_pushboolean(lua, lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL ? 1 : 0);
  return 1;
}

// `calls`: how many there are of one of them; null: that is not known.
void set_names(lua_State* lua, const char* field, const char* what, const std::vector<std::string>& names,
               lua_CFunction calls = nullptr) {
  lua_newtable(lua);
  lua_newtable(lua);
  for (std::size_t i = 0; i < names.size(); ++i) {
    push(lua, names[i]);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
  }
  make_read_only(lua, nullptr);
  lua_setfield(lua, -2, "names");
  lua_newtable(lua);
  for (const std::string& name : names) {
    push(lua, name);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, -3);
  }
  if (calls != nullptr) {
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, calls, 1);
    lua_setfield(lua, -3, "calls");
  }
  lua_pushcclosure(lua, name_exists, 1);
  lua_setfield(lua, -2, "exists");
  make_read_only(lua, what);
  lua_setfield(lua, -2, field);
}

// ip.inside(address, "10.0.0.0/8", "192.0.2.1", ...)
int ip_inside(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TSTRING);
  const std::optional<base::IpAddress> address = base::IpAddress::parse(text_at(lua, 1));
  bool inside = false;
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    luaL_checktype(lua, i, LUA_TSTRING);
    const std::optional<base::Prefix> prefix = base::Prefix::parse(text_at(lua, i));
    if (!prefix) raise(lua, "ip.inside: ", Quoted{text_at(lua, i)}, " is no network such as 10.0.0.0/8");
    inside = inside || (address && prefix->contains(*address));
  }
  lua_pushboolean(lua, inside ? 1 : 0);
  return 1;
}

int ip_is_private(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TSTRING);
  const std::optional<base::IpAddress> address = base::IpAddress::parse(text_at(lua, 1));
  lua_pushboolean(lua, address && address->is_private() ? 1 : 0);
  return 1;
}

struct PushSetting {
  lua_State* lua;
  void operator()(bool value) const { lua_pushboolean(lua, value ? 1 : 0); }
  void operator()(std::int64_t value) const { lua_pushinteger(lua, value); }
  void operator()(double value) const { lua_pushnumber(lua, value); }
  void operator()(const std::string& value) const { push(lua, value); }
};

}  // namespace

void set_world(lua_State* lua) {
  const Environment& environment = engine_of(lua).environment;
  lua_newtable(lua);
  set_function(lua, "lookup", location_lookup);
  set_function(lua, "known", location_known);
  set_function(lua, "calls", location_calls);
  make_read_only(lua, "\"location\" has no");
  lua_setfield(lua, -2, "location");

  lua_newtable(lua);
  set_function(lua, "debug", write_log<LogLine::Level::Debug>);
  set_function(lua, "info", write_log<LogLine::Level::Info>);
  set_function(lua, "warning", write_log<LogLine::Level::Warning>);
  set_function(lua, "error", write_log<LogLine::Level::Error>);
  make_read_only(lua, "\"log\" has no");
  lua_setfield(lua, -2, "log");

  lua_newtable(lua);
  set_function(lua, "inside", ip_inside);
  set_function(lua, "is_private", ip_is_private);
  make_read_only(lua, "\"ip\" has no");
  lua_setfield(lua, -2, "ip");

  set_counter(lua);
  set_timer(lua);
  set_tables(lua);
  set_dns(lua);
  set_http(lua);
  set_redis(lua);
  set_sql(lua);
  set_json(lua);

  set_names(lua, "trunks", "\"trunks\" has no", environment.trunks, calls_of_name<Lookup::CallsOf::Trunk>);
  set_names(lua, "groups", "\"groups\" has no", environment.groups);
  set_names(lua, "realms", "\"realms\" has no", environment.realms, calls_of_name<Lookup::CallsOf::Realm>);

  lua_newtable(lua);
  for (const auto& [name, value] : environment.settings) {
    push(lua, name);
    std::visit(PushSetting{lua}, value);
    lua_rawset(lua, -3);
  }
  make_read_only(lua, nullptr);  // a setting that is not configured is nil
  lua_setfield(lua, -2, "settings");
}

}  // namespace sbc::policy
