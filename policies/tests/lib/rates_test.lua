-- luacheck: globals tables
local rates = require "lib.rates"

local function at(date, id) return { time = { date = date }, call_id = id or "1" } end
local function trunks(offers)
  local names = {}
  for i, offer in ipairs(offers) do names[i] = offer.trunk end
  return names
end

local deck = rates.deck({
  { prefix = "+43", trunk = "a", price = 0.011, to = "2026-12-31" },
  { prefix = "+43", trunk = "a", price = 0.031, from = "2027-01-01" },
  { prefix = "+4366", trunk = "a", price = 0.050 },
  { prefix = "+43", trunk = "b", price = 0.020 },
  { prefix = "+43720", trunk = "b", price = false },
}, { { prefix = "+", trunk = "c", price = 0.1 } })

test("the cheapest is first", function()
  expect(trunks(deck.offers(at "2026-11-21", "+4312345")), { "a", "b", "c" })
  expect(trunks(deck.offers(at "2026-11-21", "+15551234")), { "c" })
  expect(deck.offers(at "2026-11-21", "112"), {})
end)

test("of each carrier the longest prefix counts, though another's is longer", function()
  local offers = deck.offers(at "2026-11-21", "+43660123")
  expect(trunks(offers), { "b", "a", "c" })
  expect(offers[2].prefix, "+4366")
end)

test("prices change on their day", function()
  expect(deck.offers(at "2026-12-31", "+4312345")[1], { trunk = "a", price = 0.011 })
  expect(deck.offers(at "2027-01-01", "+4312345")[1], { trunk = "b" })
  expect(deck.offers(at "2027-01-01", "+4312345")[2], { trunk = "a", price = 0.031 })
end)

test("of two prices in force the later one counts, in whatever order they are written", function()
  local old = { prefix = "+1", trunk = "a", price = 1 }
  local new = { prefix = "+1", trunk = "a", price = 2, from = "2026-06-01" }
  for _, list in ipairs { { old, new }, { new, old } } do
    expect(rates.deck(list).offers(at "2026-06-01", "+1555"), { new })
    expect(rates.deck(list).offers(at "2026-05-31", "+1555"), { old })
  end
end)

test("a carrier that must not get a number does not get it by a shorter prefix", function()
  expect(trunks(deck.offers(at "2026-11-21", "+4372012345")), { "a", "c" })
end)

test("nothing is routed above the price that is said", function()
  expect(trunks(deck.offers(at "2026-11-21", "+4312345", 0.02)), { "a", "b" })
  expect(deck.offers(at "2026-11-21", "+15551234", 0.05), {})
end)

test("equal prices share calls by weight, and one call has one order", function()
  local equal = rates.deck { { prefix = "+", trunk = "a", price = 1, weight = 3 }, { prefix = "+", trunk = "b", price = 1 } }
  local first = 0
  for i = 1, 1000 do
    local id = "call" .. i
    local names = trunks(equal.offers(at("2026-11-21", id), "+1"))
    expect(trunks(equal.offers(at("2026-11-21", id), "+1")), names)
    if names[1] == "a" then first = first + 1 end
  end
  expect(first > 700 and first < 800, true, first)
end)

test("the first few become places", function()
  expect(rates.places(deck.offers(at "2026-11-21", "+4312345"), {}, 2), { { trunk = "a" }, { trunk = "b" } })
  expect(#rates.places(deck.offers(at "2026-11-21", "+4312345")), 3)
  expect(rates.places {}, {})
end)

test("calls cost by whole intervals", function()
  local function close(actual, expected) expect(math.abs(actual - expected) < 1e-9, true, actual) end
  close(rates.cost({ price = 0.06 }, 61), 0.061)
  close(rates.cost({ price = 0.06, interval = "60/60" }, 61), 0.12)
  close(rates.cost({ price = 0.06, interval = "30/6" }, 3), 0.03)
  close(rates.cost({ price = 0.06, interval = "30/6", setup = 1 }, 31), 1.036)
  close(rates.cost({ price = 0.06, setup = 1 }, 0), 0)
end)

test("a carrier's list is read as it came", function()
  local rows = rates.csv("prefix,destination, price,from\r\n43,Austria,0.012,2026-11-01\n\n+4366, Mobile ,0.03,\n", { trunk = "x" })
  expect(rows, {
    { prefix = "+43", price = 0.012, from = "2026-11-01", trunk = "x" }, { prefix = "+4366", price = 0.03, trunk = "x" },
  })
  expect(#rates.deck(rows).offers(at "2026-11-21", "+43660"), 1)
  expect(rows[2].destination, nil)
end)

test("tables of the configuration are as good", function()
  local files = {
    a = {
      ["43"] = { prefix = "43", price = "0.011", next_price = "0.031", from = "2027-01-01" },
      ["43720"] = { prefix = "43720", price = "-" },
    },
    b = { ["+43"] = { prefix = "+43", price = "0.020", interval = "60/60" }, ["+4366"] = { prefix = "+4366", price = 0.005 } },
  }
  tables = {  -- what policies have and tests do not
    prefix = function(name, text)
      for size = #text, 0, -1 do
        local row = files[name][text:sub(1, size)]
        if row then return row, text:sub(1, size) end
      end
    end,
  }
  local lists = rates.tables { carrier_a = "a", carrier_b = "b" }
  expect(trunks(lists.offers(at "2026-12-31", "+4312345")), { "carrier_a", "carrier_b" })
  expect(trunks(lists.offers(at "2027-01-01", "+4312345")), { "carrier_b", "carrier_a" })
  expect(trunks(lists.offers(at "2026-12-31", "+43660123")), { "carrier_b", "carrier_a" })
  expect(trunks(lists.offers(at "2026-12-31", "+4372012345")), { "carrier_b" })
  expect(lists.offers(at "2026-12-31", "+4372012345")[1], { price = 0.02, interval = "60/60" })
  expect(lists.offers(at "2026-12-31", "+442012345"), {})
  expect(trunks(lists.offers(at "2026-12-31", "+4312345", 0.015)), { "carrier_a" })
end)

test("mistakes in a list are named", function()
  for row, text in pairs {
    [{ prefix = "43", trunk = "a", price = 1 }] = "list 1, rate 1: expected a prefix such as +4366, got 43",
    [{ prefix = "+43", trunk = "a" }] = "has prefix, trunk and price",
    [{ prefix = "+43", trunk = "a", price = "1" }] = "expected a number or false for price",
    [{ prefix = "+43", trunk = "a", price = 1, prise = 2 }] = "no field prise",
    [{ prefix = "+43", trunk = "a", price = 1, from = "1.1.2027" }] = "expected a date such as 2026-12-31 for from",
    [{ prefix = "+43", trunk = "a", price = 1, interval = "60" }] = "expected an interval",
    [{ prefix = "+43", trunk = "a", price = 1, weight = 0 }] = "weight above 0",
  } do
    local good, problem = pcall(rates.deck, { row })
    expect(good, false, text)
    expect(problem:find(text, 1, true) ~= nil, true, problem)
  end
  expect(pcall(rates.csv, "prefix,price\n43,cheap\n"), false)
  expect(pcall(rates.csv, "prefix,price\n\"43\",1\n"), false)
  expect(pcall(rates.csv, "price\n1\n"), false)
end)
