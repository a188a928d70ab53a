local balance = require "lib.balance"

local function firsts(weights, keys)
  local count = {}
  for i = 1, keys do
    local first = balance.order(weights, "caller" .. i)[1]
    count[first] = (count[first] or 0) + 1
  end
  return count
end

test("shares are as the weights say", function()
  local count = firsts({ a = 3, b = 1, c = 4 }, 8000)
  for name, share in pairs { a = 3000, b = 1000, c = 4000 } do
    expect(math.abs(count[name] - share) < share // 10, true, name .. " got " .. count[name] .. " of " .. share)
  end
end)

test("Call-IDs that count upwards are spread, too", function()
  local ones = 0
  for i = 1, 1000 do
    if balance.order({ a = 1, b = 1 }, string.format("%08x@host", i))[1] == "a" then ones = ones + 1 end
  end
  expect(ones > 430 and ones < 570, true, ones)
end)

test("one key has one order, and all names are in it", function()
  local weights = { a = 1, b = 2, c = 3, d = 4 }
  local order = balance.order(weights, "sip:alice@example.net")
  expect(#order, 4)
  for _ = 1, 10 do expect(balance.order(weights, "sip:alice@example.net"), order) end
end)

test("who is not concerned stays where he is", function()
  for i = 1, 500 do
    local key = "caller" .. i
    local before = balance.order({ a = 1, b = 2, c = 1 }, key)
    local after = balance.order({ a = 1, b = 2 }, key)
    if before[1] ~= "c" then expect(after[1], before[1], key) else expect(after[1], before[2], key) end
  end
end)

test("weight 0 gets nothing, less is a mistake", function()
  expect(balance.order({ a = 0, b = 1 }, "x"), { "b" })
  expect(balance.order({}, "x"), {})
  expect(pcall(balance.order, { a = -1 }, "x"), false)
end)

test("the one with most room is first, and what is full is out", function()
  local used = { a = 9, b = 30, c = 0 }
  expect(balance.by_room({ a = 10, b = 100, c = 1, full = 0 }, function(name) return used[name] or 0 end), { "c", "b", "a" })
  used.a = 10
  expect(balance.by_room({ a = 10, b = 100 }, function(name) return used[name] end), { "b" })
end)

test("an order becomes places", function()
  expect(balance.places { "a", "b" }, { { trunk = "a" }, { trunk = "b" } })
  local places = balance.places({ "a" }, { number = "1", timeout = 4 })
  expect({ places[1], places.number, places.timeout }, { { trunk = "a" }, "1", 4 })
end)

test("trunks by weight are what route takes", function()
  local shares = balance.shares({ carrier_b = 1, carrier_a = 3 }, { timeout = 4 })
  expect({ shares[1], shares[2], #shares, shares.timeout },
         { { trunk = "carrier_a", weight = 3 }, { trunk = "carrier_b", weight = 1 }, 2, 4 })
end)
