-- carrier.lua against the border of sbc.toml: the libraries in the real engine, within the real budgets. What the libraries
-- do by themselves is tested beside this folder.

-- A Monday, for each call a minute later: what happens within a second or an hour is counted. The border of a test is in
-- UTC, carrier.lua's office in Vienna.
local day, minutes = "2026-11-23", 0

local function from_alice(scene)
  minutes = minutes + 1
  local at = string.format("%s %02d:%02d", day, 9 + minutes // 60, minutes % 60)
  for name, value in pairs { from = "alice@example.net", authenticated = "alice", at = at } do
    if scene[name] == nil then scene[name] = value end
  end
  return call(scene)
end

local function trunks(it)
  local names = {}
  for i, attempt in ipairs(it.attempts) do names[i] = attempt.to end
  return table.concat(names, " ")
end

test("the cheapest carrier gets the call, in E.164", function()
  local it = from_alice { to = "015551234" }
  expect(it, { status = 200, attempts = { { to = "carrier_a", number = "+4315551234" } } })
  expect(trunks(from_alice { to = "06601234567" }), "carrier_b")
  expect(trunks(from_alice { to = "5551234" }), "carrier_a")
end)

test("the next cheapest gets what the cheapest does not take", function()
  local failing = { carrier_a = 503, carrier_b = 503, carrier_c = 503 }
  expect(trunks(from_alice { to = "015551234", answers = failing }), "carrier_a carrier_c carrier_b")
end)

test("a price changes on its day", function()
  local function first_to_london(at) return from_alice({ to = "00442079460000", at = at }).attempts[1].to end
  expect(first_to_london "2026-12-31 10:00", "carrier_c")
  expect(first_to_london "2027-01-04 10:00", "carrier_c")
  expect(trunks(from_alice { to = "00442079460000", answers = { carrier_c = 503 } }), "carrier_c carrier_b")
end)

test("a stranger is asked who he is, and may call for help", function()
  expect(call { from = "alice@example.net", to = "015551234" }.status, 407)
  local it = call { from = "alice@example.net", to = "133" }
  expect(it.attempts[1], { to = "carrier_a", number = "133" })
  expect(it.attempts[1].headers.Priority, "emergency")
end)

test("a call for help goes on, whatever carriers say", function()
  local it = call { from = "x@example.net", to = "urn:service:sos.police", answers = { carrier_a = 603, carrier_b = 200 } }
  expect({ it.status, trunks(it), it.attempts[2].number }, { 200, "carrier_a carrier_b", "133" })
end)

test("the PBX has its numbers, and its callers their number when they call for help", function()
  expect(trunks(from_alice { to = "015550142" }), "pbx")
  expect(trunks(call { trunk = "carrier_a", from = "+49301234567", to = "+4315550142" }), "pbx")
  local it = call { trunk = "pbx", from = "801@pbx.example.net", to = "112" }
  expect(it.attempts[1].to, "carrier_a")
  expect(it.attempts[1].from:find("^sip:%+4315550100@") ~= nil, true, it.attempts[1].from)
end)

test("headers of the PBX pass to it, and nothing of ours to carriers", function()
  local headers = { Subject = "lunch", ["X-Tenant"] = "blue" }
  expect(from_alice({ to = "015550142", headers = headers }).attempts[1].headers["X-Tenant"], "blue")
  local out = from_alice { to = "015551234", headers = headers }
  expect({ out.attempts[1].headers.Subject, out.attempts[1].headers["X-Tenant"] }, {})
end)

test("carriers do not get out again", function()
  expect(call { trunk = "carrier_a", from = "+49301234567", to = "+442079460000" }, { status = 404, attempts = {} })
end)

test("the list and the guard refuse", function()
  expect(from_alice({ to = "+4372099123" }).status, 603)
  expect(from_alice({ to = "0900123456" }).status, 403)
  local it = from_alice { to = "+8816123456" }
  expect(it.status, 403)
  expect(it.log[1], "fraud guard: alice to +8816123456 nobody calls +881")
  expect(from_alice({ to = "bob.the.unknown" }).status, 404)
end)

test("at night a caller gets two new countries, and no more than five calls abroad", function()
  local minute = 0
  local function bob(to)
    minute = minute + 1
    return call { from = "bob@example.net", authenticated = "bob", to = to, at = "2026-11-24 03:0" .. minute }.status
  end
  expect(bob "00442079460000", 200)
  expect(bob "004930123456", 200)
  expect(bob "0033123456789", 403)
  for i = 3, 5 do expect(bob "00442079460000", 200, i) end
  expect(bob "00442079460000", 403)
end)

test("a carrier that fails call after call is tried last", function()
  day, minutes = "2026-11-25", 0
  for _ = 1, 10 do from_alice { to = "015551234", answers = { carrier_a = 500 } } end
  expect(trunks(from_alice { to = "015551234" }), "carrier_c")
  minutes = minutes + 30
  expect(trunks(from_alice { to = "015551234" }), "carrier_a")
end)

test("calls that are over leave room for others", function()
  for i = 1, 20 do expect(from_alice({ to = "015551234" }).status, 200, i) end
end)

test("a caller has four calls at once, and a full carrier is passed over", function()
  expect(from_alice { to = "015551234", at_once = { ["user sip:alice@example.net"] = 3 } }, { status = 200 })
  local it = from_alice { to = "015551234", at_once = { ["user sip:alice@example.net"] = 4 } }
  expect(it, { status = 503, attempts = {} })
  expect(trunks(from_alice { to = "015551234", at_once = { ["trunk carrier_a"] = 60 } }), "carrier_c")
  local full = { ["trunk carrier_a"] = 60, ["trunk carrier_b"] = 30 }
  expect(from_alice({ to = "+390612345678", at_once = full }).status, 503, "nobody else takes it")
  expect(call({ from = "x@example.net", to = "133", at_once = full }).attempts[1].to, "carrier_a", "for help")
end)
