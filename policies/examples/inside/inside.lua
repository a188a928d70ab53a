-- What may happen inside a call: the carrier puts nobody on hold, transfers stay in the house, ## hangs up, and a call
-- of an hour ends, ten minutes after the log has said so.
local HOUR = 3600
local WARNING = 600

-- The last key of each call that has had one; a call that ends takes its own along.
local last = {}

return {
  on_invite = function(call)
    timer.set("nearly over", HOUR - WARNING)
    return route { trunk = "carrier", number = call.to.user, max_duration = HOUR }
  end,

  on_reinvite = function(_, event)
    if event.hold == "hold" and event.party == "callee" then return reject(488, "No Hold Here") end
  end,

  on_refer = function(call, event)
    if not location.known(event.refer_to.aor) then
      log.info(call.from.user, "may not transfer to", event.refer_to.user)
      return reject(603)
    end
  end,

  on_info = function(_, event)
    if event.content_type == "text/html" then return reject(415) end
  end,

  on_dtmf = function(call, event)
    local before = last[call.call_id]
    last[call.call_id] = event.digit
    if event.digit == "#" and before == "#" then return hang_up(nil, "Two Pounds") end
    timer.set("keys", 2)
  end,

  on_timer = function(call, timer_due)
    if timer_due.name == "keys" then
      last[call.call_id] = nil
    else
      log.info("ten minutes left")
    end
  end,

  on_end = function(call) last[call.call_id] = nil end,
}
