-- An example, and the proof that the libraries go together: users and a PBX call out over the cheapest of three
-- carriers that does well and has room, guarded against fraud. Copy it, put your trunks, prices and limits in, and test
-- it as tests/carrier does.
--
--   [policy.settings]
--   country = "AT"       # number plan, and home of the fraud guard
--   area = "1"           # own area code, for numbers that are dialled without one

local admission = require "lib.admission"
local blocklist = require "lib.blocklist"
local emergency = require "lib.emergency"
local fraud = require "lib.fraud"
local holidays = require "lib.holidays"
local hours = require "lib.hours"
local peers = require "lib.peers"
local plans = require "lib.plans"
local quality = require "lib.quality"
local rates = require "lib.rates"
local zones = require "lib.zones"

local plan = plans.of(settings.country or "AT", { area = settings.area })

local deck = rates.deck({
  { prefix = "+43", trunk = "carrier_a", price = 0.008 },
  { prefix = "+43", trunk = "carrier_b", price = 0.011 },
  { prefix = "+436", trunk = "carrier_a", price = 0.061 },
  { prefix = "+436", trunk = "carrier_b", price = 0.034 },
  { prefix = "+", trunk = "carrier_b", price = 0.120 },
}, rates.csv([[
prefix,destination,price,from
43,Austria,0.010,
436,Austria Mobile,0.040,
44,United Kingdom,0.014,
44,United Kingdom,0.019,2027-01-01
]], { trunk = "carrier_c" }))

local help = emergency.new {
  plan = plan, trunks = { "carrier_a", "carrier_b" },
  sites = { { trunk = "pbx", callback = "+4315550100" } },
}

local unwanted = blocklist.new { "+4319001234", "+4372099*" }

local office = hours.week {
  mon = "07:00-19:00", tue = "07:00-19:00", wed = "07:00-19:00", thu = "07:00-19:00", fri = "07:00-19:00",
  zone = zones.named "Europe/Vienna", closed = holidays.of "AT",
}

local guard = fraud.new {
  home = plan.code, never = { plan.premium, fraud.satellite, fraud.often_abused },
  per_hour = 60, new_per_day = 10,
  night = function(time) return not office(time) end, night_per_hour = 5, new_at_night = 2,
}

local door = admission.new {
  callers = { calls = 4, per_second = 2 },
  trunks = { pbx = { calls = 30 }, carrier_a = { calls = 60, per_second = 10 }, carrier_b = { calls = 30 } },
}

local watch = quality.new { seconds = 900, least = 10, reached = 0.7, pdd = 6000, mos = 3.4, silent = 0.05 }

local to_pbx, to_carriers = peers.asterisk(), peers.profile { remove = { "Subject", "User-to-User" } }

-- Who calls, as far as it is proved; nil for strangers.
local function caller_of(call)
  if call.trunk ~= "" then return call.trunk end
  return call.authenticated and call.auth_user or nil
end

-- To a user of ours or to the PBX, which has the numbers +4315550100 to +4315550199; nil for the rest of the world.
local function inside(call, number)
  local phones = location.lookup(call.to.aor)
  if phones then return route(phones) end
  if not number:find("^%+43155501%d%d$") or call.trunk == "pbx" then return nil end
  return route(to_pbx(call, { { trunk = "pbx" }, number = number, timeout = 4 }))
end

local function outside(call, who, number)
  local why = guard.refuses(call, who, number)
  if why then
    log.warning("fraud guard:", who, "to", number, why)
    return reject(403, "Not allowed")
  end
  local places = rates.places(deck.offers(call, number), { number = number, timeout = 4 })
  places = door.places(call, watch.order(call, places))
  if not places then return reject(503, "No trunk has room") end
  return route(to_carriers(call, places))
end

return {
  on_invite = function(call)
    local rescue = help.places(call)
    if rescue then return route(rescue) end

    local who = caller_of(call)
    if not who then return challenge() end
    local full = door.enter(call, who)
    if full then return reject(503, full, { ["Retry-After"] = 10 }) end

    local number = plan.e164(call.to.user)
    local entry = unwanted.caller(call) or unwanted.called(call, number)
    if entry then
      log.info("blocked by", entry)
      return reject(603)
    end
    local decision = inside(call, number)
    if decision then return decision end
    -- From carriers nothing goes out again: that would be a gateway that anybody can use at our expense.
    if call.trunk ~= "" and call.trunk ~= "pbx" then return reject(404) end
    if not plan.is_possible(number) then return reject(404, "Not a number") end
    return outside(call, who, number)
  end,

  on_failure = function(call, attempt)
    door.failed(call, attempt)
    watch.failed(call, attempt)
    if help.goes_on(call, attempt) then return next_candidate() end
    return nil
  end,

  on_end = function(call, ending)
    watch.ended(call, ending)
  end,
}
