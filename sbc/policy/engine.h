#pragma once
// What the C functions behind a policy share: one Engine per Host, reached from any lua_State of it. Internal to the
// room.
//
// Lua is a C library and leaves a function by longjmp when it raises an error, so nothing that owns memory may live on
// the C++ stack across a Lua call that can raise. Texts, decisions and contacts under construction are members
// of the Engine for that reason.

#include <cstdint>
#include <expected>
#include <lua.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/json/value.h"
#include "sbc/policy/host.h"
#include "sbc/policy/memory.h"
#include "sbc/policy/purse.h"
#include "sbc/policy/reading.h"

namespace sbc::table {
class Table;
}

namespace sbc::policy {

// What a constructor such as route{} or reject() has made; the handler returns one of these.
struct Made {
  enum class Kind : std::uint8_t {
    Route,
    Reject,
    Deny,
    Challenge,
    Drop,
    Accept,
    Next,
    GiveUp,
    Follow,
    Pass,
    Change,
    Hide,
    HangUp
  };
  Kind kind = Kind::Reject;
  std::vector<Candidate> candidates;
  std::uint16_t status = 0;  // 0: not given
  std::string reason;
  std::vector<Header> headers;
  std::string announcement;
  std::vector<CdrField> cdr;
  std::string call_class;
  std::optional<std::uint32_t> min_expires, max_expires, default_expires, max_contacts;
  bool early_media = true;           // Change
  std::vector<HeaderOp> changes{};   // Change
  std::uint32_t max_duration_s = 0;  // Change
  std::string where;
};
std::string_view name_of(Made::Kind kind);  // "route"

struct Engine {
  Limits limits;
  Environment environment;
  std::string hash;  // Host::hash
  Memory memory;
  Counters counters;
  LinesRun* lines = nullptr;       // null: nobody asks
  Purse* purse = nullptr;          // null: nobody counts
  const Bundle* bundle = nullptr;  // while loading, for require

  // The budget. `remaining` counts down in steps of `armed`.
  std::int64_t remaining = 0;
  int armed = 0;
  std::uint32_t granted = 0;
  bool out_of_instructions = false;
  bool out_of_memory = false;

  // The invocation that runs. Boxes (userdata) carry its number and are void in any other.
  std::uint64_t invocation = 0;
  Handler handler = Handler::Invite;  // whose it is
  Lookup* lookup = nullptr;
  // Questions that take time (waiting.h).
  const char* no_wait = "unavailable";  // why the handler cannot wait for answers; null: it can
  std::size_t questions = 0;
  base::Duration wait_left{};
  bool out_of_time = false;
  std::optional<Question> question;
  std::optional<Answer> answer;
  std::string_view default_host;  // of the Request-URI: where a bare user is looked up if no domain is configured
  std::size_t lookups = 0;
  std::size_t counted = 0;
  std::vector<Made> made;
  std::vector<Contact> contacts;
  std::vector<LogLine> log;
  std::shared_ptr<const table::Table> table;  // that a look-up reads from
  std::vector<TimerOp> timers;
  bool noting = false;  // what the handler reads, in:
  Reading reading;
  std::optional<SdpFacts> sdp;  // scratch: the offer that is being read
  std::string text;             // scratch for error texts
  std::string json;             // and for what becomes or was JSON
  std::expected<json::Value, std::string> parsed;
};

Engine& engine_of(lua_State* lua);
void attach(lua_State* lua, Engine& engine);  // before any thread is made

// Budget (budget.cc).
void grant(lua_State* lua, Engine& engine, std::uint32_t instructions);
void charge(lua_State* lua, std::uint64_t instructions);  // for work in C; raises when the budget is gone

// Errors (raise.cc). All of them prefix the file and line of the Lua code that called the running C function.
struct Quoted {
  std::string_view text;
};
void append(std::string& out, std::string_view text);
void append(std::string& out, std::int64_t number);
void append(std::string& out, Quoted quoted);
[[noreturn]] void raise_text(lua_State* lua);  // engine.text
template <typename... Parts>
[[noreturn]] void raise(lua_State* lua, Parts... parts) {
  std::string& text = engine_of(lua).text;
  text.clear();
  (append(text, parts), ...);
  raise_text(lua);
}
// `what` has no `name`; says the nearest of `options`.
[[noreturn]] void raise_unknown(lua_State* lua, std::string_view what, std::string_view name,
                                std::span<const std::string_view> options);
// "default.lua:12" of the Lua code that called the running C function.
void where(lua_State* lua, std::string& out);

// The text of a Lua string without conversion; a number is not a string here.
inline bool is_string(lua_State* lua, int index) {
  return lua_type(lua, index) == LUA_TSTRING;
}
inline std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* data = lua_tolstring(lua, index, &size);
  return {data, size};
}
inline void push(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}
inline std::string_view type_at(lua_State* lua, int index) {
  return luaL_typename(lua, index);
}

}  // namespace sbc::policy
