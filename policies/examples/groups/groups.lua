-- An office: everybody's telephones ring at once, extensions of a group ring together and then the next ones do, and
-- what matters goes to two carriers at the same time.
local groups = {
  ["200"] = { { "alice", "bob" }, { "carol" } },  -- sales: Alice and Bob at once, then Carol
  ["201"] = { { "bob", "carol" } },               -- support
}
local RING = 15 -- seconds for each turn of a group

-- All telephones of these users, as one list that rings at once; nil when none is switched on.
local function turn_of(users)
  local turn = { at_once = true, ring_timeout = RING }
  for _, user in ipairs(users) do turn[#turn + 1] = location.lookup(user) end
  return turn[1] and turn
end

local function ring(group)
  local places = {}
  for _, users in ipairs(group) do places[#places + 1] = turn_of(users) end
  places[#places + 1] = { trunk = "mail", number = "group" }  -- when nobody takes it
  return route(places)
end

return {
  on_invite = function(call)
    local user = call.to.user
    if groups[user] then return ring(groups[user]) end
    local phones = location.lookup(call.to.aor)
    if phones then return route { { phones, at_once = true, ring_timeout = 25 }, { trunk = "mail", number = user } } end
    if location.known(call.to.aor) then return route { trunk = "mail", number = user } end
    -- To a pager of the staff on duty by whoever is quicker; the other one is cancelled.
    if user:find("^999") then
      return route { { trunk = "carrier_a" }, { trunk = "carrier_b" }, at_once = true, number = user, timeout = 4 }
    end
    return route { { trunk = "carrier_a" }, { trunk = "carrier_b" }, number = user, timeout = 4 }
  end,

  -- Asked once for all that rang at once, when the last of them has failed: `attempt` is the one that says most.
  on_failure = function(call, attempt)
    local busy = 0
    for _, one in ipairs(call.attempts) do busy = busy + (one.status == 486 and 1 or 0) end
    if attempt.status == 486 then log.info("busy: " .. busy .. " of " .. #call.attempts) end
    return nil  -- as usual
  end,
}
