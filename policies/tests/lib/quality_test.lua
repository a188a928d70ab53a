-- luacheck: globals counter
local quality = require "lib.quality"

-- What policies have and tests do not: counters of all threads, by a clock that the test sets.
local clock, events = 0, {}
counter = {}
function counter.get(name, seconds)
  local sum = 0
  for _, one in ipairs(events) do
    if one.name == name and one.at > clock - seconds then sum = sum + one.amount end
  end
  return sum
end
function counter.incr(name, seconds, amount)
  assert(math.type(amount) == "integer" and amount >= 1 and amount <= 1000000, amount)
  events[#events + 1] = { name = name, at = clock, amount = amount }
  return counter.get(name, seconds)
end

local now = 1795255200
local function a_call() return { time = { unix = now } } end
-- A watch that has been told nothing yet.
local function new_watch(options)
  clock, events = now, {}
  return quality.new(options)
end
local function answered(watch, trunk, times, fields)
  for _ = 1, times do
    local ending = { answered = true, cause = "bye", trunk = trunk, silent = "", setup_ms = 2000, duration_ms = 60000 }
    for name, value in pairs(fields or {}) do ending[name] = value end
    watch.ended(a_call(), ending)
  end
end
local function failed(watch, trunk, times, status)
  for _ = 1, times do watch.failed(a_call(), { trunk = trunk, cause = "response", status = status, rang = false }) end
end
local places = { { trunk = "a" }, { trunk = "b" }, { trunk = "c" } }
local function order(watch, at)
  local names = {}
  clock = at or now
  for i, place in ipairs(watch.order(a_call(), places)) do names[i] = place.trunk end
  return table.concat(names)
end

test("a carrier that fails calls goes last, and comes back when it is forgotten", function()
  local watch = new_watch { seconds = 900, least = 20, reached = 0.8 }
  answered(watch, "a", 10)
  failed(watch, "a", 9, 503)
  expect(order(watch), "abc")
  failed(watch, "a", 1, 503)
  expect(order(watch), "bca")
  expect(watch.bad("a"), "reached 0.50")
  expect(order(watch, now + 1800), "abc")
end)

test("who is busy is not the carrier's fault", function()
  local watch = new_watch { least = 20, reached = 0.8, answered = 0.1 }
  answered(watch, "a", 5)
  failed(watch, "a", 30, 486)
  expect(watch.bad("a"), nil)
  expect(watch.of("a"), { calls = 35, reached = 1.0, answered = 5 / 35 })
end)

test("calls that nobody answers make a carrier bad where there is a bound", function()
  local watch = new_watch { least = 20, answered = 0.3 }
  answered(watch, "a", 5)
  failed(watch, "a", 30, 486)
  expect(watch.bad("a"), "answered 0.14")
end)

test("callers who give up count, and so do those for whom it rang in vain", function()
  local watch = new_watch { least = 2, reached = 0.8, answered = 0.1 }
  for _ = 1, 4 do watch.ended(a_call(), { answered = false, cause = "cancel", trunk = "a", setup_ms = 1, duration_ms = 0 }) end
  watch.failed(a_call(), { trunk = "a", cause = "timeout", status = 408, rang = true })
  expect(watch.of("a"), { calls = 5, reached = 1.0, answered = 0.0 })
  watch.failed(a_call(), { trunk = "b", cause = "timeout", status = 408, rang = false })
  expect(watch.of("b").calls, 1)
  watch.ended(a_call(), { answered = false, cause = "rejected", trunk = "b", setup_ms = 1, duration_ms = 0 })
  expect(watch.of("b").calls, 1, "on_failure has told about it")
end)

test("a carrier that sounds badly, or not at all, goes last", function()
  local watch = new_watch { least = 20, mos = 3.6, silent = 0.02 }
  answered(watch, "a", 20, { callee_mos = 3.1 })
  answered(watch, "b", 20, { callee_mos = 4.3 })
  answered(watch, "c", 19)
  answered(watch, "c", 1, { silent = "callee" })
  expect(watch.bad("a"), "mos 3.10")
  expect(watch.bad("c"), "silent 0.05")
  expect(order(watch), "bac")
end)

test("a carrier that takes long until it rings goes last", function()
  local watch = new_watch { least = 10, pdd = 3000 }
  answered(watch, "a", 10, { pdd_ms = 4200 })
  answered(watch, "b", 10, { pdd_ms = 900 })
  answered(watch, "c", 30)
  expect(watch.of("a").pdd, 4200.0)
  expect(watch.bad("a"), "pdd 4200")
  expect(watch.of("c").pdd, nil, "it never rang, and answered")
  expect(order(watch), "bca")
end)

test("the delay of a carrier is its own, and not of those before it", function()
  local watch = new_watch { least = 1 }
  local call = { time = { unix = now }, attempts = { { trunk = "a", rang = false, elapsed_ms = 4000 } } }
  local ending = { answered = true, cause = "bye", trunk = "b", silent = "", setup_ms = 9000, duration_ms = 1000, pdd_ms = 4500 }
  watch.ended(call, ending)
  expect(watch.of("b").pdd, 500.0)
  watch.failed(call, { trunk = "c", cause = "response", status = 486, rang = true, pdd_ms = 700 })
  expect(watch.of("c").pdd, 700.0)
  -- c rang first: what the ending says is of c.
  call.attempts[2] = { trunk = "c", rang = true, elapsed_ms = 2000, pdd_ms = 700 }
  ending.trunk, ending.pdd_ms = "d", 4700
  watch.ended(call, ending)
  expect(watch.of("d").pdd, nil)
end)

test("calls that are not rated say nothing about the sound", function()
  local watch = new_watch { least = 20, mos = 3.6 }
  answered(watch, "a", 100)
  answered(watch, "a", 19, { callee_mos = 1 })
  expect(watch.bad("a"), nil)
end)

test("a call that has lasted for hours counts when it ends", function()
  local watch = new_watch { seconds = 900, least = 2 }
  watch.ended({ time = { unix = now - 9000 } },
    { answered = true, cause = "bye", trunk = "a", silent = "", setup_ms = 0, duration_ms = 9000000 })
  expect(watch.of("a").calls, 1.0)
end)

test("all threads know the same, and watches with another name do not", function()
  local options = { seconds = 900, least = 5, reached = 0.8 }
  local one, other = new_watch(options), quality.new(options)
  failed(one, "a", 3, 503)
  failed(other, "a", 3, 503)
  expect(order(one), "bca")
  expect(order(other), "bca")
  local named = quality.new { seconds = 900, least = 5, reached = 0.8, name = "night" }
  expect(order(named), "abc")
end)

test("calls to phones are nobody's", function()
  local watch = new_watch { least = 1, answered = 1 }
  watch.ended(a_call(), { answered = true, trunk = "", cause = "bye" })
  watch.failed(a_call(), { trunk = "", cause = "response", status = 486 })
  expect(watch.of("").calls, 0)
end)

test("what stands beside places stays there", function()
  local watch = new_watch {}
  expect(watch.order(a_call(), { { trunk = "a" }, timeout = 4 }).timeout, 4)
end)

test("carriers may be watched for each country", function()
  local watch = new_watch { least = 5, reached = 0.8 }
  for _ = 1, 5 do watch.failed(a_call(), { trunk = "a", cause = "transport", status = 503 }, "a 44") end
  local sorted = watch.order(a_call(), places, function(place) return place.trunk .. " 44" end)
  expect(sorted[3].trunk, "a")
  expect(order(watch), "abc")
end)

test("mistakes in bounds are named", function()
  expect(pcall(quality.new, { asr = 0.3 }), false)
  expect(pcall(quality.new, { mos = "good" }), false)
  expect(pcall(quality.new, { name = 7 }), false)
  expect(pcall(quality.new, { seconds = 0.5 }), false)
end)
