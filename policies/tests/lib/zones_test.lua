local zones = require "lib.zones"

local function shown(time)
  return string.format("%s %s:%02d", time.date, time.clock, time.second)
end

-- When clocks change, and what they show in the second before and then; from the zone database.
test("clocks change when they do", function()
  for _, one in ipairs {
    { "Europe/Vienna", 1806195600, "2027-03-28 01:59:59", "2027-03-28 03:00:00" },
    { "Europe/Vienna", 1792890000, "2026-10-25 02:59:59", "2026-10-25 02:00:00" },
    { "America/New_York", 1805007600, "2027-03-14 01:59:59", "2027-03-14 03:00:00" },
    { "America/New_York", 1793512800, "2026-11-01 01:59:59", "2026-11-01 01:00:00" },
    { "Australia/Sydney", 1791043200, "2026-10-04 01:59:59", "2026-10-04 03:00:00" },
    { "Australia/Sydney", 1806768000, "2027-04-04 02:59:59", "2027-04-04 02:00:00" },
    { "Europe/Athens", 1792890000, "2026-10-25 03:59:59", "2026-10-25 03:00:00" },
    { "Europe/London", 1774746000, "2026-03-29 00:59:59", "2026-03-29 02:00:00" },
  } do
    local zone = zones.named(one[1])
    expect(shown(zone(one[2] - 1)), one[3], one[1])
    expect(shown(zone(one[2])), one[4], one[1])
  end
end)

test("all that call.time has is there", function()
  expect(zones.named "Asia/Kolkata"(1795255200), {
    unix = 1795255200, year = 2026, month = 11, day = 21, hour = 15, minute = 30, second = 0, weekday = 6,
    date = "2026-11-21", clock = "15:30",
  })
end)

test("zones are read as POSIX has them", function()
  local function clock(rule, unix) return shown(zones.posix(rule)(unix)) end
  expect(clock("UTC0", 0), "1970-01-01 00:00:00")
  expect(clock("<-0330>3:30", 0), "1969-12-31 20:30:00")
  expect(clock("AAA-1BBB-3,J60/0,J61/0", 1772319600), "2026-03-01 02:00:00")   -- J60 is the first of March ...
  expect(clock("AAA-1BBB-3,J60/0,J61/0", 1835478000), "2028-03-01 02:00:00")   -- ... in a leap year, too
  expect(clock("AAA-1BBB,59/0,60/0", 1835391600), "2028-02-29 01:00:00")       -- day 59 is not
  expect(clock("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000), "2026-03-29 00:00:00")  -- an hour before midnight
end)

test("days and dates are the same, whatever the century", function()
  for _, date in ipairs { { 1970, 1, 1 }, { 2000, 2, 29 }, { 2026, 12, 31 }, { 2100, 3, 1 }, { 1899, 2, 28 } } do
    expect({ zones.date(zones.days(date[1], date[2], date[3])) }, date)
  end
  expect(zones.days(2000, 3, 1), 11017)
  expect(zones.weekday(zones.days(2026, 11, 21)), 6)
end)

test("mistakes are named", function()
  for rule, text in pairs {
    ["CET"] = "expected hours after the name",
    ["CET-1CEST"] = "expected when daylight saving begins",
    ["CET-1CEST,M3.5.7,M10.5.0"] = "expected a rule such as M3.5.0, got M3.5.7",
    ["CET-1CEST,M13.5.0,M10.5.0"] = "there is no month 13",
    ["CET-1CEST,M3.5.0/x,M10.5.0"] = "expected a time such as /3",
    ["1"] = "expected a zone",
  } do
    local good, problem = pcall(zones.posix, rule)
    expect(good, false, rule)
    expect(problem:find(text, 1, true) ~= nil, true, problem)
  end
  expect(pcall(zones.named, "Europe/Atlantis"), false)
end)
