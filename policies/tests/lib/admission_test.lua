-- luacheck: globals counter
local admission = require "lib.admission"

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

local ids = 0
local function a_call(fields)
  ids = ids + 1
  local made = {
    call_id = "id" .. ids, trunk = "", emergency = false, time = { unix = 1000 }, headers = {}, referred_by = "", replaces = "",
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end
local function at(now)
  clock = now
  return a_call { time = { unix = now } }
end

test("a caller has so many calls at once", function()
  local door = admission.new { callers = { calls = 2 } }
  local first = a_call()
  expect(door.enter(first, "alice"), nil)
  expect(door.enter(a_call(), "alice"), nil)
  expect(door.enter(a_call(), "alice"), "Too many calls")
  expect(door.enter(a_call(), "bob"), nil)
  expect(door.calls "caller alice", 2)
  door.left(first)
  expect(door.enter(a_call(), "alice"), nil)
end)

test("a call that was refused gives nothing back", function()
  local door = admission.new { callers = { calls = 1 } }
  door.enter(a_call(), "alice")
  local refused = a_call()
  expect(door.enter(refused, "alice"), "Too many calls")
  door.left(refused)
  expect(door.enter(a_call(), "alice"), "Too many calls")
end)

test("a transfer is held to the limits, and not counted", function()
  local door = admission.new { callers = { calls = 1 } }
  expect(door.enter(a_call { referred_by = "sip:alice@example.net" }, "alice"), nil)
  expect(door.enter(a_call(), "alice"), nil)
  expect(door.enter(a_call { referred_by = "sip:alice@example.net" }, "alice"), "Too many calls")
end)

test("a call with endless identifiers stays outside", function()
  local door = admission.new {}
  expect(door.enter(a_call { call_id = ("x"):rep(2000) }, "alice"), "Identifiers are too long")
  expect(door.enter(a_call { call_id = ("x"):rep(2000), emergency = true }, "alice"), nil)
end)

test("calls a second are the same limit for all threads", function()
  for _ = 1, 2 do
    local thread = admission.new { callers = { per_second = 2 }, shards = 2 }
    expect(thread.enter(at(900), "alice"), nil)
  end
  local thread = admission.new { callers = { per_second = 2 }, shards = 2 }
  expect(thread.enter(at(900), "alice"), "Too many calls a second")
end)

test("and so many in a second", function()
  local door = admission.new { callers = { per_second = 2 } }
  expect(door.enter(at(1000), "alice"), nil)
  expect(door.enter(at(1000), "alice"), nil)
  expect(door.enter(at(1000), "alice"), "Too many calls a second")
  expect(door.enter(at(1001), "alice"), nil)
end)

test("calls from a trunk count with those to it", function()
  local door = admission.new { trunks = { a = { calls = 2 } } }
  expect(door.enter(a_call { trunk = "a" }), nil)
  local out = a_call()
  door.enter(out, "alice")
  expect(door.places(out, { { trunk = "a" } }), { { trunk = "a" } })
  expect(door.enter(a_call { trunk = "a" }), "Too many calls")
  expect(door.enter(a_call { trunk = "other" }), nil)
end)

test("trunks that are full are passed over", function()
  local door = admission.new { trunks = { a = { calls = 1 } } }
  local places = { { trunk = "a" }, { trunk = "b" } }
  local first, second = a_call(), a_call()
  door.enter(first, "alice")
  door.enter(second, "alice")
  expect(door.places(first, places), places)
  expect(door.places(second, places), { { trunk = "b" } })
  expect(door.places(a_call(), { { trunk = "a" } }), nil)
  expect(door.places(second, { { trunk = "b" }, timeout = 4 }).timeout, 4)
end)

test("a call that goes on to the next trunk counts there", function()
  local door = admission.new { trunks = { a = { calls = 1 }, b = { calls = 1 } } }
  local one = a_call()
  door.enter(one, "alice")
  door.places(one, { { trunk = "a" }, { trunk = "b" } })
  door.failed(one, { trunk = "a" })
  expect({ door.calls "a", door.calls "b" }, { 0, 1 })
  door.failed(one, { trunk = "b" })
  expect({ door.calls "a", door.calls "b" }, { 0, 0 })
  door.left(one)
  expect({ door.calls "a", door.calls "b", door.calls "caller alice" }, { 0, 0, 0 })
end)

test("a trunk with two targets is left after the second", function()
  local door = admission.new { trunks = { a = { calls = 9, targets = 2 } } }
  local one = a_call()
  door.enter(one, "alice")
  door.places(one, { { trunk = "a" }, { trunk = "b" } })
  door.failed(one, { trunk = "a" })
  expect({ door.calls "a", door.calls "b" }, { 1, 0 })
  door.failed(one, { trunk = "a" })
  expect({ door.calls "a", door.calls "b" }, { 0, 1 })
end)

test("new places take the place of the old ones", function()
  local door = admission.new { trunks = {} }
  local one = a_call()
  door.enter(one, "alice")
  door.places(one, { { trunk = "a" } })
  door.places(one, { { trunk = "b" } })
  expect({ door.calls "a", door.calls "b" }, { 0, 1 })
end)

test("calls for help are let in and counted", function()
  local door = admission.new { callers = { calls = 0 }, trunks = { a = { calls = 1 } } }
  local first, second = a_call { emergency = true }, a_call { emergency = true }
  for _, one in ipairs { first, second } do
    expect(door.enter(one, "alice"), nil)
    expect(door.places(one, { { trunk = "a" } }), { { trunk = "a" } })
  end
  expect(door.calls "a", 2)
end)

test("each thread lets in its share", function()
  local door = admission.new { callers = { calls = 4 }, shards = 4 }
  expect(door.enter(a_call(), "alice"), nil)
  expect(door.enter(a_call(), "alice"), "Too many calls")
end)

test("mistakes in limits are named", function()
  expect(pcall(admission.new, { callers = { call = 4 } }), false)
  expect(pcall(admission.new, { trunks = { a = { calls = "4" } } }), false)
  expect(pcall(admission.new({}).places, a_call(), { { group = "x" } }), false)
end)
