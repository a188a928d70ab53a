#pragma once
// counter.incr and counter.get. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

void set_counter(lua_State* lua);  // into the table on top   [-0, +0]

}  // namespace sbc::policy
