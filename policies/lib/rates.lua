-- Least cost: which carriers take a number, at what price, the cheapest first.
--
--   local rates = require "lib.rates"
--   local deck = rates.deck({
--     { prefix = "+43", trunk = "carrier_a", price = 0.011 },
--     { prefix = "+43", trunk = "carrier_a", price = 0.013, from = "2027-01-01" },   -- the new price, on its day
--     { prefix = "+4366", trunk = "carrier_b", price = 0.040, interval = "60/60" },
--     { prefix = "+43720", trunk = "carrier_b", price = false },                     -- never to this carrier
--   }, rates.csv(require "rates.carrier_c", { trunk = "carrier_c" }))
--
--   local offers = deck.offers(call, number)
--   if #offers == 0 then return reject(404, "No route") end
--   return route(rates.places(offers, { number = number, timeout = 4 }))
--
-- Of each carrier the longest prefix counts, whatever the others have, and of rows with one prefix the one that came
-- into force last. Prices are of one currency, for a minute. Carriers with the same price share calls by weight.
--
-- Long lists are better tables of the configuration, which all threads share: rates.tables. Of a deck 100,000 rates fit
-- into what a policy may take to load, which then is some seconds in each thread.

local balance = require "lib.balance"

local rates = {}

local fields = {
  prefix = "string", trunk = "string", price = "number", from = "string", to = "string", interval = "string",
  weight = "number", setup = "number",
}

-- Price lists are long, and a list has few dates and intervals: each is looked at once.
local is_date = setmetatable({}, { __index = function(known, text)
  known[text] = text:find("^%d%d%d%d%-%d%d%-%d%d$") ~= nil
  return known[text]
end })
local is_interval = setmetatable({}, { __index = function(known, text)
  known[text] = text:find("^[1-9]%d*/[1-9]%d*$") ~= nil
  return known[text]
end })

-- What is wrong with a rate, or nil.
local function wrong_with(row)
  for name, value in pairs(row) do
    local kind = fields[name]
    if not kind then return "a rate has no field " .. tostring(name) end
    if type(value) ~= kind and not (name == "price" and value == false) then
      return "expected a " .. kind .. (name == "price" and " or false" or "") .. " for " .. name
    end
  end
  if not (row.prefix and row.trunk and row.price ~= nil) then return "a rate has prefix, trunk and price" end
  if not row.prefix:find("^%+%d*$") then return "expected a prefix such as +4366, got " .. row.prefix end
  if row.from and not is_date[row.from] then return "expected a date such as 2026-12-31 for from" end
  if row.to and not is_date[row.to] then return "expected a date such as 2026-12-31 for to" end
  if row.interval and not is_interval[row.interval] then return "expected an interval such as 60/60" end
  if row.weight and row.weight <= 0 then return "expected a weight above 0" end
  return nil
end

-- The offers in their order, without those above `most`.
local function cheapest_first(offers, call, most)
  local hash, found, scores = balance.hash(call.call_id), {}, {}
  for i = 1, #offers do
    local one = offers[i]
    if one.price and (not most or one.price <= most) then
      found[#found + 1] = one
      scores[one.trunk] = balance.score(one.trunk, one.weight or 1, hash)
    end
  end
  table.sort(found, function(a, b)
    if a.price ~= b.price then return a.price < b.price end
    return scores[a.trunk] < scores[b.trunk]
  end)
  return found
end

-- From lists of rates. Fields of a rate: prefix ("+" is everything), trunk, price (for a minute; false: this trunk does
-- not get such calls); and from, to (first and last day), weight (1), setup (for each answered call), interval ("1/1").
function rates.deck(...)
  local by_prefix, longest = {}, 0
  for number, list in ipairs { ... } do
    for i, row in ipairs(list) do
      local wrong = wrong_with(row)
      if wrong then error("list " .. number .. ", rate " .. i .. ": " .. wrong) end
      local rows = by_prefix[row.prefix] or {}
      by_prefix[row.prefix] = rows
      local at = #rows + 1
      while at > 1 and (rows[at - 1].from or "") <= (row.from or "") do at = at - 1 end  -- latest first
      table.insert(rows, at, row)
      if #row.prefix > longest then longest = #row.prefix end
    end
  end

  local deck = {}

  -- The rates that hold for this call, cheapest first. `most`: leaves out what is more expensive than that.
  function deck.offers(call, number, most)
    local date, found, seen = call.time.date, {}, {}
    for size = math.min(#number, longest), 1, -1 do
      for _, row in ipairs(by_prefix[number:sub(1, size)] or {}) do
        local in_force = (not row.from or row.from <= date) and (not row.to or date <= row.to)
        if in_force and not seen[row.trunk] then
          seen[row.trunk] = true
          found[#found + 1] = row
        end
      end
    end
    return cheapest_first(found, call, most)
  end

  return deck
end

-- The same from tables of the configuration, one for each carrier:
--   [policy.table.rates_a]
--   file = "rates_a.csv"
--   local deck = rates.tables { carrier_a = "rates_a", carrier_b = "rates_b" }
-- Their columns are prefix (with "+" or without, one way in each file), price, and where they are known interval,
-- setup, weight, and next_price with from, its first day. A row without a price, or with "-" for it, is not taken.
function rates.tables(by_trunk)
  local deck = {}
  function deck.offers(call, number, most)
    local found = {}
    for trunk, name in pairs(by_trunk) do
      local row = tables.prefix(name, number) or tables.prefix(name, number:sub(2))
      if row then
        local due = row.next_price and row.from and row.from <= call.time.date
        found[#found + 1] = {
          trunk = trunk, prefix = row.prefix, price = tonumber(due and row.next_price or row.price) or false,
          interval = row.interval, setup = tonumber(row.setup), weight = tonumber(row.weight),
        }
      end
    end
    return cheapest_first(found, call, most)
  end
  return deck
end

-- What `route` takes: the trunks of the first offers, with fields that hold for all of them; at most `most` (4), since
-- each failure is a wait for the caller.
function rates.places(offers, common, most)
  local names = {}
  for i = 1, math.min(#offers, most or 4) do names[i] = offers[i].trunk end
  return balance.places(names, common)
end

-- What a call of so many seconds costs. "30/6": the first 30 seconds whole, then each six.
function rates.cost(offer, seconds)
  if seconds <= 0 then return 0 end
  local first, next_ones = (offer.interval or ""):match("^([1-9]%d*)/([1-9]%d*)$")
  first, next_ones = tonumber(first) or 1, tonumber(next_ones) or 1
  local charged = first
  if seconds > first then charged = first + math.ceil((seconds - first) / next_ones) * next_ones end
  return (offer.setup or 0) + offer.price * charged / 60
end

-- The values of a line, without the blanks around them.
local function values_of(line)
  local values, at = {}, 1
  repeat
    local comma = line:find(",", at, true)
    local value = line:sub(at, comma and comma - 1)
    if value:byte(1) == 32 or value:byte(-1) == 32 then value = value:match("^ *(.-) *$") end
    values[#values + 1] = value
    at = comma and comma + 1
  until not comma
  return values
end

local function row_of(columns, values, same, line)
  local row = {}
  for name, value in pairs(same) do row[name] = value end
  for i = 1, #columns do
    local name, value = columns[i], values[i]
    local kind = fields[name]
    if kind and value and value ~= "" then
      if kind == "number" then
        value = tonumber(value)
        if not value then error("expected a number for " .. name .. ": " .. line) end
      end
      row[name] = value
    end
  end
  if not row.prefix then error("a line without a prefix: " .. line) end
  if row.prefix:byte(1) ~= 43 then row.prefix = "+" .. row.prefix end  -- "+"
  return row
end

-- A carrier's price list as it came. Its first line names the columns, by the names above; others are passed over, and
-- a "+" that is missing is added. `same` holds what is not in the list, which is a file beside the policy,
-- rates/carrier_c.lua:
--   return [[
--   prefix,destination,price,from
--   43,Austria,0.0120,2026-11-01
--   ]]
function rates.csv(text, same)
  if text:find('"', 1, true) then error("a list with quotes cannot be read") end
  local rows, columns = {}, nil
  for line in text:gmatch("[^\r\n]+") do
    if line:find("%S") then
      local values = values_of(line)
      if columns then
        rows[#rows + 1] = row_of(columns, values, same or {}, line)
      else
        columns = values
      end
    end
  end
  return rows
end

return rates
