-- Counting what happens, in bounded memory: the ground for lib.admission, lib.quality and lib.fraud. How many calls are
-- up at this moment the border knows (trunks.calls, realms.calls, location.calls).
--
-- Windows with a name are those of the border: all threads count together, and a reload forgets nothing (`counter` of
-- the language). All else is of one thread, and begins at zero with each reload: each thread of sbc runs its own copy
-- of the policy, a call stays in one of them, and calls are spread over them by Call-ID. A limit that must hold for
-- the border as a whole wants a name.
--
-- Whoever fills a table with names of his own choice pushes others out: count what is proved (call.auth_user,
-- call.trunk, call.registered_aor), not what is said (call.from).
--
-- Make counters while the policy loads. What they may ever take is put aside then, so that it does not count against
-- the memory of an event ([policy] memory): 400 bytes for each key.

local counters = {}

local most_keys = 4000  -- a table with more is larger than what a handler may make at once

-- Takes memory now that is free for others later: call what it gives when the first of them comes.
local function put_aside(bytes)
  local held = string.rep(" ", bytes)
  return function()
    if held then held = nil end
  end
end

-- A table that holds at most `keys` entries; what was not used for longest is forgotten, half of it at once.
function counters.memory(keys)
  assert(keys >= 2 and keys <= most_keys, "expected 2 to " .. most_keys .. " keys, got " .. tostring(keys))
  local half = keys // 2
  local young, old, held = {}, {}, 0
  local release = put_aside(400 * keys)

  local memory = {}

  function memory.put(key, value)
    if young[key] == nil then
      release()
      if held >= half then old, young, held = young, {}, 0 end
      held = held + 1
      old[key] = nil
    end
    young[key] = value
  end

  function memory.get(key)
    local value = young[key]
    if value ~= nil then return value end
    value = old[key]
    if value ~= nil then memory.put(key, value) end
    return value
  end

  return memory
end

local function of_all_threads(name, seconds)
  local whole = math.type(seconds) == "integer" and seconds >= 1 and seconds <= 31 * 86400
  assert(whole, "expected 1 to 2678400 seconds, got " .. tostring(seconds))
  local function of(key) return (name .. "/" .. key):sub(1, 128) end  -- no name may be longer
  return {
    add = function(key, _, amount) return counter.incr(of(key), seconds, amount or 1) end,
    count = function(key) return counter.get(of(key), seconds) end,
  }
end

-- What happened within the last so many seconds, for each key. Older events fade out evenly over one more window: that
-- takes two numbers for each key and not a list of times.
--   local attempts = counters.window { seconds = 60, keys = 1000 }
--   if attempts.add(user, call.time.unix) > 20 then ... end
-- A window of one second is the second of the clock: that is as fine as call.time is.
-- With a name it is the border's: { name = "calls", seconds = 60 }. It has a time of its own, and `now` means nothing;
-- an event may look at 256 of them.
function counters.window(options)
  if options.name then return of_all_threads(options.name, options.seconds) end
  local seconds, slots = options.seconds, counters.memory(options.keys or 1000)

  local function slot_of(key, now)
    local slot = slots.get(key)
    if not slot then return nil end
    local elapsed = now - slot.since
    if elapsed >= 2 * seconds or elapsed < -seconds then
      slot.since, slot.this, slot.last = now - now % seconds, 0, 0
    elseif elapsed >= seconds then
      slot.since, slot.this, slot.last = slot.since + seconds, 0, slot.this
    end
    return slot
  end

  local function sum_of(slot, now)
    if seconds <= 1 then return slot.this end
    local past = math.max(0, math.min(1, (now - slot.since) / seconds))
    return slot.this + slot.last * (1 - past)
  end

  local window = {}

  -- Adds `amount` (1) and says how many there are now.
  function window.add(key, now, amount)
    local slot = slot_of(key, now)
    if not slot then
      slot = { since = now - now % seconds, this = 0, last = 0 }
      slots.put(key, slot)
    end
    slot.this = slot.this + (amount or 1)
    return sum_of(slot, now)
  end

  function window.count(key, now)
    local slot = slot_of(key, now)
    return slot and sum_of(slot, now) or 0
  end

  return window
end

return counters
