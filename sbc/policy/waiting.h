#pragma once
// How a look-up waits for its answer. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

// The last statement of a look-up whose question is in Engine::question: suspends the handler, and goes on in `take`
// when Engine::answer is there. `take` pushes the results. Where nobody can wait the look-up gives nil and a word.
int wait_for_answer(lua_State* lua, lua_KFunction take);

// For answers that are values: pushes the value, or nil and a word.
int take_value(lua_State* lua, int status, lua_KContext context);

// Pushes nil and why there is no answer.   [-0, +2]
int push_problem(lua_State* lua, const char* word);

}  // namespace sbc::policy
