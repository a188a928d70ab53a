-- luacheck: globals ip
local emergency = require "lib.emergency"
local plans = require "lib.plans"

-- What policies have and tests do not: enough of it for the networks below.
ip = { inside = function(address, network) return address:sub(1, 5) == network:sub(1, 5) end }

local help = emergency.new {
  plan = plans.of "AT",
  trunks = { "carrier_a", "carrier_b" },
  priority = "esnet.1",
  sites = {
    { networks = { "10.1.0.0/16" }, trunks = { "graz", "carrier_b" }, callback = "+43316555010", location = "https://lis/graz" },
    { trunk = "pbx", users = { "8*" }, numbers = { ["112"] = "+4331655112" } },
  },
}

local function a_call(fields)
  local user = fields.to or "112"
  local urn = user:lower():find("^urn:") ~= nil
  local made = {
    emergency = false, trunk = "", auth_user = "", source_ip = "192.0.2.1", headers = {}, ruri = urn and user or "sip:" .. user,
    from = { user = "alice" }, to = { user = urn and "" or user },
  }
  for name, value in pairs(fields) do
    if name ~= "to" then made[name] = value end
  end
  return made
end

local function trunks(places)
  local names = {}
  for i, place in ipairs(places) do names[i] = place.trunk end
  return table.concat(names, " ")
end

test("numbers of the plan and what the border knows are calls for help", function()
  for _, number in ipairs { "112", "144", "1-3-3" } do expect(help.concerns(a_call { to = number }), true, number) end
  expect(help.concerns(a_call { to = "999" }), false)
  expect(help.concerns(a_call { to = "999", emergency = true }), true)
  expect(help.places(a_call { to = "06601234567" }), nil)
end)

test("a service becomes its number", function()
  for service, number in pairs {
    ["urn:service:sos"] = "112", ["urn:service:sos.police"] = "133", ["URN:service:SOS.Fire"] = "122",
    ["urn:service:sos.animal-control"] = "112",
  } do
    expect(help.number(a_call { to = service, emergency = true }), number, service)
  end
  local by_urn = emergency.new { plan = plans.of "AT", trunks = { "a" }, keep_urn = true }
  expect(by_urn.number(a_call { to = "urn:service:sos", emergency = true }), nil)
  expect(by_urn.number(a_call { to = "144" }), "144")
end)

test("all trunks are tried, those of the site first", function()
  expect(trunks(help.places(a_call {})), "carrier_a carrier_b")
  local places = help.places(a_call { source_ip = "10.1.2.3" })
  expect(trunks(places), "graz carrier_b carrier_a")
  expect(places.from, { user = "+43316555010" })
  expect(places.headers, {
    Priority = "emergency", ["Resource-Priority"] = "esnet.1", Geolocation = "<https://lis/graz>", ["Geolocation-Routing"] = "yes",
  })
  expect({ places.number, places.timeout }, { "112", 4 })
end)

test("a location by reference crosses, one in the body cannot", function()
  local with = help.places(a_call { headers = { Geolocation = "<https://lis.example.net/7>" } })
  expect(with.headers.Geolocation, "<https://lis.example.net/7>")
  local without = help.places(a_call { headers = { Geolocation = "<cid:target@host>" } })
  expect(without.headers.Geolocation, nil)
  expect(without.headers["Geolocation-Routing"], nil)
end)

test("a trunk may call for help when a site says so", function()
  expect(help.places(a_call { trunk = "carrier_a", emergency = true }), nil)
  expect(help.places(a_call { trunk = "pbx", from = { user = "700" } }), nil)
  expect(help.places(a_call { trunk = "pbx", from = { user = "801" } }).number, "+4331655112")
end)

test("it goes on as long as there is a trunk", function()
  expect(help.goes_on(a_call {}, { remaining = 1, status = 603 }), true)
  expect(help.goes_on(a_call {}, { remaining = 0, status = 503 }), false)
  expect(help.goes_on(a_call { to = "bob" }, { remaining = 1, status = 486 }), false)
end)

test("mistakes are named", function()
  expect(pcall(emergency.new, { plan = plans.of "AT", trunks = {} }), false)
  expect(pcall(emergency.new, { plan = plans.of "AT", trunks = { "a" }, site = {} }), false)
  expect(pcall(emergency.new, { plan = plans.of "AT", trunks = { "a" }, sites = { { user = "x" } } }), false)
end)
