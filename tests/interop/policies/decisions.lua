-- Decisions of every kind, to be recorded and made again (test_replay.py): the number that is called says which.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_nat = function(leg)
    if leg.behind_nat then return { symmetric_signalling = true, latch = "learn" } end
    return { latch = "strict" }
  end,
  on_invite = function(call)
    local user = call.to.user
    if user:find("^closed") then return reject(486, "Closed", { ["X-Why"] = "night", ["X-Also"] = "b" }) end
    if user:find("^asked") then
      local answer, why = http.get(settings.service .. user)
      if not answer then return reject(480, why) end
      return route { trunk = "carrier", number = answer.json.number, headers = { Subject = "asked", ["X-Way"] = "1" } }
    end
    if user:find("^often") then
      local count = counter.incr("often " .. call.from.user, 3600)
      return reject(count > 4 and 429 or 404, "call " .. count)
    end
    if user:find("^team") then return route { location.lookup("alice"), { trunk = "carrier", number = "team" } } end
    if user:find("^broken") then error("no rule for " .. user) end
    return route { trunk = "carrier", number = "43" .. user, timeout = 4 }
  end,
  on_failure = function(call, attempt)
    log.info(call.to.user, "failed with", attempt.status)
    if attempt.status == 503 then return give_up(480, "Later") end
  end,
  on_end = function(call, ending) log.info(call.call_id, "ended with", ending.status) end,
}
