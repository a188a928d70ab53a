-- Telephone numbers: reading what people dial, writing what carriers expect.
--
--   local numbers = require "lib.numbers"
--   numbers.e164("0660 123 45 67", "43")      --> "+436601234567"
--
-- All functions take and give strings. What is no number (a name such as "alice") is given back as nil by `digits` and
-- unchanged by the functions that convert, so that a user name can pass through them.

local numbers = {}

-- The digits of a number without visual separators, with a leading "+" kept: "+43 (660) 12-34" --> "+436601234".
-- nil when there is anything else in it.
function numbers.digits(text)
  local plus, rest = text:match("^%s*(%+?)([%d%s%-%.%(%)/]+)$")
  if not rest then return nil end
  local digits = rest:gsub("%D", "")
  if digits == "" then return nil end
  return plus .. digits
end

function numbers.is_number(text)
  return numbers.digits(text) ~= nil
end

-- True for "+" and 7 to 15 digits that do not begin with 0 (ITU-T E.164).
function numbers.is_e164(text)
  local digits = text:match("^%+([1-9]%d+)$")
  return digits ~= nil and #digits >= 7 and #digits <= 15
end

-- From what was dialled to "+" and the international number.
--   country  the country code for numbers without one, such as "43"
--   dialling optional: { international = "00", national = "0", area = "1" }
--            international  what people dial before a country code  ("00" in most of Europe, "011" in North America)
--            national       what people dial before an area code    ("0" in most of Europe, "" in Italy, "1" in the US)
--            area           the area code of numbers dialled without one; without it they are left as they are
-- Short numbers (up to 6 digits: emergency, services, extensions) stay as dialled.
function numbers.e164(text, country, dialling)
  local number = numbers.digits(text)
  if not number then return text end
  if number:sub(1, 1) == "+" then return number end
  if #number <= 6 then return number end
  dialling = dialling or {}
  local international = dialling.international or "00"
  local national = dialling.national or "0"
  if number:sub(1, #international) == international then return "+" .. number:sub(#international + 1) end
  if national ~= "" and number:sub(1, #national) == national then
    return "+" .. country .. number:sub(#national + 1)
  end
  if dialling.area then return "+" .. country .. dialling.area .. number end
  if national == "" then return "+" .. country .. number end
  return number
end

-- The other way: how a carrier that wants national numbers gets them. Numbers of other countries become
-- international .. number. "+436601234567", "43" --> "06601234567".
function numbers.national(text, country, dialling)
  local number = numbers.digits(text)
  if not number or number:sub(1, 1) ~= "+" then return text end
  dialling = dialling or {}
  local digits = number:sub(2)
  if digits:sub(1, #country) == country then
    return (dialling.national or "0") .. digits:sub(#country + 1)
  end
  return (dialling.international or "00") .. digits
end

-- Without "+", for carriers that want plain digits.
function numbers.plain(text)
  local number = numbers.digits(text)
  if not number then return text end
  return (number:gsub("^%+", ""))
end

-- Longest prefix wins. Build the table once, when the policy loads:
--
--   local destinations = numbers.prefixes { ["+43"] = "austria", ["+43720"] = "services", ["+"] = "world" }
--   destinations("+4372012345")  --> "services", "+43720"
function numbers.prefixes(map)
  local longest = 0
  for prefix in pairs(map) do
    assert(type(prefix) == "string", "prefixes must be strings")
    if #prefix > longest then longest = #prefix end
  end
  return function(number)
    local length = #number
    if length > longest then length = longest end
    for size = length, 0, -1 do
      local prefix = number:sub(1, size)
      local value = map[prefix]
      if value ~= nil then return value, prefix end
    end
    return nil
  end
end

-- True if `number` lies between `first` and `last`, which have the same length: a block of numbers.
function numbers.in_block(number, first, last)
  assert(#first == #last, "both ends of a block must have the same length")
  return #number == #first and number >= first and number <= last
end

return numbers
