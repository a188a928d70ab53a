#pragma once
// redis.get, redis.hget, redis.hgetall, redis.command and sql.query for policies. Internal to the room.

#include <lua.hpp>

namespace sbc::policy {

// Each into the table on top.   [-0, +0]
void set_redis(lua_State* lua);
void set_sql(lua_State* lua);

}  // namespace sbc::policy
