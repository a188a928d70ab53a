-- Opening hours.
--
--   local hours = require "lib.hours"
--   local office = hours.week {
--     mon = "08:00-12:00 13:00-17:00", tue = "08:00-17:00", wed = "08:00-17:00", thu = "08:00-17:00",
--     fri = "08:00-14:00",
--     closed = { "2026-12-24", "2026-12-25" },          -- days off, whatever the weekday
--   }
--   if not office(call.time) then return route { trunk = "night_service" } end
--
-- With a zone (lib.zones) the hours are those of another place than the border's, with lib.holidays days off need no
-- list of dates:
--
--   local vienna = hours.week { mon = "09:00-17:00", zone = zones.named "Europe/Vienna", closed = holidays.of "AT" }
--
-- A span may cross midnight ("22:00-06:00") and then belongs to the day on which it begins. "00:00-24:00" is all day.

local hours = {}

local days = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" }

local function minutes(text)
  local hour, minute = text:match("^(%d%d):(%d%d)$")
  assert(hour, "expected a time such as 08:30, got " .. text)
  local value = tonumber(hour) * 60 + tonumber(minute)
  assert(tonumber(minute) < 60 and value <= 24 * 60, "there is no time " .. text)
  return value
end

local function spans(text)
  local list = {}
  for from, to in text:gmatch("(%S-)%-(%S+)") do
    list[#list + 1] = { from = minutes(from), to = minutes(to) }
  end
  assert(#list > 0, "expected spans such as \"08:00-12:00 13:00-17:00\", got " .. text)
  return list
end

local function covers(list, minute, previous_day)
  if not list then return false end
  for i = 1, #list do
    local span = list[i]
    local overnight = span.to <= span.from
    if previous_day then
      if overnight and minute < span.to then return true end
    elseif minute >= span.from and (overnight or minute < span.to) then
      return true
    end
  end
  return false
end

function hours.week(plan)
  local week, closed = {}, {}
  for key, value in pairs(plan) do
    local known = key == "closed" or key == "zone"
    for i = 1, #days do
      if days[i] == key then
        week[i] = spans(value)
        known = true
      end
    end
    assert(known, "there is no day " .. tostring(key) .. "; days are mon, tue, wed, thu, fri, sat, sun")
  end
  local off = plan.closed
  if type(off) ~= "function" then
    for i = 1, #(off or {}) do closed[off[i]] = true end
    off = function(time) return closed[time.date] end
  end

  return function(time)
    if plan.zone then time = plan.zone(time.unix) end
    if off(time) then return false end
    local minute = time.hour * 60 + time.minute
    local yesterday = time.weekday == 1 and 7 or time.weekday - 1
    return covers(week[time.weekday], minute, false) or covers(week[yesterday], minute, true)
  end
end

return hours
