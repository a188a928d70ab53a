-- Days off: fixed, by weekday, and around Easter.
--
--   local holidays = require "lib.holidays"
--   local off = holidays.list { "12-25", "easter+1", "1 mon sep", "last mon may", "2026-12-31" }
--   local austria = holidays.of("AT", { "12-24" })              -- those of the law, and your own
--   if austria(call.time) then ... end                          -- or lib.hours: hours.week { closed = austria, ... }
--
-- "12-25" is each year, "2026-12-31" once. "easter+39" counts days from Easter Sunday (of the western churches).
-- "1 mon sep" is the first Monday of September. With " observed" behind it a fixed day that falls on a Saturday is
-- taken on Friday, one on a Sunday on Monday.

local zones = require "lib.zones"

local holidays = {}

local months = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}
local weekdays = { mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6, sun = 7 }

-- Easter Sunday as days since 1970 (the anonymous Gregorian computus; Meeus, Astronomical Algorithms, chapter 8).
function holidays.easter(year)
  local a, b, c = year % 19, year // 100, year % 100
  local h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
  local l = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
  local m = (a + 11 * h + 22 * l) // 451
  local n = h + l - 7 * m + 114
  return zones.days(year, n // 31, n % 31 + 1)
end

-- A rule: from a year to days since 1970.
local function rule(text)
  local away = text:match("^easter([+-]%d+)$") or (text == "easter" and "0")
  if away then
    away = tonumber(away)
    return function(year) return holidays.easter(year) + away end
  end
  local which, weekday, month = text:match("^(%w+) (%a%a%a) (%a%a%a)$")
  if which then
    local number = which == "last" and 5 or tonumber(which)
    weekday, month = weekdays[weekday], months[month]
    local good = number and number >= 1 and number <= 5 and weekday and month
    assert(good, "expected a day such as 1 mon sep, got " .. text)
    return function(year)
      local first = zones.days(year, month, 1)
      local day = first + (weekday - zones.weekday(first)) % 7 + (number - 1) * 7
      local _, same = zones.date(day)
      if same == month then return day end
      return which == "last" and day - 7 or nil  -- there is no fifth one
    end
  end
  local date, observed = text:match("^(%d%d%-%d%d)( ?%a*)$")
  assert(date and (observed == "" or observed == " observed"), "expected a day such as 12-25 or easter+1, got " .. text)
  month, date = tonumber(date:sub(1, 2)), tonumber(date:sub(4))
  assert(month >= 1 and month <= 12 and date >= 1 and date <= 31, "there is no day " .. text)
  return function(year)
    local day = zones.days(year, month, date)
    if observed == "" then return day end
    local weekday_then = zones.weekday(day)
    return weekday_then == 6 and day - 1 or weekday_then == 7 and day + 1 or day
  end
end

-- A function that says whether a time (call.time, or of lib.zones) is on one of these days.
function holidays.list(days)
  local rules, once = {}, {}
  for _, text in ipairs(days) do
    if text:find("^%d%d%d%d%-%d%d%-%d%d$") then once[text] = true else rules[#rules + 1] = rule(text) end
  end
  local year, of_year = nil, {}
  local function work_out(wanted)
    year, of_year = wanted, {}
    for around = wanted - 1, wanted + 1 do  -- New Year's Day may be taken in the old year
      for i = 1, #rules do
        local day = rules[i](around)
        if day then of_year[day] = true end
      end
    end
  end
  return function(time)
    if once[time.date] then return true end
    if time.year ~= year then work_out(time.year) end
    return of_year[zones.days(time.year, time.month, time.day)] == true
  end
end

-- Those of the whole country; what is off in parts of it belongs into the list of your own.
local countries = {
  AT = { "01-01", "01-06", "easter+1", "05-01", "easter+39", "easter+50", "easter+60", "08-15", "10-26", "11-01",
         "12-08", "12-25", "12-26" },
  BE = { "01-01", "easter+1", "05-01", "easter+39", "easter+50", "07-21", "08-15", "11-01", "11-11", "12-25" },
  DE = { "01-01", "easter-2", "easter+1", "05-01", "easter+39", "easter+50", "10-03", "12-25", "12-26" },
  FR = { "01-01", "easter+1", "05-01", "05-08", "easter+39", "easter+50", "07-14", "08-15", "11-01", "11-11", "12-25" },
  US = { "01-01 observed", "3 mon jan", "3 mon feb", "last mon may", "06-19 observed", "07-04 observed", "1 mon sep",
         "2 mon oct", "11-11 observed", "4 thu nov", "12-25 observed" },
}

function holidays.of(country, more)
  assert(countries[country], "there are no holidays of " .. tostring(country) .. " here; holidays.list takes them")
  local days = {}
  for _, list in ipairs { countries[country], more or {} } do
    for _, day in ipairs(list) do days[#days + 1] = day end
  end
  return holidays.list(days)
end

return holidays
