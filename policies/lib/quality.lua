-- Carriers by how well they do: those that answer, and sound well, first.
--
--   local quality = require "lib.quality"
--   local watch = quality.new {
--     seconds = 900, least = 20, answered = 0.3, reached = 0.8, pdd = 4000, mos = 3.6, silent = 0.02,
--   }
--   on_invite:   return route(watch.order(call, places))      -- places of trunks, in the order that you prefer
--   on_failure:  watch.failed(call, attempt)
--   on_end:      watch.ended(call, ending)
--
-- Of each trunk it is known, over the last so many seconds:
--   answered  share of its calls that were answered (ASR)
--   reached   share that were answered, or not because of who was called: busy, no answer, no such number (NER)
--   pdd       milliseconds from its INVITE until it rang, in the mean of the calls in which it did (post-dial delay)
--   mos       mean opinion (1 to 4.5) of what came from there, of the calls for which the relay knew it
--   silent    share of answered calls in which no media came from there
-- A trunk that is beyond one of the bounds goes behind those that are not; nothing is taken out, since a bad carrier is
-- better than none. With less than `least` calls a trunk is good, so that one that has got none for a while is tried
-- again.
-- All threads count together, and a reload forgets nothing (`counter` of the language). So do all watches with one
-- `name` ("quality") and the same `seconds`: two that are told of the same calls want names of their own.

local counters = require "lib.counters"

local quality = {}

-- Final responses that say something about who was called, or about what was dialled.
local of_the_callee = {
  [404] = true, [410] = true, [480] = true, [484] = true, [486] = true, [487] = true, [600] = true, [603] = true,
  [604] = true, [607] = true, [608] = true,
}

local bounds = { answered = true, reached = true, pdd = true, mos = true, silent = true }

-- How long the trunk that the call ended with took to ring. ending.pdd_ms is of the whole call: of a trunk before, when
-- one rang (on_failure has told), and otherwise with the time that those before took to fail.
local function delay_of(call, ending)
  local delay, before = ending.pdd_ms, call.attempts or {}
  for i = 1, #before do
    if before[i].rang then return nil end
    delay = delay and delay - before[i].elapsed_ms
  end
  return delay and math.max(0, delay)
end

-- Counters are whole numbers, and events fade out of them: all is counted in thousandths.
local one, most = 1000, 1000000

function quality.new(options)
  for name, value in pairs(options) do
    local known = bounds[name] or name == "seconds" or name == "least" or name == "name"
    assert(known, "there is no bound " .. tostring(name))
    local wanted = name == "name" and "string" or "number"
    assert(type(value) == wanted, "expected a " .. wanted .. " for " .. name)
  end
  local events = counters.window { name = options.name or "quality", seconds = options.seconds or 900 }
  local least = options.least or 20

  local function add(trunk, what, value)
    local amount = math.min(most, math.floor((value or 1) * one + 0.5))
    if amount > 0 then events.add(trunk .. "/" .. what, nil, amount) end
  end
  local function count(trunk, what) return events.count(trunk .. "/" .. what) / one end

  local function add_delay(trunk, milliseconds)
    if not milliseconds then return end
    add(trunk, "rang")
    add(trunk, "delay", milliseconds / 1000)
  end

  local watch = {}

  -- In on_failure. `trunk`: another name than the trunk's, as in all of these: trunk .. " " .. country, where carriers
  -- are good for one country and bad for another.
  function watch.failed(_, attempt, trunk)
    trunk = trunk or attempt.trunk
    if trunk == "" then return end
    add(trunk, "calls")
    add_delay(trunk, attempt.pdd_ms)
    local theirs = attempt.cause == "timeout" and attempt.rang  -- it rang, nobody came
    if theirs or (attempt.cause == "response" and of_the_callee[attempt.status]) then add(trunk, "reached") end
  end

  -- In on_end. Of calls that were not answered on_failure has told, but for those whose caller gave up.
  function watch.ended(call, ending, trunk)
    trunk = trunk or ending.trunk
    if trunk == "" then return end
    if not ending.answered and ending.cause ~= "cancel" then return end
    add_delay(trunk, delay_of(call, ending))
    add(trunk, "calls")
    add(trunk, "reached")
    if not ending.answered then return end
    add(trunk, "answered")
    if ending.silent == "callee" then add(trunk, "silent") end
    if ending.callee_mos then
      add(trunk, "rated")
      add(trunk, "mos", ending.callee_mos)
    end
  end

  -- What is known: { calls, answered, reached, pdd, mos, silent }, all but the first nil where there were less than
  -- `least` calls that say something about it.
  function watch.of(trunk)
    local calls, answered = count(trunk, "calls"), count(trunk, "answered")
    local rated, rang = count(trunk, "rated"), count(trunk, "rang")
    local known = { calls = calls }
    if calls >= least then
      known.answered, known.reached = answered / calls, count(trunk, "reached") / calls
    end
    if answered >= least then known.silent = count(trunk, "silent") / answered end
    if rang >= least then known.pdd = 1000 * count(trunk, "delay") / rang end
    if rated >= least then known.mos = count(trunk, "mos") / rated end
    return known
  end

  -- Which bounds a trunk is beyond, as "answered 0.12, mos 3.1"; nil when it is good.
  function watch.bad(trunk)
    local known, why = watch.of(trunk), {}
    for _, name in ipairs { "answered", "reached", "pdd", "mos", "silent" } do
      local value, bound = known[name], options[name]
      if value and bound then
        local beyond = value < bound
        if name == "silent" or name == "pdd" then beyond = value > bound end
        if beyond then why[#why + 1] = string.format(name == "pdd" and "%s %.0f" or "%s %.2f", name, value) end
      end
    end
    return why[1] and table.concat(why, ", ") or nil
  end

  -- The same places, good ones first, otherwise in their order. `name_of`: gives the name for a place, when it is not
  -- its trunk.
  function watch.order(_, places, name_of)
    local good, bad = {}, {}
    for name, value in pairs(places) do
      if type(name) == "string" then good[name] = value end
    end
    for i = 1, #places do
      local name = name_of and name_of(places[i]) or places[i].trunk
      local list = name and watch.bad(name) and bad or good
      list[#list + 1] = places[i]
    end
    for i = 1, #bad do good[#good + 1] = bad[i] end
    return good
  end

  return watch
end

return quality
