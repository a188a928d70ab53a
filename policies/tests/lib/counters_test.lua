-- luacheck: globals counter
local counters = require "lib.counters"

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

test("a table that is too large is refused while the policy loads", function()
  expect(pcall(counters.memory, 5000), false)
end)
