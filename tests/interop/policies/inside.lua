-- What happens inside calls, by the number that is called: "strict" allows its parties nothing, "keys" waits for a key, "timed"
-- and "limited" end by themselves, one by a timer and one by its place.
local function is(call, user) return call.to.user == user end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if is(call, "timed") then timer.set("warn", 1) end
    return route { trunk = "carrier", timeout = 4, max_duration = is(call, "limited") and 2 or nil }
  end,
  on_reinvite = function(call, event)
    log.info("reinvite", event.party, event.method, event.hold, event.unchanged)
    if is(call, "strict") and event.hold == "hold" then return reject(488, "No Hold Here", { ["X-Why"] = "strict" }) end
  end,
  on_refer = function(call, event)
    if is(call, "strict") and event.refer_to.user == "00431777" then return reject(603) end
  end,
  on_info = function(call, event)
    if is(call, "strict") and event.content_type == "text/plain" then return reject(415) end
  end,
  on_dtmf = function(call, event)
    log.info("key", event.digit, "of the", event.party, event.method == "" and "media" or event.method)
    if is(call, "keys") and event.digit == "#" then return hang_up(480, "It was #") end
  end,
  on_timer = function(call, due)
    log.info("timer", due.name, due.number)
    if due.number == 2 then return hang_up() end
    timer.set("warn", 1)
  end,
}
