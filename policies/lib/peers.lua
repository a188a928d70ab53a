-- What well-known peers want of a call: fields of a place, ready to be routed to.
--
--   local peers = require "lib.peers"
--   local teams = peers.teams()
--   return route { teams(call, { trunk = "teams", number = "+4315551234" }) }
--   return route(teams(call, { { trunk = "teams_1" }, { trunk = "teams_2" }, number = number }))   -- several
--
-- The border makes each INVITE anew: of the caller's headers only Subject, Priority, Accept-Language, User-to-User and
-- Recv-Info cross by themselves, and identity (P-Asserted-Identity, Privacy, Diversion, History-Info) as the trunk's
-- `trust` and `diversion` in the configuration say. So a profile says what is added, what else passes, what does not.
-- What a profile cannot do (TLS, names in Contact, probes) is told with it; it belongs into the trunk's configuration.
--
-- Your own: peers.profile { ... } with
--   pass    names of the caller's headers that go on; "X-Acme-*" (or "P-Acme-*") are all that begin so
--   remove  names that would cross by themselves and shall not
--   add     { name = value }, or name = function(call) that gives the value
--   fields  other fields of a place: codecs, dtmf, media_security, late_offer, timeout, ...
-- Fields that the place has already are kept; its headers win over those of the profile.

local balance = require "lib.balance"

local peers = {}

-- Who sends a header may not make a call fail: what is too long, too much or unprintable stays behind.
local most_passed, longest_value = 16, 1024

-- Identity is a matter of trust and not of a pattern (trust in the configuration), and nobody passes what routes.
local never_by_pattern = { ["p-asserted-identity"] = true, ["p-preferred-identity"] = true }

local function matcher(names)
  local exact, prefixes = {}, {}
  for _, name in ipairs(names or {}) do
    local prefix = name:match("^(.*)%*$")
    if prefix then
      assert(prefix:find("^[XPxp]%-"), "expected a pattern such as X-Acme-*, got " .. name)
      prefixes[#prefixes + 1] = prefix:lower()
    else
      exact[name:lower()] = true
    end
  end
  return function(name)
    name = name:lower()
    if exact[name] then return true end
    if never_by_pattern[name] then return false end
    for _, prefix in ipairs(prefixes) do
      if name:sub(1, #prefix) == prefix then return true end
    end
    return false
  end
end

local parts = { pass = true, remove = true, add = true, fields = true }

-- A function (call, place) that gives the place, or the list of places, with all that.
function peers.profile(plan)
  for name in pairs(plan) do assert(parts[name], "a profile has no " .. tostring(name)) end
  local passes = matcher(plan.pass)

  local function headers_for(call, own)
    local headers, passed = {}, 0
    for _, name in ipairs(plan.remove or {}) do headers[name] = false end
    if plan.pass then
      local taken = {}
      for name in pairs(call.headers) do
        if passed < most_passed and not taken[name:lower()] and passes(name) then
          taken[name:lower()] = true
          local values = {}
          for _, value in ipairs(call.header_values(name)) do
            if #value <= longest_value and not value:find("%c") and passed < most_passed then
              values[#values + 1] = value
              passed = passed + 1
            end
          end
          if #values > 0 then headers[name] = values end
        end
      end
    end
    for name, value in pairs(plan.add or {}) do
      if type(value) == "function" then value = value(call) end
      headers[name] = value
    end
    for name, value in pairs(own or {}) do headers[name] = value end
    return headers
  end

  return function(call, place)
    local made = {}
    for name, value in pairs(plan.fields or {}) do made[name] = value end
    for name, value in pairs(place) do made[name] = value end
    made.headers = headers_for(call, place.headers)
    return made
  end
end

-- Microsoft Teams, Direct Routing. SRTP by SDES, an offer in each INVITE, numbers with "+", which the profile leaves to
-- you. In the configuration: targets = ["sip.pstnhub.microsoft.com:5061;transport=tls", ...] with tls_name and
-- tls_source, a listener of transport "tls" whose `host` is the name that Teams knows you by and which is in its
-- certificate, and a probe, since Teams wants OPTIONS from you.
-- options.product: what X-MS-SBC says, by which Microsoft's support knows the border.
function peers.teams(options)
  return peers.profile {
    remove = { "Subject", "User-to-User" },
    add = { ["X-MS-SBC"] = (options or {}).product or "Parapet/SBC/1" },
    fields = {
      media_security = "sdes", late_offer = "offer", dtmf = "rfc4733",
      codecs = { allow = { "SILK", "opus", "G722", "PCMA", "PCMU", "telephone-event", "CN" }, deny = { "text" } },
    },
  }
end

-- Cisco Unified Communications Manager. It leaves the offer to the other side unless "early offer" is ticked, so that
-- toward other peers late_offer = "offer" helps; it reads Remote-Party-ID where it is configured so, and not only
-- P-Asserted-Identity: options.party_host says behind which host the caller's number stands there.
function peers.cucm(options)
  local host = (options or {}).party_host
  return peers.profile {
    add = host and {
      ["Remote-Party-ID"] = function(call)
        if not call.from.user:find("^%+?%d+$") then return nil end
        return "<sip:" .. call.from.user .. "@" .. host .. ">;party=calling;screen=yes;privacy=off"
      end,
    } or nil,
    fields = { dtmf = "rfc4733", codecs = { deny = { "text" } } },
  }
end

-- Asterisk and FreePBX: dialplans of both sides talk to each other in X- headers.
function peers.asterisk()
  return peers.profile { pass = { "X-*" }, fields = { dtmf = "rfc4733" } }
end

-- Kamailio and OpenSIPS as a proxy of your own: as Asterisk, and what they route by in P-Charging-Vector stays there.
-- A proxy that answers with redirections (a least-cost server) needs redirects = "follow" beside it, and redirect_to in
-- the configuration.
function peers.kamailio()
  return peers.profile { pass = { "X-*", "Alert-Info" } }
end

-- BroadWorks, and its phones: distinctive ringing, and the headers of its own that tie calls of one platform together.
-- For the access side and for BroadWorks itself, not toward carriers.
function peers.broadworks()
  return peers.profile {
    pass = { "X-BroadWorks-*", "Alert-Info", "Answer-Mode" },
    fields = { dtmf = "rfc4733", late_offer = "pass" },
  }
end

-- A carrier's IMS over the interconnection (3GPP TS 29.165). It gets a charging identity that is new and tells nothing
-- of the caller's side, and says that early media is understood (RFC 5009). P-Access-Network-Info and the like stay
-- here, as does what users write to each other.
-- options.network: the name by which the carrier charges you (orig-ioi).
function peers.ims(options)
  local network = (options or {}).network
  return peers.profile {
    remove = { "Subject", "User-to-User", "Recv-Info" },
    add = {
      ["P-Early-Media"] = "supported",
      ["P-Charging-Vector"] = function(call)
        local icid = string.format("%08x%08x%08x", balance.hash(call.call_id), balance.hash("2" .. call.call_id),
                                   call.time.unix)
        return "icid-value=" .. icid .. (network and ";orig-ioi=" .. network or "")
      end,
    },
    fields = { preconditions = "strip", dtmf = "rfc4733", late_offer = "offer",
               codecs = { order = { "AMR-WB", "AMR", "PCMA", "PCMU" } } },
  }
end

return peers
