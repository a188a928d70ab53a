-- Counting calls, in bounded memory: the ground for lib.admission, lib.quality and lib.fraud.
--
-- Windows with a name are those of the border: all threads count together, and a reload forgets nothing (`counter` of
-- the language). All else is of one thread, and begins at zero with each reload: each thread of sbc runs its own copy
-- of the policy, a call stays in one of them, and calls are spread over them by Call-ID. Where a limit of that kind
-- must hold for the border as a whole, give each thread its share (lib.admission does, by `shards`).
--
-- Whoever fills a table with names of his own choice pushes others out: count what is proved (call.auth_user,
-- call.trunk, call.registered_aor), not what is said (call.from).
--
-- Make counters while the policy loads. What they may ever take is put aside then, so that it does not count against
-- the memory of an event ([policy] memory): 400 bytes for each key, 1500 for each call.

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
-- an event may look at 32 of them.
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

-- What makes an INVITE one of its own. A Call-ID alone does not: its sender chose it, and with that of a call that is
-- up in another INVITE, which is refused and ends, he would get back what the first one holds.
local function id_of(call)
  local headers = call.headers
  return table.concat({ headers["Via"] or "", headers["From"] or "", headers["CSeq"] or "", call.call_id }, "\n")
end
local longest_id = 800  -- three times what phones need; they are kept

-- Calls that are up, by any names: what a call takes it gives back when it ends.
--   local up = counters.live { calls = 1000 }
--   up.take(call, "alice", true)                                       -- in on_invite
--   if up.count("alice") >= 4 then ... end
--   up.leave(call)                                                     -- in on_end, always
-- A call beyond `calls` (at most 4000) is not counted, and take() says false: a table that is too small ends no calls.
-- Calls older than `longest` seconds (12 hours) are taken for lost when room is needed. Calls that a transfer asks for
-- (call.referred_by) and that take another's place (call.replaces) are parts of a call that is counted, and have no
-- end of their own: they are not counted.
function counters.live(options)
  local most, longest = options.calls or 1000, options.longest or 43200
  assert(most <= most_keys, "expected at most " .. most_keys .. " calls, got " .. tostring(most))
  local counts, calls, held, looked = {}, {}, 0, 0
  local release = put_aside(1500 * most)

  local function give_back(name)
    local left = (counts[name] or 0) - 1
    counts[name] = left > 0 and left or nil
  end

  local function forget(id)
    local entry = calls[id]
    calls[id] = entry.below
    held = held - 1
    for i = 1, #entry.names do give_back(entry.names[i]) end
  end

  -- Once a minute: it walks over all of them.
  local function forget_old(now)
    if now - looked < 60 then return end
    looked = now
    local old = {}
    for id, entry in pairs(calls) do
      if now - entry.at > longest then old[#old + 1] = id end
    end
    for i = 1, #old do forget(old[i]) end
  end

  local live = {}

  function live.count(name) return counts[name] or 0 end

  -- Whether its identifiers are of a length that can be kept. Refuse calls for which they are not.
  function live.takes(call) return #id_of(call) <= longest_id end

  -- `new`: the first for this call.
  function live.take(call, name, new)
    local id = id_of(call)
    if #id > longest_id or call.referred_by ~= "" or call.replaces ~= "" then return false end
    local entry = calls[id]
    if not entry or new then
      release()
      if held >= most then forget_old(call.time.unix) end
      if held >= most then return false end
      entry = { at = call.time.unix, names = {}, below = calls[id] }
      calls[id] = entry
      held = held + 1
    end
    entry.names[#entry.names + 1] = name
    counts[name] = (counts[name] or 0) + 1
    return true
  end

  -- Gives one name back before the call ends.
  function live.give(call, name)
    local entry = calls[id_of(call)]
    for i = 1, entry and #entry.names or 0 do
      if entry.names[i] == name then
        table.remove(entry.names, i)
        return give_back(name)
      end
    end
  end

  function live.leave(call)
    local id = id_of(call)
    if calls[id] then forget(id) end
  end

  -- A table for notes about a call that is counted, which lasts as long; nil when it is not.
  function live.notes(call)
    local entry = calls[id_of(call)]
    if not entry then return nil end
    entry.notes = entry.notes or {}
    return entry.notes
  end

  return live
end

return counters
