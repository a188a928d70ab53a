-- luacheck: globals counter trunks
local admission = require "lib.admission"

-- What policies have and tests do not: counters of all threads, by a clock that the test sets, and names of trunks.
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
trunks = { exists = function(name) return #name == 1 end }

local function a_call(fields)
  local made = { trunk = "", emergency = false, time = { unix = clock } }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end
local function at(now)
  clock = now
  return a_call()
end

-- A door of a border where so many calls are up: { ["user alice"] = 2 }.
local function door_of(options, up)
  options.used = function(kind, name) return up[kind .. " " .. name] or 0 end
  return admission.new(options)
end

test("a caller has so many calls at once, the one that comes among them", function()
  local up = { ["user alice"] = 2 }
  local door = door_of({ callers = { calls = 2 } }, up)
  expect(door.enter(a_call(), "alice"), nil)
  up["user alice"] = 3
  expect(door.enter(a_call(), "alice"), "Too many calls")
  expect(door.enter(a_call(), "bob"), nil)
end)

test("calls from a trunk count with those to it", function()
  local up = { ["trunk a"] = 2 }
  local door = door_of({ trunks = { a = { calls = 2 } } }, up)
  expect(door.enter(a_call { trunk = "a" }), nil, "it is one of the two")
  expect(door.places(a_call(), { { trunk = "a" } }), nil, "it would be the third")
  up["trunk a"] = 3
  expect(door.enter(a_call { trunk = "a" }), "Too many calls")
  expect(door.enter(a_call { trunk = "b" }), nil, "no limit")
end)

test("a call that goes back where it came from counts there once", function()
  local door = door_of({ trunks = { a = { calls = 2 } } }, { ["trunk a"] = 2 })
  expect(door.places(a_call { trunk = "a" }, { { trunk = "a" } }), { { trunk = "a" } })
end)

test("trunks that are full are passed over", function()
  local up = { ["trunk a"] = 1 }
  local door = door_of({ trunks = { a = { calls = 1 } } }, up)
  expect(door.places(a_call(), { { trunk = "a" }, { trunk = "b" } }), { { trunk = "b" } })
  expect(door.places(a_call(), { { trunk = "a" } }), nil)
  expect(door.places(a_call(), { { trunk = "b" }, timeout = 4 }).timeout, 4)
  up["trunk a"] = 0
  expect(door.places(a_call(), { { trunk = "a" }, { trunk = "b" } }), { { trunk = "a" }, { trunk = "b" } })
end)

test("and so many in a second, the same for all threads", function()
  local options = { callers = { per_second = 2 } }
  expect(door_of(options, {}).enter(at(1000), "alice"), nil)
  expect(door_of(options, {}).enter(at(1000), "alice"), nil)
  expect(door_of(options, {}).enter(at(1000), "alice"), "Too many calls a second")
  expect(door_of(options, {}).enter(at(1000), "bob"), nil)
  expect(door_of(options, {}).enter(at(1001), "alice"), nil)
end)

test("a call that was refused does not count in its second", function()
  local up = { ["user alice"] = 9 }
  local door = door_of({ callers = { calls = 1, per_second = 1 } }, up)
  expect(door.enter(at(1100), "alice"), "Too many calls")
  up["user alice"] = 1
  expect(door.enter(at(1100), "alice"), nil)
end)

test("a trunk's calls in a second are those that go to it first, and those that go on to it", function()
  local door = door_of({ trunks = { a = { per_second = 1 }, b = { per_second = 1 } } }, {})
  local both = { { trunk = "a" }, { trunk = "b" } }
  expect(#door.places(at(1200), both), 2)
  expect(door.places(at(1200), both), { { trunk = "b" } })
  expect(door.places(at(1200), both), nil)
  expect(#door.places(at(1300), both), 2)
  door.failed(a_call(), { trunk = "a", next = "a" })  -- another target of it
  door.failed(a_call(), { trunk = "a", next = "b" })
  expect(door.places(a_call(), both), nil)
  door.failed(a_call(), { trunk = "b", next = "" })
end)

test("calls for help are let in and counted", function()
  local door = door_of({ callers = { calls = 0 }, trunks = { a = { calls = 0, per_second = 1 } } }, { ["user alice"] = 1 })
  local call = at(1400)
  call.emergency = true
  expect(door.enter(call, "alice"), nil)
  for _ = 1, 2 do expect(door.places(call, { { trunk = "a" } }), { { trunk = "a" } }) end
  expect(counter.get("admission/trunk a", 1), 2)
end)

test("mistakes in limits are named", function()
  expect(pcall(admission.new, { callers = { call = 4 } }), false)
  expect(pcall(admission.new, { trunks = { a = { calls = "4" } } }), false)
  expect(select(2, pcall(admission.new, { trunks = { carier = { calls = 4 } } })):find("there is no trunk carier") ~= nil, true)
  expect(pcall(door_of({}, {}).places, a_call(), { { group = "x" } }), false)
end)
