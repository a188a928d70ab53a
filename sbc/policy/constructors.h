#pragma once
// The functions with which a policy builds its decisions, and the world it may ask. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

// route, reject, deny, challenge, drop, accept, next_candidate, give_up, change, hide, hang_up and their like as fields
// of the table on top.
void set_decision_constructors(lua_State* lua);

// location, counter, timer, tables, dns, log, http, json, trunks, groups, realms, ip, settings as fields of the table
// on top.
void set_world(lua_State* lua);

}  // namespace sbc::policy
