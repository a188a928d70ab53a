#pragma once
// From the value that a handler returned to the decision of its type. Each raises a Lua error when the value does not
// fit. Internal to the room.

#include <lua.hpp>

#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"
#include "sbc/policy/host.h"

namespace sbc::policy {

// The returned value is on top of the stack.
void read_answer(lua_State* lua, InviteDecision& out);
void read_answer(lua_State* lua, RegisterDecision& out);
void read_answer(lua_State* lua, RequestDecision& out);
void read_answer(lua_State* lua, FailureDecision& out);
void read_answer(lua_State* lua, ScreenDecision& out);
void read_answer(lua_State* lua, Handler handler, ResponseDecision& out);
void read_answer(lua_State* lua, Handler handler, InsideDecision& out);
void read_answer(lua_State* lua, Handler handler, TimerDecision& out);
void read_nat_answer(lua_State* lua, const LegFacts& leg, NatDecision& out);

}  // namespace sbc::policy
