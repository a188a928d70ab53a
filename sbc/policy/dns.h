#pragma once
// dns.enum and dns.lookup. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

void set_dns(lua_State* lua);  // into the table on top   [-0, +0]

}  // namespace sbc::policy
