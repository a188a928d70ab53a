-- luacheck: globals counter
local fraud = require "lib.fraud"

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
  events[#events + 1] = { name = name, at = clock, amount = amount }
  return counter.get(name, seconds)
end

local noon = 1795255200
local function at(now)
  clock = now or noon
  return { emergency = false, time = { unix = clock } }
end

-- A guard that nobody has passed yet.
local function new_guard(options)
  events = {}
  return fraud.new(options)
end

test("some numbers nobody calls", function()
  local guard = new_guard { home = "43", never = { fraud.satellite, fraud.premium "AT", "+53" }, except = { "+43900123" } }
  expect(guard.refuses(at(), "alice", "+8816123456"), "nobody calls +881")
  expect(guard.refuses(at(), "alice", "+43900999888"), "nobody calls +43900")
  expect(guard.refuses(at(), "alice", "+5312345678"), "nobody calls +53")
  expect(guard.refuses(at(), "alice", "+43900123456"), nil)
  expect(guard.refuses(at(), "alice", "+4315551234"), nil)
  expect(guard.refuses(at(), "alice", "+442012345678"), nil)
end)

test("calls abroad have a limit for each caller, those at home have none", function()
  local guard = new_guard { home = "43", per_hour = 3 }
  for _ = 1, 3 do expect(guard.refuses(at(), "alice", "+442012345678"), nil) end
  expect(guard.refuses(at(), "alice", "+442012345678"), "more than 3 calls abroad in an hour")
  expect(guard.refuses(at(), "alice", "+4315551234"), nil)
  expect(guard.refuses(at(), "bob", "+442012345678"), nil)
  expect(guard.refuses(at(noon + 7200), "alice", "+442012345678"), nil)
end)

test("what was refused does not count", function()
  local guard = new_guard { per_hour = 1 }
  expect(guard.refuses(at(), "alice", "+442012345678"), nil)
  for _ = 1, 50 do guard.refuses(at(), "alice", "+442012345678") end
  expect(guard.refuses(at(noon + 7200), "alice", "+442012345678"), nil)
end)

test("new countries are few in a day, and those that were called before are not new", function()
  local guard = new_guard { home = "43", new_per_day = 2 }
  expect(guard.refuses(at(), "alice", "+442012345678"), nil)
  expect(guard.refuses(at(), "alice", "+493012345678"), nil)
  expect(guard.refuses(at(), "alice", "+2521234567"), "more than 2 new countries in a day")
  expect(guard.refuses(at(), "alice", "+442099999999"), nil)
  expect(guard.refuses(at(), "bob", "+2521234567"), nil)
  expect(guard.refuses(at(noon + 2 * 86400), "alice", "+2521234567"), nil)
end)

test("a country that another thread has let a caller call is not new, for a month", function()
  local options, day = { home = "43", new_per_day = 1 }, 86400
  expect(new_guard(options).refuses(at(), "alice", "+442012345678"), nil)
  local other = fraud.new(options)
  expect(other.refuses(at(), "alice", "+442012345678"), nil)
  expect(other.refuses(at(), "alice", "+493012345678"), "more than 1 new countries in a day")
  expect(other.refuses(at(noon + 29 * day), "alice", "+442012345678"), nil)
  expect(other.refuses(at(noon + 29 * day), "alice", "+493012345678"), nil, "the new one of this day")
  expect(other.refuses(at(noon + 58 * day), "alice", "+442012345678"), nil, "called within the last month")
  expect(other.refuses(at(noon + 60 * day), "alice", "+33112345678"), nil)
  expect(other.refuses(at(noon + 60 * day), "alice", "+493012345678"), "more than 1 new countries in a day", "forgotten")
end)

test("how long a country is remembered can be set", function()
  local guard = new_guard { new_per_day = 1, remember = 2 * 86400 }
  expect(guard.refuses(at(), "alice", "+442012345678"), nil)
  expect(guard.refuses(at(noon + 3 * 86400), "alice", "+493012345678"), nil)
  expect(guard.refuses(at(noon + 3 * 86400), "alice", "+442012345678"), "more than 1 new countries in a day")
  expect(pcall(fraud.new, { remember = 32 * 86400 }), false)
  expect(pcall(fraud.new, { remember = 0.5 }), false)
end)

test("an island behind +1 is another country than the United States", function()
  local guard = new_guard { new_per_day = 1 }
  expect(guard.refuses(at(), "alice", "+12125550100"), nil)
  expect(guard.refuses(at(), "alice", "+18765550100"), "more than 1 new countries in a day")
end)

test("nights are stricter", function()
  local night = function(time) return time.unix >= noon + 43200 end
  local guard = new_guard { home = "43", per_hour = 10, night = night, night_per_hour = 2, new_at_night = 0 }
  expect(guard.refuses(at(), "alice", "+442012345678"), nil)
  local later = noon + 43200
  expect(guard.refuses(at(later), "alice", "+2521234567"), "a new country at night")
  expect(guard.refuses(at(later), "alice", "+442012345678"), nil)
  expect(guard.refuses(at(later), "alice", "+442012345678"), nil)
  expect(guard.refuses(at(later), "alice", "+442012345678"), "more than 2 calls abroad in an hour")
end)

test("calls for help, short numbers and users are not looked at", function()
  local guard = new_guard { per_hour = 0, never = { "+1" } }
  local help = at()
  help.emergency = true
  expect(guard.refuses(help, "alice", "+12125550100"), nil)
  expect(guard.refuses(at(), "alice", "112"), nil)
  expect(guard.refuses(at(), "alice", "bob"), nil)
end)

test("mistakes in its options are named", function()
  expect(pcall(fraud.new, { per_hours = 3 }), false)
  expect(pcall(fraud.new, { night = "22:00-06:00" }), false)
  expect(pcall(fraud.new, { never = { "53" } }), false)
end)
