local function office(scene)
  scene.phones = scene.phones or {
    { user = "alice", address = "192.0.2.1" }, { user = "alice", address = "192.0.2.2" }, { user = "bob", address = "192.0.2.3" },
    { user = "carol", address = "192.0.2.4" },
  }
  return call(scene)
end

test("all telephones of a user ring at once, and the first that answers has the call", function()
  local answers = { ["192.0.2.1:5060"] = { 180, { 200, after = 4 } }, ["192.0.2.2:5060"] = { 180, { 200, after = 2 } } }
  local it = office { to = "alice", answers = answers }
  expect(it, { status = 200, answered = true })
  expect(it.attempts[1], { target = "UDP 192.0.2.1:5060", cancelled = true, at = it.attempts[2].at })
  expect(it.attempts[2], { target = "UDP 192.0.2.2:5060", cancelled = false, status = 200 })
end)

test("two that answer at the same moment are one call", function()
  local it = office { to = "alice", answers = { ["192.0.2.1:5060"] = { { 200, after = 1 } }, ["192.0.2.2:5060"] = { { 200, after = 1 } } } }
  expect(it, { status = 200, answered = true, ended = "bye" })
end)

test("a group rings by turns, and mail takes what nobody does", function()
  local it = office { to = "200", answers = { alice = { 180 }, bob = 486, carol = { 180 }, mail = 200 } }
  expect(it, { status = 200, answered = true })
  expect(#it.attempts, 5)
  for i = 1, 3 do expect(it.attempts[i].at, it.attempts[1].at) end
  expect(it.attempts[4].to, "sip:carol@example.net")
  expect(it.attempts[4].at > it.attempts[1].at + 14, true)
  expect(it.attempts[5], { to = "mail", number = "group" })
end)

test("who is busy leaves the others ringing", function()
  local it = office { to = "201", answers = { bob = 486, carol = { 180, 200 } } }
  expect(it, { status = 200, answered = true })
  expect(it.attempts[1], { to = "sip:bob@example.net", status = 486 })
  expect(it.attempts[2], { to = "sip:carol@example.net", status = 200 })
end)

test("on_failure hears of all of them at once, by the best answer", function()
  local it = office { to = "201", answers = { bob = 503, carol = 486, mail = 200 } }
  expect(it.log, { "busy: 1 of 2" })
  expect(it.attempts[3].to, "mail")
end)

test("a refusal for all ends the others at once", function()
  local it = office { to = "201", answers = { bob = { 180 }, carol = { 180, { 603, after = 2 } } } }
  expect(it.status, 603)
  expect(it.attempts[1].cancelled, true)
  expect(#it.attempts, 2)
end)

test("a caller who gives up ends all of them", function()
  local it = office { to = "201", gives_up = 3, answers = { bob = { 180 }, carol = { 180 } } }
  expect(it.status, 487)
  expect(it.attempts[1].cancelled, true)
  expect(it.attempts[2].cancelled, true)
end)

test("two carriers at once", function()
  local it = office { to = "9991234", answers = { carrier_a = { 180, { 200, after = 5 } }, carrier_b = { 183, 200 } } }
  expect(it.attempts[1], { to = "carrier_a", cancelled = true })
  expect(it.attempts[2], { to = "carrier_b", status = 200 })
end)
