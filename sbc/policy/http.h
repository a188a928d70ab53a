#pragma once
// http.get, http.post and http.escape for policies. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

// http as a field of the table on top.
void set_http(lua_State* lua);

}  // namespace sbc::policy
