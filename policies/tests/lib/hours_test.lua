local hours = require "lib.hours"

local office = hours.week {
  mon = "08:00-12:00 13:00-17:00", fri = "22:00-06:00", sun = "00:00-24:00", closed = { "2026-12-24" },
}

local function at(weekday, hour, minute, date)
  return office { weekday = weekday, hour = hour, minute = minute or 0, date = date or "2026-11-23" }
end

test("spans begin and end to the minute", function()
  expect(at(1, 7, 59), false)
  expect(at(1, 8), true)
  expect(at(1, 11, 59), true)
  expect(at(1, 12), false)
  expect(at(1, 13), true)
  expect(at(2, 10), false)
end)

test("a night belongs to the day on which it begins", function()
  expect(at(5, 21, 59), false)
  expect(at(5, 23), true)
  expect(at(6, 5, 59), true)
  expect(at(6, 6), false)
  expect(at(5, 3), false)
end)

test("all day is all day", function()
  expect(at(7, 0), true)
  expect(at(7, 23, 59), true)
  expect(at(1, 0), false)
end)

test("days off are off", function()
  expect(at(1, 9, 0, "2026-12-24"), false)
end)

test("hours are those of the place, and its holidays are off", function()
  local zones, holidays = require "lib.zones", require "lib.holidays"
  local vienna = hours.week {
    mon = "09:00-17:00", thu = "09:00-17:00", zone = zones.named "Europe/Vienna", closed = holidays.of("AT", { "2026-07-13" }),
  }
  local function open(text) return vienna { unix = text } end
  expect(open(1784530800), true)   -- Mon 2026-07-20 09:00 in Vienna, 07:00 UTC
  expect(open(1784530799), false)
  expect(open(1796022000), false)  -- Mon 2026-11-30 09:00 in Vienna is an hour later
  expect(open(1796025600), true)
  expect(open(1783933200), false)  -- Mon 2026-07-13, a day of our own
  expect(open(1780556400), false)  -- Thu 2026-06-04, Corpus Christi
end)

test("mistakes in a plan are named", function()
  for plan, text in pairs {
    [{ mo = "08:00-17:00" }] = "there is no day mo",
    [{ mon = "8-17" }] = "expected a time such as 08:30, got 8",
    [{ mon = "08:00-25:00" }] = "there is no time 25:00",
    [{ mon = "closed" }] = "expected spans",
  } do
    local good, problem = pcall(hours.week, plan)
    expect(good, false)
    expect(problem:find(text, 1, true) ~= nil, true, problem)
  end
end)
