-- How many calls at once, and how many each second: for each caller, and for each trunk in either direction.
--
--   local admission = require "lib.admission"
--   local door = admission.new {
--     callers = { calls = 4, per_second = 2 },                        -- each of them by himself
--     trunks = { carrier_a = { calls = 30, per_second = 5 }, carrier_b = { calls = 90 } },
--   }
--   on_invite:   local full = door.enter(call, call.auth_user)        -- from a trunk: by its name
--                if full then return reject(503, full, { ["Retry-After"] = 10 }) end
--                local places = door.places(call, { { trunk = "carrier_a" }, { trunk = "carrier_b" } })
--                if not places then return reject(503, "All trunks are full") end
--   on_failure:  door.failed(call, attempt)                           -- for `per_second` of the next trunk
--
-- The border counts, over all threads (trunks.calls, location.calls, counter): nothing is given back, and a reload
-- forgets nothing. Two threads that decide at the same moment may both see the last place free; a limit that no call
-- may ever pass is a class of the configuration (`class` of a route).
--
-- Calls for help are never refused, but counted. A trunk that is not listed has no limit. A caller is counted by what
-- he has proved: `who` is call.auth_user or call.registered_aor, and calls to his phones are his, too.

local counters = require "lib.counters"

local admission = {}

local function check(limits, what)
  for name, value in pairs(limits) do
    assert(name == "calls" or name == "per_second", what .. " has no limit " .. tostring(name))
    assert(type(value) == "number" and value >= 0, what .. ": expected a number for " .. name)
  end
  return limits
end

-- `callers`: limits for each caller. `trunks`: limits by name. `used`: who says how many calls there are, of
-- ("trunk", name) or ("user", who), instead of the border.
function admission.new(options)
  local callers, trunk_limits = check(options.callers or {}, "callers"), options.trunks or {}
  for name, limits in pairs(trunk_limits) do
    assert(trunks.exists(name), "there is no trunk " .. name)
    check(limits, "trunk " .. name)
  end
  local used = options.used or function(kind, name)
    return kind == "trunk" and trunks.calls(name) or location.calls(name)
  end
  local starts = counters.window { name = "admission", seconds = 1 }

  -- Which limit is reached, or nil. `here`: this call is among those that are counted.
  local function reached(kind, name, limits, now, here)
    if limits.calls and used(kind, name) - (here and 1 or 0) >= limits.calls then return "Too many calls" end
    local started = limits.per_second and starts.count(kind .. " " .. name, now)
    if started and started >= limits.per_second then return "Too many calls a second" end
  end

  local function start(kind, name, limits, now)
    if limits and limits.per_second then starts.add(kind .. " " .. name, now) end
  end

  local door = {}

  -- A new call, once for each: nil when it may come in, else why not.
  function door.enter(call, who)
    local kind, name, limits = "trunk", call.trunk, trunk_limits[call.trunk]
    if name == "" then kind, name, limits = "user", who, callers end
    local full = limits and not call.emergency and reached(kind, name, limits, call.time.unix, true)
    if not full then start(kind, name, limits, call.time.unix) end
    return full or nil
  end

  -- The places that have room, in their order, with the fields beside them; nil when there is none. Each must name a
  -- trunk.
  function door.places(call, places)
    local free, now = {}, call.time.unix
    for name, value in pairs(places) do
      if type(name) == "string" then free[name] = value end
    end
    for i = 1, #places do
      local name = assert(places[i].trunk, "a place without a trunk cannot be counted")
      local limits = trunk_limits[name]
      if not limits or call.emergency or not reached("trunk", name, limits, now, name == call.trunk) then
        free[#free + 1] = places[i]
      end
    end
    if #free == 0 then return nil end
    start("trunk", free[1].trunk, trunk_limits[free[1].trunk], now)
    return free
  end

  -- In on_failure: the call is about to go on to attempt.next.
  function door.failed(call, attempt)
    if attempt.next ~= attempt.trunk then start("trunk", attempt.next, trunk_limits[attempt.next], call.time.unix) end
  end

  return door
end

return admission
