#pragma once
// tables.find and tables.prefix. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

void set_tables(lua_State* lua);  // into the table on top   [-0, +0]

}  // namespace sbc::policy
