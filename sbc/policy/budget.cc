// The instruction budget: a count hook that fires every `armed` instructions of the virtual machine. Where somebody
// asks which lines run, it fires at each of them as well.

#include <algorithm>

#include "sbc/policy/engine.h"

namespace sbc::policy {
namespace {

// How often the hook looks: often enough to stop a runaway within microseconds.
constexpr std::int64_t kHookPeriod = 1000;

void on_event(lua_State* lua, lua_Debug* record);

void arm(lua_State* lua, Engine& engine, std::int64_t period) {
  engine.armed = static_cast<int>(period);
  lua_sethook(lua, on_event, LUA_MASKCOUNT | (engine.lines != nullptr ? LUA_MASKLINE : 0), engine.armed);
}

void on_event(lua_State* lua, lua_Debug* record) {
  Engine& engine = engine_of(lua);
  if (record->event == LUA_HOOKLINE) {
    lua_getinfo(lua, "S", record);
    if (record->source[0] == '@') (*engine.lines)[record->source + 1].insert(record->currentline);
    return;
  }
  engine.remaining -= engine.armed;
  const bool volume = engine.memory.volume_exceeded();
  if (engine.remaining > 0 && !volume) {
    arm(lua, engine, std::min(kHookPeriod, engine.remaining));
    return;
  }
  // From here on every instruction raises, so that a handler cannot go on behind a pcall of its own.
  arm(lua, engine, 1);
  lua_getinfo(lua, "Sl", record);
  if (volume) {
    engine.out_of_memory = true;
    luaL_error(lua, "%s:%d: the handler allocates more than its budget allows", record->short_src, record->currentline);
  } else {
    engine.out_of_instructions = true;
    luaL_error(lua, "%s:%d: the budget of %d instructions is used up", record->short_src, record->currentline,
               static_cast<int>(engine.granted));
  }
}

}  // namespace

void grant(lua_State* lua, Engine& engine, std::uint32_t instructions) {
  engine.granted = instructions;
  engine.remaining = instructions;
  engine.out_of_instructions = false;
  engine.out_of_memory = false;
  arm(lua, engine, std::min<std::int64_t>(kHookPeriod, instructions));
}

void charge(lua_State* lua, std::uint64_t instructions) {
  Engine& engine = engine_of(lua);
  engine.remaining -= static_cast<std::int64_t>(std::min<std::uint64_t>(instructions, 1U << 30));
  if (engine.remaining > 0) return;
  arm(lua, engine, 1);
  engine.out_of_instructions = true;
  raise(lua, "the budget of ", static_cast<std::int64_t>(engine.granted), " instructions is used up");
}

}  // namespace sbc::policy
