local function answered(steps, more)
  local scene = { to = "4366012345", talks = 10, answers = { announcer = steps } }
  for name, value in pairs(more or {}) do scene[name] = value end
  return call(scene)
end

test("scanners hear nothing, and nothing is decided about them", function()
  local it = call { to = "100", user_agent = "Friendly-Scanner" }
  expect(#it.responses, 0)
  expect(#it.attempts, 0)
  expect(it.decisions, { { handler = "on_screen", what = "drop" } })
end)

test("methods that nobody has any business with", function()
  local it = request { method = "SUBSCRIBE", to = "bob" }
  expect(it, { decision = "reject", status = 405, where = "responses.lua:8" })
  expect(request { method = "OPTIONS", to = "bob" }, { decision = "accept", where = "default" })
  expect(register { user = "alice", user_agent = "friendly-scanner" }, { decision = "drop" })
end)

test("too many of one address", function()
  for _ = 1, 20 do expect(answered { 200 }, { status = 200 }) end
  expect(answered { 200 }, { status = 503, attempts = {} })
  expect(call { to = "112", answers = { announcer = 200 } }, { status = 200 }, "a call for help is not screened")
end)

test("an announcement becomes ringing, and its answer comes with the 200", function()
  local it = answered { 183, 180, 200 }
  expect(it.responses, { 180, 180, 200 })
  expect(it.progress[1], { status = 180, early_media = false, headers = { ["X-Ring"] = "ours" } })
  expect(it.progress[2], { status = 180, early_media = false })
  expect(it, { answered = true, headers = { ["X-Answered-By"] = "announcer" } })
end)

test("early media of others is heard, queues are not told of", function()
  local it = call { to = "4366012345", answers = { announcer = 503, carrier = { 182, 183, 200 } } }
  expect(it.responses, { 183, 200 })
  expect(it.progress[1], { early_media = true })
end)

test("voicemail does not take who does not want it", function()
  local machine = { 180, { 200, headers = { Server = "Voicemail 3" } } }
  expect(answered(machine), { answered = true, headers = { ["X-Answered-By"] = "announcer" } })
  local it = answered(machine, { headers = { ["X-No-Voicemail"] = "yes" } })
  expect(#it.attempts, 2)
  expect(it, { answered = true, headers = { ["X-Answered-By"] = "carrier" } })
end)

test("a fax machine is hung up", function()
  local it = answered { { 200, headers = { ["X-Fax"] = "1" } } }
  expect(it, { status = 488, reason = "No Fax", answered = false, ended = "hung_up" })
  expect(#it.attempts, 1)
end)

test("a call ends after an hour", function()
  expect(answered({ 200 }, { talks = 7200 }), { ended = "max_duration", duration = 3600 })
end)
