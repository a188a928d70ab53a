local peers = require "lib.peers"

-- As a call has them: one value by name in any case, all values by a function.
local function a_call(headers, user)
  local all = {}
  for name, value in pairs(headers or {}) do all[name] = type(value) == "table" and value or { value } end
  return {
    headers = headers or {}, call_id = "secret@caller", time = { unix = 1795255200 }, from = { user = user or "+4315551234" },
    header_values = function(name) return all[name] or {} end,
  }
end

test("a profile adds its fields, and keeps what the place has", function()
  local place = peers.teams()(a_call(), { trunk = "teams", number = "+431", media_security = "none" })
  expect({ place.trunk, place.number, place.media_security, place.late_offer }, { "teams", "+431", "none", "offer" })
  expect(place.headers, { ["X-MS-SBC"] = "Parapet/SBC/1", Subject = false, ["User-to-User"] = false })
end)

test("a list of places gets them once, for all", function()
  local places = peers.asterisk()(a_call(), { { trunk = "a" }, { trunk = "b" }, timeout = 4 })
  expect({ places[1], places[2], places.timeout, places.dtmf }, { { trunk = "a" }, { trunk = "b" }, 4, "rfc4733" })
end)

test("headers pass by name and by pattern, all their values", function()
  local call = a_call { ["X-Tenant"] = "blue", ["x-list"] = { "1", "2" }, ["P-Charging-Vector"] = "icid-value=1", Subject = "lunch" }
  expect(peers.asterisk()(call, { trunk = "a" }).headers["X-Tenant"], { "blue" })
  expect(peers.asterisk()(call, { trunk = "a" }).headers["x-list"], { "1", "2" })
  expect(peers.asterisk()(call, { trunk = "a" }).headers["P-Charging-Vector"], nil)
  local own = peers.profile { pass = { "Subject" }, add = { ["X-Tenant"] = "red" } }
  local place = own(call, { trunk = "a", headers = { ["X-Own"] = "1" } })
  expect(place.headers, { Subject = { "lunch" }, ["X-Tenant"] = "red", ["X-Own"] = "1" })
end)

test("a caller cannot spoil a call by what he sends", function()
  local headers = { ["X-Long"] = ("x"):rep(1025), ["X-Odd"] = "a\1b" }
  for i = 1, 100 do headers["X-" .. i] = "1" end
  local passed = 0
  for name in pairs(peers.asterisk()(a_call(headers), { trunk = "a" }).headers) do
    passed = passed + 1
    expect(name ~= "X-Long" and name ~= "X-Odd", true)
  end
  expect(passed, 16)
end)

test("identity does not pass by a pattern", function()
  local call = a_call { ["P-Asserted-Identity"] = "<sip:boss@example.net>", ["P-Tag"] = "1" }
  local headers = peers.profile { pass = { "P-*" } }(call, { trunk = "a" }).headers
  expect(headers["P-Asserted-Identity"], nil)
  expect(headers["P-Tag"], { "1" })
  expect(pcall(peers.profile, { pass = { "*" } }), false)
  expect(pcall(peers.profile, { pass = { "Re*" } }), false)
end)

test("Cisco reads the caller's number in Remote-Party-ID", function()
  local cucm = peers.cucm { party_host = "border.example.net" }
  expect(cucm(a_call(), { trunk = "a" }).headers["Remote-Party-ID"],
         "<sip:+4315551234@border.example.net>;party=calling;screen=yes;privacy=off")
  expect(cucm(a_call({}, "anonymous"), { trunk = "a" }).headers["Remote-Party-ID"], nil)
  expect(peers.cucm()(a_call(), { trunk = "a" }).headers, {})
end)

test("a charging identity tells nothing of the caller's side, and each call has its own", function()
  local ims = peers.ims { network = "example.net" }
  local vector = ims(a_call(), { trunk = "a" }).headers["P-Charging-Vector"]
  expect(vector:find("^icid%-value=%x+;orig%-ioi=example%.net$") ~= nil, true, vector)
  expect(vector:find("secret", 1, true), nil)
  local other = a_call()
  other.call_id = "another@caller"
  expect(ims(other, { trunk = "a" }).headers["P-Charging-Vector"] ~= vector, true)
end)

test("mistakes in a profile are named", function()
  expect(pcall(peers.profile, { passes = {} }), false)
end)
