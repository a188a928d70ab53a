-- Where a call goes is in a store (test_stores.py): the user is "<store>-<key>".
local function from_redis(key)
  if key == "hash" then
    local row, why = redis.hgetall("customer")
    return row and row.number, why
  elseif key == "write" then
    local said, why = redis.command("SET", "written", "2000")
    return said and redis.get("written"), why
  elseif key == "list" then
    local list, why = redis.command("MGET", "route:1000", "route:none")
    return list and list[1] .. (list[2] and "" or "0"), why
  end
  return redis.get("route:" .. key, { cache = settings.cache or 0 })
end

local function from_table(key)
  local row = tables.find("fed", key)
  return row and row.number
end

local function from_sql(query, key)
  local rows, why = sql.query(query, key)
  if not rows then return nil, why end
  return rows[1] and rows[1].number
end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "plain" then return route { trunk = "carrier", number = "plain" } end
    local store, key = call.to.user:match("^(%a+)%-(%w+)$")
    local number, why
    if store == "redis" then number, why = from_redis(key)
    elseif store == "table" then number = from_table(key)
    else number, why = from_sql(store, key) end
    if why then return reject(480, why) end
    if not number then return reject(404, "no number") end
    return route { trunk = "carrier", number = number }
  end,
}
