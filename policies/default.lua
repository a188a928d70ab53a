-- The policy that ships: phones register here and call each other; everything else goes to a trunk if one is
-- configured. Copy this file, change the copy, name it in the configuration ([policy] file) and send SIGHUP to sbc: a
-- file with a mistake is refused with its line, and the old policy goes on.
--
-- Settings of the configuration that this file reads, all optional:
--
--   [policy.settings]
--   trunk_group = "carriers"   # where outside calls go; without it the first group, else the first trunk
--   country = "43"             # own country code: 0660... becomes +43660..., 00... becomes +...
--   area = "1"                 # own area code, for numbers that are dialled without one
--   failure_limit = 30         # refused requests after which an address is ignored for some minutes
--   nat_keep_alive = "options" # sent to registered phones behind a NAT: "options", "crlf" or "stun"; else nothing
--   nat_keep_alive_interval = 30  # seconds between them
--   allow_pickup = true        # phones may take over calls of others, whose identifiers they know (Replaces)
--   target_timeout = 4         # seconds that a carrier may take for its first answer before the next one is tried
--
-- README.md beside this file is where to begin, reference.md the manual.

local numbers = require "lib.numbers"
local scanners = require "lib.scanners"

-- Read once when the policy loads: the configuration does not change while it runs.
local way_out
if settings.trunk_group then
  assert(groups.exists(settings.trunk_group), "settings.trunk_group names no group of the configuration")
  way_out = { group = settings.trunk_group }
elseif groups.names[1] then
  way_out = { group = groups.names[1] }
elseif trunks.names[1] then
  way_out = { trunk = trunks.names[1] }
end

local dialling = { area = settings.area and tostring(settings.area) }
local country = settings.country and tostring(settings.country)

-- Who is calling? A phone must be known: it has just proved its password, or the call comes over the very connection or
-- address that one of its registrations holds open. Nobody may call under somebody else's name.
--
-- Returns nothing when the caller is known, else the decision. Only strangers are looked at as possible scanners: a
-- known caller must not suffer for a neighbour behind the same address.
local function screen_phone(call)
  if call.authenticated then
    local user = call.from.user
    if call.auth_user ~= user and call.auth_user ~= user .. "@" .. call.from.host then
      log.info("user", call.auth_user, "tried to call as", user)
      return reject(403, "Not your address")
    end
    return nil
  end
  if call.registered_source and call.from.aor == call.registered_aor then return nil end
  if scanners.is(call, settings.failure_limit) then return drop() end
  return challenge()
end

-- A phone that wants to take the place of a party of a call (Replaces): only its owner's own, unless
-- settings.allow_pickup.
local function screen_newcomer(call)
  local whose = call.replaces
  if whose == "" or whose == call.from.aor or whose == call.registered_aor or settings.allow_pickup then return nil end
  return reject(403, "Not your call")
end

-- A phone that asks for the transfer of a call: of its owner's own only.
local function screen_transferor(request)
  local whose = request.target_party
  if whose == request.from.aor or whose == request.registered_aor then return nil end
  return reject(403, "Not your call")
end

-- To somebody who registers here. All phones of a user ring at once, unless some want to be called after others (q).
local function to_phone(address)
  local phones = location.lookup(address)
  if phones then
    local turns, q = {}, nil
    for i = 1, #phones do
      if phones[i].q ~= q then turns[#turns + 1] = { at_once = true } end
      q = phones[i].q
      local turn = turns[#turns]
      turn[#turn + 1] = phones[i]
    end
    return route(turns)
  end
  if location.known(address) then return reject(480) end  -- ours, but no phone is switched on
  return nil
end

-- Over UDP a stranger can write a registered phone's address on his packets. Between our phones that is a nuisance;
-- toward a carrier it costs money, so there each call needs its password, unless settings.trust_udp_addresses says
-- otherwise.
local function only_seems_known(call)
  return call.transport == "UDP" and not call.authenticated and not settings.trust_udp_addresses
end

local function to_outside(call)
  if not way_out then return reject(404) end
  if call.trunk == "" and only_seems_known(call) then return challenge() end
  local number = call.to.user
  if number == "" then return reject(404) end
  if country then number = numbers.e164(number, country, dialling) end
  return route { group = way_out.group, trunk = way_out.trunk, number = number, timeout = settings.target_timeout or 4 }
end

return {
  -- A phone registers. The password decides; whether the account may use the address it registers is checked by the
  -- registrar itself.
  on_register = function(reg)
    -- Only strangers can be scanners: anybody can spoil the record of an address, by forging it or from behind the same
    -- NAT.
    if not reg.authenticated and scanners.is(reg, settings.failure_limit) then return drop() end
    if reg.trunk ~= "" then return deny(403, "Trunks do not register") end
    return reg.challenge_unless_authenticated()
  end,

  -- A new call.
  on_invite = function(call)
    -- A call for help needs no password: it goes out as it was dialled.
    if call.emergency and call.trunk == "" and way_out then
      return route { group = way_out.group, trunk = way_out.trunk, timeout = settings.target_timeout or 4 }
    end
    if call.trunk ~= "" then
      -- From a carrier: only to our own users, by address or by number. Never out again: that would be a gateway that
      -- anybody can use at our expense.
      if call.to.user == "" then return reject(404) end
      return to_phone(call.to.aor) or to_phone(call.to.user) or reject(404)
    end
    return screen_phone(call) or screen_newcomer(call) or to_phone(call.to.aor) or to_outside(call)
  end,

  -- Any other request that belongs to no call: OPTIONS (is anybody there?), MESSAGE, SUBSCRIBE. Users who register here
  -- may write to each other, and transfer their own calls from outside of them (REFER with Target-Dialog); where to is
  -- decided by on_invite. The border answers OPTIONS and refuses the rest; scanners hear nothing.
  on_request = function(request)
    if request.method == "REFER" and request.target_party ~= "" and request.trunk == "" then
      return screen_phone(request) or screen_transferor(request) or accept()
    end
    if request.method == "MESSAGE" and request.trunk == "" then
      return screen_phone(request) or to_phone(request.to.aor) or reject(404)
    end
    if request.trunk == "" and scanners.is(request, settings.failure_limit) then return drop() end
    return accept()
  end,

  -- How to treat one side of a call that is about to get media, or a phone that has registered.
  on_nat = function(leg)
    -- Its answers keep its NAT open between calls; a phone on a connection does that by itself (RFC 5626).
    if leg.side == "registration" then
      if not leg.behind_nat or leg.transport ~= "UDP" or not settings.nat_keep_alive then return nil end
      return { keep_alive = settings.nat_keep_alive, keep_alive_interval = settings.nat_keep_alive_interval or 30 }
    end
    -- Carriers say in SDP where their media comes from, often from another machine than their signalling: believe it.
    if leg.trunk ~= "" then return { symmetric_signalling = false, latch = "strict" } end
    -- Behind a NAT nobody knows his own address: go where the packets come from.
    return { symmetric_signalling = leg.behind_nat, latch = leg.behind_nat and "learn" or "strict" }
  end,

  -- A target did not take the call. `attempt.usual` is what the border does by itself: the next target on time-outs,
  -- 5xx and transport errors; otherwise stop.
  on_failure = function(_, attempt)
    -- A carrier that says 403 does not want this call; the next one may. "Busy" and the like are about the callee.
    if attempt.trunk ~= "" and attempt.status == 403 and not attempt.early_media then return next_candidate() end
    return nil  -- as usual
  end,

  -- The call is over. Nothing to do here; the record of the call is written anyway.
  on_end = function(call, ending)
    if ending.cause == "media_timeout" then
      log.warning("call", call.call_id, "from", call.from.aor, "to", call.to.aor, "lost its media after",
                  ending.duration_ms // 1000, "s")
    end
  end,
}
