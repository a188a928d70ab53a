-- luacheck: globals counter
local counters = require "lib.counters"

local function call_at(now, id, fields)
  local made = { call_id = id or "1", time = { unix = now }, headers = {}, referred_by = "", replaces = "" }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

test("a memory holds so many and forgets what was not used for longest", function()
  local memory = counters.memory(10)
  memory.put("kept", 1)
  for i = 1, 100 do
    memory.put("key" .. i, i)
    expect(memory.get("kept"), 1, i)
  end
  local held = 0
  for i = 1, 100 do held = held + (memory.get("key" .. i) and 1 or 0) end
  expect(held <= 10, true, held)
  expect(memory.get "key100", 100)
  expect(memory.get "key1", nil)
end)

test("a window counts what is in it", function()
  local window = counters.window { seconds = 60 }
  for i = 1, 5 do expect(window.add("alice", 6000 + i), i) end
  expect(window.count("alice", 6059), 5)
  expect(window.count("bob", 6059), 0)
end)

test("what is older fades out, and is gone after two windows", function()
  local window = counters.window { seconds = 60 }
  window.add("alice", 6000, 10)
  expect(window.count("alice", 6060), 10.0)
  expect(window.count("alice", 6090), 5.0)
  expect(window.count("alice", 6120), 0)
  window.add("alice", 6000, 10)
  expect(window.count("alice", 9000), 0)
end)

test("a clock that is set back ends nothing", function()
  local window = counters.window { seconds = 60 }
  window.add("alice", 6000, 3)
  expect(window.count("alice", 5990), 3)
  expect(window.add("alice", 1000), 1)
end)

test("a second is the second of the clock", function()
  local window = counters.window { seconds = 1 }
  window.add("alice", 6000, 3)
  expect(window.add("alice", 6000), 4)
  expect(window.count("alice", 6001), 0)
end)

test("a window with a name is the border's", function()
  local asked = {}
  counter = {  -- what policies have and tests do not
    incr = function(...)
      asked[#asked + 1] = { ... }
      return 7
    end,
    get = function(...)
      asked[#asked + 1] = { ... }
      return 6
    end,
  }
  local window = counters.window { name = "calls", seconds = 60 }
  expect({ window.add("alice", 6000), window.add("alice", 6000, 5), window.count("alice", 6000) }, { 7, 7, 6 })
  expect(asked, { { "calls/alice", 60, 1 }, { "calls/alice", 60, 5 }, { "calls/alice", 60 } })
  window.add(("x"):rep(500), 6000)
  expect(#asked[4][1], 128)
end)

test("a window of many keys keeps those that are busy", function()
  local window = counters.window { seconds = 60, keys = 100 }
  for i = 1, 1000 do
    window.add("busy", 6000)
    window.add("stranger" .. i, 6000)
  end
  expect(window.count("busy", 6000), 1000)
end)

test("what a call has taken it gives back when it ends", function()
  local up = counters.live {}
  expect(up.take(call_at(0, "a"), "alice", true), true)
  expect(up.take(call_at(0, "a"), "trunk"), true)
  up.take(call_at(0, "b"), "alice", true)
  expect({ up.count "alice", up.count "trunk" }, { 2, 1 })
  up.leave(call_at(9, "a"))
  expect({ up.count "alice", up.count "trunk" }, { 1, 0 })
  up.leave(call_at(9, "a"))
  up.leave(call_at(9, "never seen"))
  expect(up.count "alice", 1)
end)

test("what is given back early is not given back twice", function()
  local up = counters.live {}
  up.take(call_at(0), "a", true)
  up.take(call_at(0, "2"), "a", true)
  up.give(call_at(0), "a")
  up.give(call_at(0), "a")
  expect(up.count "a", 1)
  up.leave(call_at(0))
  expect(up.count "a", 1)
end)

test("nobody gets back what a call holds by ending another one with its Call-ID", function()
  local up = counters.live {}
  up.take(call_at(0, "same", { headers = { Via = "a" } }), "alice", true)
  up.leave(call_at(1, "same", { headers = { Via = "b" } }))
  up.leave(call_at(1, "same", { headers = { Via = "a", CSeq = "2 INVITE" } }))
  up.leave(call_at(1, "same", { headers = { Via = "a", From = "<sip:x@y>;tag=2" } }))
  expect(up.count "alice", 1)
  up.leave(call_at(2, "same", { headers = { Via = "a" } }))
  expect(up.count "alice", 0)
end)

test("calls that are the same to the last letter are still two", function()
  local up = counters.live {}
  up.take(call_at(0, "same"), "alice", true)
  up.take(call_at(0, "same"), "alice", true)
  expect(up.count "alice", 2)
  up.leave(call_at(1, "same"))
  expect(up.count "alice", 1)
  up.leave(call_at(1, "same"))
  expect(up.count "alice", 0)
end)

test("what has no end of its own is not counted", function()
  local up = counters.live {}
  expect(up.take(call_at(0, "r", { referred_by = "sip:alice@example.net" }), "alice", true), false)
  expect(up.take(call_at(0, "p", { replaces = "sip:bob@example.net" }), "alice", true), false)
  expect(up.count "alice", 0)
end)

test("identifiers that are too long are not kept", function()
  local up = counters.live {}
  local long = call_at(0, ("x"):rep(798))
  expect({ up.takes(call_at(0)), up.takes(long) }, { true, false })
  expect(up.take(long, "alice", true), false)
end)

test("calls beyond the limit are not counted, and old ones make room", function()
  local up = counters.live { calls = 2, longest = 100 }
  up.take(call_at(1000, "a"), "x", true)
  up.take(call_at(1090, "b"), "x", true)
  expect(up.take(call_at(1091, "c"), "x", true), false)
  expect(up.notes(call_at(1091, "c")), nil)
  up.leave(call_at(1092, "c"))
  expect(up.count "x", 2)
  expect(up.take(call_at(1160, "d"), "x", true), true)
  expect(up.count "x", 2)
  expect(pcall(counters.live, { calls = 5000 }), false)
  expect(pcall(counters.memory, 5000), false)
end)
