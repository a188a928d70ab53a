#pragma once
// timer.set and timer.cancel. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

void set_timer(lua_State* lua);  // into the table on top   [-0, +0]

}  // namespace sbc::policy
