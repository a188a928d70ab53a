#include "sbc/policy/waiting.h"

#include <algorithm>

#include "sbc/policy/engine.h"
#include "sbc/policy/json.h"
#include "sbc/policy/reading.h"

namespace sbc::policy {

int push_problem(lua_State* lua, const char* word) {
  lua_pushnil(lua);
  lua_pushstring(lua, word);
  return 2;
}

int take_value(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const Engine& engine = engine_of(lua);
  if (!engine.answer->found) return push_problem(lua, engine.answer->found.error().c_str());
  const auto* value = std::get_if<std::shared_ptr<const json::Value>>(&*engine.answer->found);
  if (value == nullptr) return push_problem(lua, "failed");  // a test has answered as if it were HTTP
  push_json(lua, **value);
  return 1;
}

int wait_for_answer(lua_State* lua, lua_KFunction take) {
  Engine& engine = engine_of(lua);
  if (++engine.questions > kMaxQuestions) {
    engine.question.reset();
    raise(lua, "more than ", static_cast<std::int64_t>(kMaxQuestions), " questions that take time in one event");
  }
  if (engine.no_wait != nullptr) {
    if (engine.noting) note_question(lua, engine.no_wait);
    engine.question.reset();
    ++engine.counters.not_waited;
    return push_problem(lua, engine.no_wait);
  }
  if (lua_isyieldable(lua) == 0) {
    engine.question.reset();
    raise(lua, "this takes time and cannot be asked inside of table.sort, string.gsub or a metamethod");
  }
  if (engine.wait_left <= base::Duration::zero()) {
    engine.question.reset();
    engine.out_of_time = true;
    raise(lua, "the handler has waited for longer than its budget of ",
          static_cast<std::int64_t>(std::chrono::duration_cast<base::milliseconds>(engine.limits.wait).count()), " ms");
  }
  engine.question->timeout = std::min(engine.question->timeout, engine.wait_left);
  if (engine.noting) note_question(lua, {});
  return lua_yieldk(lua, 0, 0, take);
}

}  // namespace sbc::policy
