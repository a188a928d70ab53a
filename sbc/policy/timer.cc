// Timers of a call: noted here, and kept by whoever has the call (Outcome::timers).

#include "sbc/policy/timer.h"

#include <algorithm>
#include <array>

#include "sbc/policy/engine.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

// Handlers of a call that goes on after them, and whose timers therefore have somewhere to live.
constexpr std::array kWithTimers = {Handler::Invite, Handler::Provisional, Handler::Answer, Handler::Reinvite,
                                    Handler::Refer,  Handler::Info,        Handler::Dtmf,   Handler::Timer};

void add(lua_State* lua, std::string_view what, bool sets) {
  Engine& engine = engine_of(lua);
  if (engine.invocation == 0) raise(lua, what, " can only be called while a handler runs");
  if (std::ranges::find(kWithTimers, engine.handler) == kWithTimers.end())
    raise(lua, what, " is for handlers of a call that goes on, not for ", name_of(engine.handler));
  if (lua_gettop(lua) > (sets ? 2 : 1)) raise(lua, what, sets ? " takes a name and seconds" : " takes a name");
  const std::string_view name = read_phrase(lua, 1, {what, "the name"}, kMaxTimerName);
  if (name.empty()) raise(lua, what, ": the name is empty");
  const std::uint32_t seconds = sets ? read_whole(lua, 2, {what, "the time in seconds"}, {1, kMaxTimer}) : 0;
  if (engine.timers.size() >= kMaxTimerOps)
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxTimerOps), " uses of timers in one event");
  engine.timers.emplace_back().name = name;
  engine.timers.back().seconds = seconds;
}

int set(lua_State* lua) {
  add(lua, "timer.set", true);
  return 0;
}

int cancel(lua_State* lua) {
  add(lua, "timer.cancel", false);
  return 0;
}

}  // namespace

void set_timer(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "set", set);
  set_function(lua, "cancel", cancel);
  make_read_only(lua, "\"timer\" has no");
  lua_setfield(lua, -2, "timer");
}

}  // namespace sbc::policy
