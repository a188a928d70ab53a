-- How many calls at once, and how many each second: for each caller, and for each trunk in either direction.
--
--   local admission = require "lib.admission"
--   local door = admission.new {
--     callers = { calls = 4, per_second = 2 },                        -- each of them by himself
--     trunks = { carrier_a = { calls = 30, per_second = 5 }, carrier_b = { calls = 90 } },
--     shards = settings.shards,
--   }
--   on_invite:   local full = door.enter(call, call.auth_user)        -- from a trunk: by its name
--                if full then return reject(503, full, { ["Retry-After"] = 10 }) end
--                local places = door.places(call, { { trunk = "carrier_a" }, { trunk = "carrier_b" } })
--                if not places then return reject(503, "All trunks are full") end
--   on_failure:  door.failed(call, attempt)
--   on_end:      door.left(call)                                      -- always; it gives back what the call has taken
--
-- Calls for help are never refused, but counted. A trunk that is not listed has no limit. What a transfer asks for is
-- held to the limits, too, but not counted among calls at once: it is part of a call that is.
--
-- Calls a second are counted over all threads. Calls at once each thread counts for itself (see lib.counters): with
-- `shards`, the number of threads ([process] shards), each lets in its share of the limit, rounded up: 4 calls in 4
-- threads are one in each, and a caller's second one is refused when chance brings it to the same thread. Without it
-- each thread lets in the whole limit. Small limits are exact with one thread only. A reload begins at zero.

local counters = require "lib.counters"

local admission = {}

local function share(limits, shards, what)
  local mine = { targets = limits.targets or 1 }
  for name, value in pairs(limits) do
    assert(name == "calls" or name == "per_second" or name == "targets", what .. " has no limit " .. tostring(name))
    assert(type(value) == "number" and value >= 0, what .. ": expected a number for " .. name)
    mine[name] = name == "calls" and math.ceil(value / shards) or value
  end
  return mine
end

-- `callers`: limits for each caller. `trunks`: limits by name; `targets` (1) says how many a trunk tries one after the
-- other, so that it is known when a call has gone on to the next trunk. `calls_in_all`: see counters.live.
function admission.new(options)
  local shards = options.shards or 1
  local callers, trunks = options.callers and share(options.callers, shards, "callers") or {}, {}
  for name, limits in pairs(options.trunks or {}) do trunks[name] = share(limits, shards, "trunk " .. name) end

  local up = counters.live { calls = options.calls_in_all }
  local starts = counters.window { name = "admission", seconds = 1 }

  -- Which limit is reached, or nil.
  local function reached(name, limits, now)
    if limits.calls and up.count(name) >= limits.calls then return "Too many calls" end
    if limits.per_second and starts.count(name, now) >= limits.per_second then return "Too many calls a second" end
  end

  local function take(call, name, limits, new)
    up.take(call, name, new)
    if limits and limits.per_second then starts.add(name, call.time.unix) end
  end

  local door = {}

  -- Calls that are up from this caller ("caller alice") or with this trunk ("carrier_a"), in this thread.
  door.calls = up.count

  -- A new call, once for each: nil when it may come in, else why not.
  function door.enter(call, who)
    local name, limits = call.trunk, trunks[call.trunk]
    if name == "" then name, limits = "caller " .. who, callers end
    local full = limits and not call.emergency and reached(name, limits, call.time.unix)
    if full then return full end
    if not call.emergency and not up.takes(call) then return "Identifiers are too long" end
    take(call, name, limits, true)
    return nil
  end

  -- The places that have room, in their order, with the fields beside them; nil when there is none. Each must name a
  -- trunk.
  function door.places(call, places)
    local free, names = {}, {}
    for name, value in pairs(places) do
      if type(name) == "string" then free[name] = value end
    end
    for i = 1, #places do
      local name = assert(places[i].trunk, "a place without a trunk cannot be counted")
      local limits = trunks[name]
      if not limits or call.emergency or not reached(name, limits, call.time.unix) then
        free[#free + 1] = places[i]
        names[#names + 1] = name
      end
    end
    local notes = up.notes(call)
    if notes and notes.trunks then up.give(call, notes.trunks[notes.at]) end
    if notes then notes.trunks, notes.at, notes.failures = names, 1, 0 end
    if #free == 0 then return nil end
    take(call, names[1], trunks[names[1]])
    return free
  end

  -- A target did not take the call: it is at the next trunk now.
  function door.failed(call, attempt)
    local notes = up.notes(call)
    if not notes or not notes.trunks or notes.trunks[notes.at] ~= attempt.trunk then return end
    notes.failures = notes.failures + 1
    local limits = trunks[attempt.trunk]
    if notes.failures < (limits and limits.targets or 1) then return end
    up.give(call, attempt.trunk)
    notes.at, notes.failures = notes.at + 1, 0
    local next_one = notes.trunks[notes.at]
    if next_one then take(call, next_one, trunks[next_one]) end
  end

  function door.left(call) up.leave(call) end

  return door
end

return admission
