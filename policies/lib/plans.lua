-- Number plans: what people of a country dial, and what it means.
--
--   local plans = require "lib.plans"
--   local austria = plans.of("AT", { area = "1" })
--   austria.e164("0660 123 45 67")            --> "+436601234567"
--   austria.kind("0900 123 456")              --> "premium"
--   austria.write("+436601234567", "plain")   --> "436601234567", for a carrier that wants it so
--   austria.sos.police                        --> "133"
--
-- Prefixes of premium and shared-cost numbers are the ranges of the plan as a whole; what a number costs is for your
-- carrier's price list to say. The plans leave out what only matters inside a city, and codes of single operators.

local numbers = require "lib.numbers"

local plans = {}

-- code: country code. international, national: what is dialled before a country code, before an area code ("00", "0").
-- whole: numbers of this length are national without a prefix. bare: so are those that begin so. length: of a national
-- number, shortest and longest. sos: numbers for help by urn:service:sos.<name> (RFC 5031 4.2), sos.any for all
-- others; help: more of them. short: other short numbers. premium, shared, free: prefixes behind the country code.
local countries = {
  AT = { code = "43", length = { 4, 13 }, help = { "142", "147" }, short = { "120", "123" },
         sos = { any = "112", police = "133", fire = "122", ambulance = "144", gas = "128", mountain = "140",
                 physician = "141" },
         premium = { "900", "901", "930", "931", "939" }, shared = { "810", "820", "821" }, free = { "800" } },
  AU = { code = "61", international = "0011", length = { 6, 10 }, bare = { "1300", "1800", "1900", "1902" },
         help = { "106", "112" }, sos = { any = "000" }, premium = { "190" }, shared = { "13" }, free = { "180" } },
  BE = { code = "32", length = { 8, 9 }, sos = { any = "112", police = "101" }, help = { "100" },
         premium = { "90" }, shared = { "70", "78" }, free = { "800" } },
  CA = { code = "1", international = "011", national = "1", whole = 10, length = { 10, 10 }, sos = { any = "911" },
         short = { "211", "311", "411", "511", "611", "711", "811", "988" },
         premium = { "900" }, free = { "800", "833", "844", "855", "866", "877", "888" } },
  CH = { code = "41", length = { 9, 9 }, short = { "1811", "162", "163" },
         sos = { any = "112", police = "117", fire = "118", ambulance = "144", poison = "145", mountain = "1414" },
         premium = { "900", "901", "906" }, shared = { "840", "842", "844", "848" }, free = { "800" } },
  DE = { code = "49", length = { 5, 13 }, sos = { any = "112", police = "110" }, short = { "115", "116116", "116117" },
         premium = { "900", "137", "118" }, shared = { "180" }, free = { "800" } },
  DK = { code = "45", national = "", length = { 8, 8 }, sos = { any = "112" }, short = { "114", "1813" },
         premium = { "90" }, free = { "80" } },
  ES = { code = "34", national = "", length = { 9, 9 }, short = { "010", "012" },
         sos = { any = "112", police = "091", ambulance = "061", fire = "080" }, help = { "062", "085", "092", "016" },
         premium = { "803", "806", "807", "905", "907" }, shared = { "901", "902" }, free = { "800", "900" } },
  FR = { code = "33", length = { 9, 9 }, help = { "114", "115", "119", "191" },
         sos = { any = "112", police = "17", fire = "18", ambulance = "15", marine = "196" },
         premium = { "89" }, shared = { "81", "82" }, free = { "80" } },
  GB = { code = "44", length = { 7, 10 }, sos = { any = "999" }, help = { "112" },
         short = { "101", "105", "111", "119" }, premium = { "9", "70", "871", "872", "873" },
         shared = { "843", "844", "845", "870" }, free = { "800", "808" } },
  IT = { code = "39", national = "", length = { 6, 11 }, help = { "114", "117", "1515" },
         sos = { any = "112", police = "113", fire = "115", ambulance = "118", marine = "1530" },
         premium = { "892", "894", "895", "899" }, shared = { "840", "841", "847", "848" }, free = { "800", "803" } },
  NL = { code = "31", length = { 7, 11 }, sos = { any = "112" }, short = { "113", "144" },
         premium = { "900", "906", "909" }, free = { "800" } },
  PL = { code = "48", national = "", length = { 9, 9 }, help = { "985", "986" },
         sos = { any = "112", police = "997", fire = "998", ambulance = "999" },
         premium = { "70" }, shared = { "801", "804" }, free = { "800" } },
  SE = { code = "46", length = { 6, 13 }, sos = { any = "112" }, short = { "11313", "11414", "1177" },
         premium = { "900", "939", "944" }, shared = { "77" }, free = { "20" } },
}
countries.US = countries.CA

-- Countries behind +1 that are neither the United States nor Canada, by area code. What is dialled like a long-distance
-- call costs as much as one around the world: a favourite of fraud.
plans.islands = { "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758", "767",
                  "784", "809", "829", "849", "868", "869", "876" }
local is_island = {}
for _, code in ipairs(plans.islands) do is_island[code] = true end

-- ITU-T E.164 assigns codes of one, two and three digits; these are the two, 1 and 7 the one.
local two_digits = {}
for code in ([[20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82
               84 86 90 91 92 93 94 95 98]]):gmatch("%d%d") do two_digits[code] = true end

-- The country of an E.164 number, by its code: "43", "881"; of an island behind +1 with its area code: "1876". nil for
-- what is no such number.
function plans.country(number)
  local digits = number:match("^%+([1-9]%d+)$")
  if not digits then return nil end
  if digits:sub(1, 1) == "7" then return "7" end
  if digits:sub(1, 1) == "1" then return is_island[digits:sub(2, 4)] and digits:sub(1, 4) or "1" end
  return two_digits[digits:sub(1, 2)] and digits:sub(1, 2) or digits:sub(1, 3)
end

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, value in pairs(list) do set[value] = true end
  end
  return set
end

local function begins(text, prefixes)
  for _, prefix in ipairs(prefixes or {}) do
    if text:sub(1, #prefix) == prefix then return true end
  end
  return false
end

-- `area`: the area code of numbers that are dialled without one.
function plans.of(country, options)
  local facts = countries[country]
  assert(facts, "there is no plan of " .. tostring(country) .. " here")
  local code = facts.code
  local dialling = { international = facts.international or "00", national = facts.national or "0",
                     area = (options or {}).area }
  local help, short = set_of(facts.sos, facts.help or {}), set_of(facts.short or {})

  local plan = { code = code, sos = facts.sos, premium = {} }  -- premium: prefixes in E.164
  for i, prefix in ipairs(facts.premium) do plan.premium[i] = "+" .. code .. prefix end

  -- What was dialled as an E.164 number. Numbers for help and short numbers stay as they are, names too.
  function plan.e164(text)
    local digits = numbers.digits(text)
    if not digits or help[digits] or short[digits] then return digits or text end
    if #digits == facts.whole or begins(digits, facts.bare) then return "+" .. code .. digits end
    return numbers.e164(digits, code, dialling)
  end

  -- "emergency", "short", "premium", "shared", "free", "national", "international"; "local" for a number that needs an
  -- area code, "name" for what is no number.
  function plan.kind(text)
    local digits = numbers.digits(text)
    if not digits then return "name" end
    if help[digits] then return "emergency" end
    local number = plan.e164(digits)
    if number:sub(1, 1) ~= "+" then return #number <= 6 and "short" or "local" end
    if plans.country(number) ~= code then return "international" end
    local rest = number:sub(#code + 2)
    for _, kind in ipairs { "premium", "shared", "free" } do
      if begins(rest, facts[kind]) then return kind end
    end
    return "national"
  end

  -- Whether an E.164 number can be one, by its length.
  function plan.is_possible(number)
    if not numbers.is_e164(number) then return false end
    if plans.country(number) ~= code then return true end
    local length = #number - #code - 1
    return length >= facts.length[1] and length <= facts.length[2]
  end

  -- An E.164 number as somebody wants to read it: "e164", "plain" (without +), "national" ("0660...", others with the
  -- international prefix), "international" ("0043660..."), "tel" (a URI, RFC 3966). What is no such number stays.
  function plan.write(number, style)
    if style == "e164" or not number:find("^%+%d+$") then return number end
    if style == "plain" then return number:sub(2) end
    if style == "international" then return dialling.international .. number:sub(2) end
    if style == "national" then return numbers.national(number, code, dialling) end
    if style == "tel" then return "tel:" .. number end
    error("there is no style " .. tostring(style) .. "; styles are e164, plain, national, international, tel")
  end

  return plan
end

return plans
