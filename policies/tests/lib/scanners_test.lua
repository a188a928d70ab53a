local scanners = require "lib.scanners"

local function request(fields)
  local made = { user_agent = "", recent_failures = 0, from = { display = "", user = "alice", host = "example.net" } }
  for name, value in pairs(fields) do made[name] = value end
  return made
end

test("tools are known by their names", function()
  expect(scanners.known(request { user_agent = "friendly-scanner" }), true)
  expect(scanners.known(request { user_agent = "VoIP" }), true)
  expect(scanners.known(request { user_agent = "VoIP phone 3" }), false)
  expect(scanners.known(request { user_agent = "Deskphone/1" }), false)
  expect(scanners.known(request { from = { display = "SIPVicious", user = "a", host = "b" } }), true)
  expect(scanners.known(request { from = { display = "", user = "100", host = "1.1.1.1" } }), true)
  expect(scanners.known(request {}), false)
end)

test("refused requests are counted", function()
  expect(scanners.behaves(request { recent_failures = 29 }), false)
  expect(scanners.behaves(request { recent_failures = 30 }), true)
  expect(scanners.behaves(request { recent_failures = 5 }, 5), true)
  expect(scanners.is(request { recent_failures = 5 }, 5), true)
  expect(scanners.is(request { user_agent = "sipvicious" }), true)
end)
