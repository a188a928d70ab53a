-- Local time elsewhere: from call.time.unix to a table like call.time, with daylight saving.
--
--   local zones = require "lib.zones"
--   local vienna = zones.named "Europe/Vienna"
--   local here = zones.posix "NZST-12NZDT,M9.5.0,M4.1.0/3"      -- any other: what the last line of its zone file says
--   local time = vienna(call.time.unix)                         -- time.hour, time.weekday, time.date, ...
--
-- A zone is a rule that holds for every year (POSIX TZ). Where a law has changed it, times before are off: for deciding
-- about the call that is here now that does not matter, for reading old records it does.

local zones = {}

local day_seconds = 86400

-- Days since 1970-01-01 of a date, and back, of the Gregorian calendar (Hinnant, "chrono-compatible low-level date
-- algorithms"): years begin in March, so that the leap day is their last.
function zones.days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era, shifted = year // 400, (month + 9) % 12
  local of_era = year - era * 400
  local of_year = (153 * shifted + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

function zones.date(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
  local of_year = day_of_era - (365 * year + year // 4 - year // 100)
  local shifted = (5 * of_year + 2) // 153
  local month = shifted < 10 and shifted + 3 or shifted - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - (153 * shifted + 2) // 5 + 1
end

function zones.weekday(days) return (days + 3) % 7 + 1 end  -- 1970-01-01 was a Thursday; Monday is 1

-- What call.time would be `offset` seconds east of Greenwich.
local function broken_down(unix, offset)
  local days = (unix + offset) // day_seconds
  local second = (unix + offset) % day_seconds
  local year, month, day = zones.date(days)
  local hour, minute = second // 3600, second // 60 % 60
  return {
    unix = unix, year = year, month = month, day = day, hour = hour, minute = minute, second = second % 60,
    weekday = zones.weekday(days), date = string.format("%04d-%02d-%02d", year, month, day),
    clock = string.format("%02d:%02d", hour, minute),
  }
end

-- "2", "-3:30", "26:00:00": seconds, and what follows.
local function duration(text)
  local sign, hours, rest = text:match("^([+-]?)(%d%d?%d?)(.*)$")
  if not hours then return nil, text end
  local seconds = tonumber(hours) * 3600
  for _, unit in ipairs { 60, 1 } do
    local part, after = rest:match("^:(%d%d)(.*)$")
    if not part then break end
    seconds, rest = seconds + tonumber(part) * unit, after
  end
  return sign == "-" and -seconds or seconds, rest
end

-- The day on which a rule falls: "M10.5.0" (month, week, weekday from Sunday; week 5 is the last), "J60" (never counts
-- the leap day), "59" (counts it, from 0).
local function day_rule(text)
  local month, week, weekday = text:match("^M(%d+)%.([1-5])%.([0-6])$")
  if month then
    month, week, weekday = tonumber(month), tonumber(week), tonumber(weekday)
    assert(month >= 1 and month <= 12, "there is no month " .. month)
    return function(year)
      local first = zones.days(year, month, 1)
      local day = first + (weekday - zones.weekday(first)) % 7 + (week - 1) * 7
      local next_month = month < 12 and zones.days(year, month + 1, 1) or zones.days(year + 1, 1, 1)
      return day < next_month and day or day - 7
    end
  end
  local julian, number = text:match("^(J?)(%d+)$")
  assert(number, "expected a rule such as M3.5.0, got " .. text)
  number = tonumber(number)
  return function(year)
    local january = zones.days(year, 1, 1)
    if julian == "" then return january + number end
    local leap = zones.days(year + 1, 1, 1) - january == 366
    return january + number - 1 + ((leap and number >= 60) and 1 or 0)
  end
end

local function change(text, offset)
  local day, clock = text:match("^([^/]+)/?(.*)$")
  local at, rest = 7200, ""
  if clock ~= "" then at, rest = duration(clock) end
  assert(at and rest == "", "expected a time such as /3 or /2:30, got " .. text)
  local rule = day_rule(day)
  return function(year) return rule(year) * day_seconds + at - offset end  -- seconds since 1970
end

-- "CET-1CEST,M3.5.0,M10.5.0/3": name and hours west of Greenwich; the same of daylight saving (an hour more when left
-- out); when it begins and ends, in the time that holds before. Names that are no letters: "<+0530>-5:30".
function zones.posix(text)
  local name = "^([%a][%a][%a]+)(.*)$"
  local function take_name(from)
    local taken, rest = from:match("^<([%w+-]+)>(.*)$")
    if not taken then taken, rest = from:match(name) end
    assert(taken, "expected a zone such as CET-1CEST,M3.5.0,M10.5.0/3, got " .. text)
    return rest
  end
  local west, rest = duration(take_name(text))
  assert(west, "expected hours after the name of the zone: " .. text)
  local standard = -west
  if rest == "" then
    return function(unix) return broken_down(unix, standard) end
  end
  local summer_west
  summer_west, rest = duration(take_name(rest))
  local summer = summer_west and -summer_west or standard + 3600
  local from, to = rest:match("^,([^,]+),([^,]+)$")
  assert(from, "expected when daylight saving begins and ends: " .. text)
  local begins, ends = change(from, standard), change(to, summer)
  return function(unix)
    local year = zones.date((unix + standard) // day_seconds)
    local first, last = begins(year), ends(year)
    local saving
    if first < last then
      saving = unix >= first and unix < last
    else
      saving = unix >= first or unix < last  -- summer is around New Year
    end
    return broken_down(unix, saving and summer or standard)
  end
end

local central, eastern = "CET-1CEST,M3.5.0,M10.5.0/3", "EET-2EEST,M3.5.0/3,M10.5.0/4"
local names = {
  ["UTC"] = "UTC0",
  ["Europe/London"] = "GMT0BST,M3.5.0/1,M10.5.0", ["Europe/Dublin"] = "GMT0IST,M3.5.0/1,M10.5.0",
  ["Europe/Lisbon"] = "WET0WEST,M3.5.0/1,M10.5.0", ["Europe/Vienna"] = central, ["Europe/Berlin"] = central,
  ["Europe/Zurich"] = central, ["Europe/Paris"] = central, ["Europe/Madrid"] = central, ["Europe/Rome"] = central,
  ["Europe/Amsterdam"] = central, ["Europe/Brussels"] = central, ["Europe/Copenhagen"] = central,
  ["Europe/Oslo"] = central, ["Europe/Stockholm"] = central, ["Europe/Warsaw"] = central, ["Europe/Prague"] = central,
  ["Europe/Budapest"] = central, ["Europe/Athens"] = eastern, ["Europe/Helsinki"] = eastern,
  ["Europe/Bucharest"] = eastern, ["Europe/Istanbul"] = "<+03>-3",
  ["America/New_York"] = "EST5EDT,M3.2.0,M11.1.0", ["America/Chicago"] = "CST6CDT,M3.2.0,M11.1.0",
  ["America/Denver"] = "MST7MDT,M3.2.0,M11.1.0", ["America/Phoenix"] = "MST7",
  ["America/Los_Angeles"] = "PST8PDT,M3.2.0,M11.1.0", ["America/Toronto"] = "EST5EDT,M3.2.0,M11.1.0",
  ["America/Sao_Paulo"] = "<-03>3", ["Asia/Kolkata"] = "IST-5:30", ["Asia/Singapore"] = "<+08>-8",
  ["Asia/Tokyo"] = "JST-9", ["Asia/Dubai"] = "<+04>-4", ["Australia/Sydney"] = "AEST-10AEDT,M10.1.0,M4.1.0/3",
  ["Australia/Perth"] = "AWST-8", ["Pacific/Auckland"] = "NZST-12NZDT,M9.5.0,M4.1.0/3",
}

function zones.named(name)
  local rule = names[name]
  assert(rule, "there is no zone " .. tostring(name) .. " here; zones.posix takes its rule")
  return zones.posix(rule)
end

return zones
