local holidays = require "lib.holidays"
local zones = require "lib.zones"

local function on(date)
  local year, month, day = date:match("(%d+)-(%d+)-(%d+)")
  return { date = date, year = tonumber(year), month = tonumber(month), day = tonumber(day) }
end

local function expect_off(off, dates)
  for _, date in ipairs(dates) do expect(off(on(date)), true, date) end
end
local function expect_open(off, dates)
  for _, date in ipairs(dates) do expect(off(on(date)), false, date) end
end

test("Easter is on its Sunday", function()
  for _, date in ipairs { "1954-04-18", "2000-04-23", "2024-03-31", "2026-04-05", "2027-03-28", "2038-04-25", "2049-04-18" } do
    local time = on(date)
    expect(holidays.easter(time.year), zones.days(time.year, time.month, time.day), date)
  end
end)

test("days are fixed, counted from Easter, by weekday, or once", function()
  local off = holidays.list { "12-25", "easter+1", "1 mon sep", "last mon may", "5 fri jan", "2026-12-31" }
  expect_off(off, { "2026-12-25", "2027-12-25", "2026-04-06", "2026-09-07", "2026-05-25", "2026-01-30", "2026-12-31" })
  expect_open(off, { "2026-12-24", "2026-04-05", "2026-09-14", "2026-05-18", "2027-12-31", "2028-01-28", "2028-02-04" })
  expect_off(off, { "2027-03-29" })
end)

test("a day that is observed moves off the weekend", function()
  local off = holidays.list { "07-04 observed", "01-01 observed" }
  expect_off(off, { "2026-07-03", "2027-07-05", "2025-07-04", "2021-12-31", "2023-01-02" })
  expect_open(off, { "2026-07-04", "2027-07-04", "2022-01-01", "2026-07-06" })
end)

test("countries have theirs, and you add yours", function()
  local austria = holidays.of("AT", { "12-24" })
  expect_off(austria, { "2026-01-06", "2026-05-14", "2026-05-25", "2026-06-04", "2026-10-26", "2026-12-24", "2026-12-26" })
  expect_open(austria, { "2026-10-03", "2026-12-31", "2026-04-03" })
  expect_off(holidays.of "DE", { "2026-04-03", "2026-10-03" })
  expect_off(holidays.of "US", { "2026-11-26", "2026-07-03", "2026-01-19", "2026-05-25" })
  expect_open(holidays.of "US", { "2026-11-19", "2026-12-26" })
end)

test("mistakes are named", function()
  for day, text in pairs {
    ["25.12."] = "expected a day such as 12-25", ["13-01"] = "there is no day", ["1 mon xyz"] = "expected a day such as 1 mon sep",
    ["12-25 sometimes"] = "expected a day such as 12-25",
  } do
    local good, problem = pcall(holidays.list, { day })
    expect(good, false, day)
    expect(problem:find(text, 1, true) ~= nil, true, problem)
  end
  expect(pcall(holidays.of, "XX"), false)
end)
