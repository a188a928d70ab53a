-- default.lua against the border of sbc.toml. reference.md, "Tests", says what is used here.

local alice = { from = "alice@example.net", authenticated = "alice" }

-- A call of Alice's, with her password.
local function from_alice(scene)
  for name, value in pairs(alice) do scene[name] = scene[name] or value end
  return call(scene)
end

test("registered users call each other", function()
  local it = from_alice { to = "bob", phones = { "bob" } }
  expect(it, { status = 200, answered = true, attempts = { { to = "sip:bob@example.net" } } })
end)

test("all phones of a user ring at once, and the first that answers has the call", function()
  local it = from_alice {
    to = "bob",
    phones = { { user = "bob", address = "198.51.100.8" }, { user = "bob", address = "198.51.100.9" } },
    answers = { ["198.51.100.8:5060"] = { 180, { 200, after = 5 } }, ["198.51.100.9:5060"] = { 180, { 200, after = 3 } } },
  }
  expect(it, { status = 200, answered = true })
  expect(#it.attempts, 2)
  expect(it.attempts[1].at, it.attempts[2].at)
  expect(it.attempts[1], { target = "UDP 198.51.100.8:5060", cancelled = true, status = 487 })
  expect(it.attempts[2], { target = "UDP 198.51.100.9:5060", cancelled = false, status = 200 })
end)

test("phones that want to be called after others are", function()
  local it = from_alice {
    to = "bob",
    phones = { { user = "bob", q = 0.2, address = "198.51.100.8" }, { user = "bob", q = 0.9, address = "198.51.100.9" } },
    answers = { ["198.51.100.9:5060"] = 486 },
  }
  expect(it.status, 200)
  expect(#it.attempts, 2)
  expect(it.attempts[1].target, "UDP 198.51.100.9:5060")
  expect(it.attempts[2].target, "UDP 198.51.100.8:5060")
end)

test("a user whose phones are off is unavailable", function()
  expect(from_alice { to = "bob" }.status, 480)
end)

test("strangers are asked for a password", function()
  local it = call { from = "alice@example.net", to = "bob", phones = { "bob" } }
  expect(it, { status = 407, attempts = {} })
end)

test("a phone is known by the address that it registered from, between phones only", function()
  expect(call { from = "alice@example.net", registered = "alice", to = "bob", phones = { "bob" } }.status, 200)
  expect(call { from = "carol@example.net", registered = "alice", to = "bob", phones = { "bob" } }.status, 407)
  -- Over UDP the address may be forged: a call that costs money needs the password.
  expect(call { from = "alice@example.net", registered = "alice", to = "06601234567" }.status, 407)
  expect(call { from = "alice@example.net", registered = "alice", transport = "tcp", to = "06601234567" }.status, 200)
end)

test("nobody calls under somebody else's name", function()
  local it = call { from = "bob@example.net", authenticated = "alice", to = "06601234567" }
  expect(it, { status = 403, reason = "Not your address", attempts = {} })
  expect(it.log[1], "user alice tried to call as bob")
end)

test("scanners hear nothing", function()
  expect(call { from = "100@1.1.1.1", to = "00441234567890" }.status, nil)
  expect(call { to = "00441234567890", user_agent = "friendly-scanner" }.status, nil)
  expect(call { to = "00441234567890", recent_failures = 30 }.status, nil)
  expect(call { to = "00441234567890", recent_failures = 29 }.status, 407)
end)

test("numbers leave in E.164", function()
  local it = from_alice { to = "06601234567" }
  expect(it, { status = 200, attempts = { { number = "+436601234567", to = it.attempts[1].to } } })
end)

-- Which of the two is first is a matter of chance: both have the same weight.
test("a carrier that fails is passed over", function()
  for _, failure in ipairs { 503, 500, 403, "silence" } do
    local it = from_alice { to = "06601234567", answers = { carrier_a = failure, carrier_b = failure } }
    expect(#it.attempts, 2, "carriers that answer " .. failure)
    expect(it.attempts[1].to ~= it.attempts[2].to, true)
  end
end)

test("a silent carrier has four seconds", function()
  local it = from_alice { to = "06601234567", answers = { carrier_a = "silence", carrier_b = "silence" } }
  expect(it.attempts[2].at >= 4 and it.attempts[2].at < 5, true)
end)

test("who is busy is busy at every carrier", function()
  local it = from_alice { to = "06601234567", answers = { carrier_a = { 180, 486 }, carrier_b = { 180, 486 } } }
  expect(it.status, 486)
  expect(#it.attempts, 1)
end)

test("a caller who hangs up is not called on", function()
  local it = from_alice { to = "06601234567", gives_up = 2, answers = { carrier_a = 180, carrier_b = 180 } }
  expect(it, { status = 487, ended = "cancel" })
  expect(#it.attempts, 1)
  expect(it.attempts[1].cancelled, true)
end)

test("a call for help needs no password and leaves as it was dialled", function()
  local it = call { to = "112" }
  expect(it.status, 200)
  expect(it.attempts[1].number, "112")
end)

test("phones register with their password, trunks never, scanners get silence", function()
  expect(register { user = "alice" }.decision, "challenge")
  expect(register { user = "alice", authenticated = "alice", expires = 600 }.decision, "accept")
  expect(register { user = "alice", trunk = "carrier_a" }, { decision = "deny", status = 403 })
  expect(register { user = "alice", recent_failures = 1000 }.decision, "drop")
  expect(register { user = "alice", authenticated = "alice", recent_failures = 1000 }.decision, "accept")
end)

test("messages go from phone to phone, and scanners get silence", function()
  local phones = { "bob" }
  expect(request { method = "MESSAGE", to = "bob", phones = phones }.decision, "challenge")
  local it = request { method = "MESSAGE", from = "alice", authenticated = "alice", to = "bob", phones = phones, body = "lunch?" }
  expect(it.decision, "route")
  expect(#it.to, 1)
  expect(request { method = "MESSAGE", from = "alice", authenticated = "alice", to = "carol", phones = phones },
    { decision = "reject", status = 404 })
  expect(request { method = "OPTIONS", to = "bob" }.decision, "accept")
  expect(request { method = "OPTIONS", to = "bob", recent_failures = 1000 }.decision, "drop")
end)

test("carriers reach our users and nobody else", function()
  local phones = { "bob" }
  expect(call { trunk = "carrier_a", to = "bob@example.net", phones = phones }.status, 200)
  expect(call { trunk = "carrier_a", to = "bob", phones = phones }.status, 200)
  expect(call { trunk = "carrier_a", to = "alice@example.net", phones = phones }.status, 480)
  expect(call { trunk = "carrier_a", to = "+4412345678", phones = phones }, { status = 404, attempts = {} })
  expect(call { trunk = "carrier_a", to = "sip:203.0.113.1", phones = phones }.status, 404)
end)

test("media of carriers comes from where their SDP says", function()
  local it = from_alice { to = "06601234567", behind_nat = true }
  local legs = {}
  for _, decision in ipairs(it.decisions) do
    if decision.handler == "on_nat" then legs[#legs + 1] = decision.what end
  end
  expect(legs[1], "latch: learn, symmetric_signalling", "Alice's")
  expect(legs[#legs], "latch: strict", "the carrier's")
end)
