-- Calls for help: to the right place, with the number of the country, over every way there is.
--
--   local emergency = require "lib.emergency"
--   local help = emergency.new {
--     plan = plans.of "AT", trunks = { "carrier_a", "carrier_b" },
--     sites = {   -- where callers are, the first that fits; its trunks are tried before the others
--       { networks = { "10.1.0.0/16" }, trunks = { "graz" }, callback = "+43316555010",
--         location = "https://lis.example.net/graz" },
--       { trunk = "pbx", users = { "8*" }, numbers = { ["112"] = "+4331655112" } },
--     },
--   }
--   -- in on_invite, before all else: nobody who needs help is asked for a password
--   local places = help.places(call)
--   if places then return route(places) end
--   -- in on_failure
--   if help.goes_on(call, attempt) then return next_candidate() end
--
-- List the numbers in [emergency] of the configuration, too: those are what passes the border's own limits, and what
-- call.emergency says. Test it with your carriers: each has its own ideas of how it wants such calls.

local numbers = require "lib.numbers"

local emergency = {}

local options_known = { plan = true, trunks = true, sites = true, timeout = true, priority = true, keep_urn = true }
local site_known = { networks = true, users = true, trunk = true, trunks = true, callback = true, location = true,
                     numbers = true }

local function check(table, known, what)
  for name in pairs(table) do assert(known[name], what .. " has no field " .. tostring(name)) end
end

-- "8*" is every user that begins with 8.
local function is_among(user, list)
  for _, one in ipairs(list) do
    if one == user or (one:sub(-1) == "*" and user:sub(1, #one - 1) == one:sub(1, -2)) then return true end
  end
  return false
end

-- plan: of lib.plans. trunks: tried in this order. timeout (4): seconds for each to answer at all. priority: of
-- Resource-Priority, such as "esnet.1" (RFC 7135), for networks that know it. keep_urn: urn:service:sos goes out as it
-- came, for networks that route by it (RFC 6881); otherwise it becomes the number of the plan.
-- Fields of a site: networks (of the caller's address), users, trunk (that the call is from, "" when left out), trunks,
-- callback (what the other side sees as the caller's number), location (a URI by which it is asked, RFC 6442), numbers
-- (whom to call instead: { ["112"] = "..." }).
function emergency.new(options)
  check(options, options_known, "emergency.new")
  assert(options.plan and options.trunks and #options.trunks > 0, "emergency.new needs plan and trunks")
  for _, site in ipairs(options.sites or {}) do check(site, site_known, "a site") end
  local plan = options.plan

  local help = {}

  -- From trunks nothing is taken for such a call unless a site names the trunk: carriers do not call for help.
  local function site_of(call)
    local user = call.auth_user ~= "" and call.auth_user or call.from.user
    for _, site in ipairs(options.sites or {}) do
      local fits = (site.trunk or "") == call.trunk and (not site.users or is_among(user, site.users))
      if fits and site.networks then
        fits = false
        for _, network in ipairs(site.networks) do fits = fits or ip.inside(call.source_ip, network) end
      end
      if fits then return site end
    end
    return call.trunk == "" and {} or nil
  end

  -- Whether it is a call for help: the border says so, or the plan.
  function help.concerns(call)
    if not (call.emergency or plan.kind(call.to.user) == "emergency") then return false end
    return site_of(call) ~= nil
  end

  -- The number for a call: as dialled, or for urn:service:sos.police what the plan has for it. nil: as it came.
  function help.number(call)
    local service = call.ruri:lower():match("^urn:service:sos%.?([%a%-]*)")
    if not service then return numbers.digits(call.to.user) end
    if options.keep_urn then return nil end
    return plan.sos[service] or plan.sos.any
  end

  local function headers_for(call, site)
    local headers = { Priority = "emergency", ["Resource-Priority"] = options.priority }
    -- A location inside the body (cid:) does not cross the border; one that is asked for elsewhere does.
    local location = site.location and "<" .. site.location .. ">" or call.headers["Geolocation"]
    if location and location:find("^<https?://[^>]+>$") then
      headers["Geolocation"], headers["Geolocation-Routing"] = location, "yes"
    end
    return headers
  end

  -- What `route` takes; nil when it is no call for help.
  function help.places(call)
    if not help.concerns(call) then return nil end
    local site, number = site_of(call), help.number(call)
    local places = {
      number = number and site.numbers and site.numbers[number] or number,
      timeout = options.timeout or 4,
      headers = headers_for(call, site),
      from = site.callback and { user = site.callback } or nil,
    }
    local seen = {}
    for _, list in ipairs { site.trunks or {}, options.trunks } do
      for _, trunk in ipairs(list) do
        if not seen[trunk] then places[#places + 1] = { trunk = trunk } end
        seen[trunk] = true
      end
    end
    return places
  end

  -- Whatever a carrier answers, busy and declined included, the next one may do better.
  function help.goes_on(call, attempt) return attempt.remaining > 0 and help.concerns(call) end

  return help
end

return emergency
