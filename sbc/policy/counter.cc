#include "sbc/policy/counter.h"

#include "sbc/policy/engine.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/reading.h"
#include "sbc/policy/sandbox.h"

namespace sbc::policy {
namespace {

// The sum of the last `window` seconds, after adding to it or not.
int count(lua_State* lua, const char* what, bool adds) {
  Engine& engine = engine_of(lua);
  if (engine.lookup == nullptr) raise(lua, std::string_view(what), " is not available here");
  const std::string_view name = read_text(lua, 1, {what, "the name"}, kMaxCounterName);
  const std::uint32_t window = read_whole(lua, 2, {what, "the window in seconds"}, {1, kMaxWindow});
  std::uint32_t amount = adds ? 1 : 0;
  if (adds && !lua_isnoneornil(lua, 3)) amount = read_whole(lua, 3, {what, "the amount"}, {1, kMaxCount});
  if (++engine.counted > kMaxCounted)
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxCounted), " uses of counters in one event");
  lua_pushinteger(lua, static_cast<lua_Integer>(engine.lookup->count(name, base::seconds(window), amount)));
  if (engine.noting) note_asked(lua, what, name);
  return 1;
}

int incr(lua_State* lua) {
  return count(lua, "counter.incr", true);
}

int get(lua_State* lua) {
  return count(lua, "counter.get", false);
}

}  // namespace

void set_counter(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "incr", incr);
  set_function(lua, "get", get);
  make_read_only(lua, "\"counter\" has no");
  lua_setfield(lua, -2, "counter");
}

}  // namespace sbc::policy
