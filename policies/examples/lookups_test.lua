local service = "https://numbers.example.net/v1/"

test("a ported number goes where the service says", function()
  local it = call { to = "4366012345", lookups = { [service .. "4366012345"] = { json = { number = "4930123" }, after = 0.2 } } }
  expect(it.attempts[1], { to = "carrier_a", number = "4930123" })
  expect(it.decisions[1].lookups, { { what = "GET " .. service .. "4366012345", answer = "200, 20 bytes", waited = 0.2 } })
end)

test("a number that the service does not know goes by its prefix", function()
  local it = call { to = "4366012345", lookups = { [service .. "4366012345"] = 404 } }
  expect(it.attempts[1], { to = "carrier_b", number = "4366012345" })
  expect(call { to = "43101", lookups = { [service .. "43101"] = 404 } }.attempts[1].to, "carrier_a")
end)

test("a service that says nothing delays the call by half a second, and no more", function()
  local it = call { to = "4930123", lookups = { [service .. "4930123"] = "timeout" } }
  expect(it.attempts[1], { to = "carrier_a", at = 0.5 })
  expect(it.log, { "no number service: timeout" })
  it = call { to = "4930123", lookups = { [service .. "4930123"] = { json = {}, after = 3 } } }
  expect(it.log, { "no number service: timeout" })
end)

test("what the test does not say is unavailable", function()
  expect(call { to = "4930123" }.log, { "no number service: unavailable" })
end)

test("a caller who hangs up meanwhile is gone", function()
  local it = call { to = "4930123", gives_up = 0.1, lookups = { [service .. "4930123"] = "timeout" } }
  expect(it.status, 487)
  expect(it.attempts, {})
  expect(it.decisions[1].what, "nothing: the call is gone")
end)

test("a number without a price is refused", function()
  expect(call { to = "1555", lookups = { [service .. "1555"] = 404 } }, { status = 404, reason = "No Rate" })
end)

test("twenty calls a minute are enough", function()
  local function another(at) return call { to = "43101", talks = 1, at = at, lookups = { [service .. "43101"] = 404 } } end
  for _ = 1, 20 do expect(another("2026-11-21 08:30").status, 200) end
  expect(another("2026-11-21 08:30"), { status = 503, headers = { ["Retry-After"] = "60" } })
  expect(another("2026-11-21 08:33").status, 200)
end)
