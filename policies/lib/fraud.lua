-- Guards against toll fraud: a stolen password calls expensive numbers, at night, fast, where its owner never called.
--
--   local fraud = require "lib.fraud"
--   local guard = fraud.new {
--     home = "43",                                    -- calls within this country are only looked at for `never`
--     never = { fraud.satellite, fraud.premium "AT", "+53" },    -- prefixes that nobody calls ...
--     except = { "+43900123456" },                    -- ... but for these
--     per_hour = 30, new_per_day = 5,                 -- calls abroad; countries that this caller has not called before
--     night = hours.week { ... }, night_per_hour = 3, new_at_night = 0,
--   }
--   -- in on_invite, before the call goes out; `who` is proved: call.auth_user, or the trunk that the call is from
--   local why = guard.refuses(call, who, number)
--   if why then
--     log.warning("fraud guard:", who, "to", number, why)
--     return reject(403, "Not allowed")
--   end
--
-- Limits, and what a caller has called, hold for all threads together, and over reloads; after a restart of the border
-- every country is new once, which new_per_day has to allow for. A country that was not called for a month (`remember`,
-- in seconds) is new again: at the latest after twice that time. It makes fraud slow and visible. What bounds the loss
-- is a limit at your carrier.

local counters = require "lib.counters"
local plans = require "lib.plans"

local fraud = {}

-- Satellite and other networks that belong to no country: Inmarsat, global mobile satellite, international networks,
-- universal personal numbers, premium rate.
fraud.satellite = { "+870", "+878", "+881", "+882", "+883", "+979" }

-- Where fraudulent minutes are sold more often than called honestly, of those that few businesses call. A beginning,
-- from years of published reports: look at your own bills.
fraud.often_abused = {
  "+216", "+222", "+224", "+225", "+226", "+231", "+232", "+239", "+240", "+243", "+248", "+252", "+257", "+261",
  "+263", "+269", "+371", "+373", "+375", "+382", "+387", "+53", "+592", "+675", "+677", "+678", "+682", "+686", "+688",
  "+960",
}

-- Premium numbers of a country of lib.plans.
function fraud.premium(country) return plans.of(country).premium end

local names = {
  home = "string", never = "table", except = "table", per_hour = "number", night_per_hour = "number",
  new_per_day = "number", new_at_night = "number", night = "function", remember = "number",
}

local function prefixes_of(list)
  local set, longest = {}, 0
  local function add(prefix)
    assert(prefix:find("^%+%d+$"), "expected a prefix such as +53, got " .. prefix)
    set[prefix] = true
    longest = math.max(longest, #prefix)
  end
  for _, one in ipairs(list or {}) do
    if type(one) == "table" then
      for _, prefix in ipairs(one) do add(prefix) end
    else
      add(one)
    end
  end
  return function(number)
    for size = math.min(#number, longest), 2, -1 do
      if set[number:sub(1, size)] then return number:sub(1, size) end
    end
    return nil
  end
end

-- `night` is a function that is true at the times when the stricter limits hold. Limits that are left out do not hold.
-- new_at_night: who has called so many new countries within a day gets no more of them at night.
function fraud.new(options)
  for name, value in pairs(options) do
    assert(names[name], "a fraud guard has no option " .. tostring(name))
    assert(type(value) == names[name], "expected a " .. names[name] .. " for " .. name)
  end
  local never, except = prefixes_of(options.never), prefixes_of(options.except)
  local abroad = counters.window { name = "fraud abroad", seconds = 3600 }
  local newly = counters.window { name = "fraud new", seconds = 86400 }
  -- Whole numbers that fade out: one call is so many that the last of them goes with the end of the time.
  local called, one_call = counters.window { name = "fraud called", seconds = options.remember or 30 * 86400 }, 1000

  local guard = {}

  -- nil when the call may go out, which is then remembered; else why not. `number` is in E.164; other numbers (short
  -- ones, users) and calls for help are not looked at.
  function guard.refuses(call, who, number)
    local country = plans.country(number)
    if call.emergency or not country then return nil end
    local prefix = never(number)
    if prefix and not except(number) then return "nobody calls " .. prefix end
    if country == options.home then return nil end

    local night = options.night and options.night(call.time)
    local most = night and options.night_per_hour or options.per_hour
    if most and abroad.count(who) + 1 > most then return "more than " .. most .. " calls abroad in an hour" end

    local to = who .. " " .. country
    if called.count(to) == 0 then
      if night and options.new_at_night and newly.count(who) + 1 > options.new_at_night then
        return "a new country at night"
      end
      if options.new_per_day and newly.count(who) + 1 > options.new_per_day then
        return "more than " .. options.new_per_day .. " new countries in a day"
      end
      newly.add(who)
    end
    called.add(to, nil, one_call)
    abroad.add(who)
    return nil
  end

  return guard
end

return fraud
