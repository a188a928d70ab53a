-- Sharing calls among trunks, or among anything else that has a name and a weight.
--
--   local balance = require "lib.balance"
--   local shares = { carrier_a = 3, carrier_b = 1 }          -- three calls for carrier_a, one for carrier_b
--   return route(balance.shares(shares, { number = number, timeout = 4 }))
--
-- The border draws each call anew; with draw_by = call.from.aor beside the number each caller stays where he is. All
-- names are in the order, so that the call goes on with the next one where the first fails.
--
-- Who wants to see the order, or orders something else than trunks, draws it here: balance.order(shares, key). The same
-- key has the same order, today and after a restart, in every thread; and when a name is added or taken out, only the
-- keys that were or will be first there move (rendezvous hashing, weighted).

local balance = {}

-- Scatters the bits of a 32 bit number (the last steps of MurmurHash3).
local function scatter(value)
  value = ((value ~ (value >> 16)) * 0x85ebca6b) & 0xffffffff
  value = ((value ~ (value >> 13)) * 0xc2b2ae35) & 0xffffffff
  return value ~ (value >> 16)
end

-- A number from 0 to 2^32 - 1 (FNV-1a, scattered). It spreads; it protects nothing: who knows the key knows the number.
function balance.hash(text)
  local value = 0x811c9dc5
  for i = 1, #text do value = ((value ~ text:byte(i)) * 0x01000193) & 0xffffffff end
  return scatter(value)
end

-- Where `name` stands for a key of this hash: least is first. Greater weights make lesser scores, in proportion.
function balance.score(name, weight, hash)
  local drawn = (scatter(balance.hash(name) ~ hash) + 0.5) / 0x100000000  -- between 0 and 1, neither of them
  return -math.log(drawn) / weight
end

local function sorted(names, scores)
  table.sort(names, function(a, b)
    if scores[a] ~= scores[b] then return scores[a] < scores[b] end
    return a < b
  end)
  return names
end

-- Names by weight: { carrier_a = 3, carrier_b = 1 }. Weight 0 gets nothing.
function balance.order(weights, key)
  local hash, names, scores = balance.hash(key), {}, {}
  for name, weight in pairs(weights) do
    assert(type(weight) == "number" and weight >= 0, "expected a weight of 0 or more for " .. tostring(name))
    if weight > 0 then
      names[#names + 1] = name
      scores[name] = balance.score(name, weight, hash)
    end
  end
  return sorted(names, scores)
end

-- Names by the share of their capacity that is free, most first; what is full is left out.
--   capacity  { carrier_a = 30, carrier_b = 90 }: calls at once
--   used      a function that says how many there are; those of trunks, as the border counts them, when left out
function balance.by_room(capacity, used)
  used = used or trunks.calls
  local names, scores = {}, {}
  for name, most in pairs(capacity) do
    local now = used(name)
    if now < most then
      names[#names + 1] = name
      scores[name] = now / most
    end
  end
  return sorted(names, scores)
end

-- What `route` takes, of trunks by weight: { a = 3 } --> { { trunk = "a", weight = 3 } }, with fields that hold for all
-- of them. Weights are whole numbers; weight 0 is the last resort.
function balance.shares(weights, fields)
  local names, places = {}, {}
  for name in pairs(weights) do names[#names + 1] = name end
  table.sort(names)  -- a decision that is made again is the same
  for name, value in pairs(fields or {}) do places[name] = value end
  for i = 1, #names do places[i] = { trunk = names[i], weight = weights[names[i]] } end
  return places
end

-- What `route` takes: { "a", "b" } --> { { trunk = "a" }, { trunk = "b" } }, with fields that hold for all of them:
--   route(balance.places(order, { number = number, timeout = 4 }))
function balance.places(names, fields)
  local places = {}
  for name, value in pairs(fields or {}) do places[name] = value end
  for i = 1, #names do places[i] = { trunk = names[i] } end
  return places
end

return balance
