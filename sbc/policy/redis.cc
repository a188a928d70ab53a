#include "sbc/policy/engine.h"
#include "sbc/policy/fields.h"
#include "sbc/policy/readers.h"
#include "sbc/policy/sandbox.h"
#include "sbc/policy/stores.h"
#include "sbc/policy/waiting.h"

namespace sbc::policy {
namespace {

void read_redis_options(lua_State* lua, int index, const char* what) {
  Engine& engine = engine_of(lua);
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    const int value = lua_gettop(lua);
    const std::string_view key = is_string(lua, -2) ? text_at(lua, -2) : type_at(lua, -2);
    expect_declared(lua, "redis has no option", key, kRedisFields);
    const Place place{.what = what, .field = key};
    if (key == "timeout") {
      engine.question->timeout = read_seconds(lua, value, place, 0.01, 60);
    } else {
      std::get<RedisQuestion>(engine.question->what).keep = read_seconds(lua, value, place, 0, 86'400);
    }
    lua_settop(lua, value - 1);
  }
}

// Texts and numbers from the first argument on, and perhaps a table of options behind them. `command` stands before
// them; null: the first one is it.
int ask_redis(lua_State* lua, const char* what, const char* command, int least, int most) {
  Engine& engine = engine_of(lua);
  int count = lua_gettop(lua);
  const bool has_options = count > 0 && lua_istable(lua, count);
  const bool has_nothing = count == most + 1 && lua_isnil(lua, count);  // options that are nil
  if (has_options || has_nothing) --count;
  if (count < least || count > most)
    raise(lua, std::string_view(what), ": expected ", std::int64_t{least}, most == least ? "" : " or more",
          " texts, got ", std::int64_t{count});
  engine.question.emplace(Question{.what = RedisQuestion{}, .timeout = kUsualWait});
  auto& words = std::get<RedisQuestion>(engine.question->what).words;
  if (command != nullptr) words.emplace_back(command);
  std::size_t bytes = 0;
  for (int i = 1; i <= count; ++i) {
    if (!is_string(lua, i) && lua_type(lua, i) != LUA_TNUMBER)
      raise(lua, std::string_view(what), ": expected a text or a number, got a ", type_at(lua, i));
    words.emplace_back(text_at(lua, i));
    bytes += words.back().size();
  }
  if (bytes > kMaxWordBytes) raise(lua, std::string_view(what), ": what is asked is too long");
  charge(lua, bytes / kMatchStepsPerInstruction);
  if (has_options) read_redis_options(lua, count + 1, what);
  return wait_for_answer(lua, take_value);
}

// redis.get("route:43", { cache = 10 }): the text, or nil.
int redis_get(lua_State* lua) {
  return ask_redis(lua, "redis.get", "GET", 1, 1);
}

int redis_hget(lua_State* lua) {
  return ask_redis(lua, "redis.hget", "HGET", 2, 2);
}

// redis.hgetall("customer:7"): a table by field; empty when there is no such key.
int redis_hgetall(lua_State* lua) {
  return ask_redis(lua, "redis.hgetall", "HGETALL", 1, 1);
}

// redis.command("SISMEMBER", "blocked", number): what the command gives.
int redis_command(lua_State* lua) {
  return ask_redis(lua, "redis.command", nullptr, 1, static_cast<int>(kMaxWords));
}

}  // namespace

void set_redis(lua_State* lua) {
  lua_newtable(lua);
  set_function(lua, "get", redis_get);
  set_function(lua, "hget", redis_hget);
  set_function(lua, "hgetall", redis_hgetall);
  set_function(lua, "command", redis_command);
  make_read_only(lua, "\"redis\" has no");
  lua_setfield(lua, -2, "redis");
}

}  // namespace sbc::policy
