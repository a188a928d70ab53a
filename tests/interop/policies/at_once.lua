-- Places that are called at once (test_at_once.py).
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "team" then
      return route {
        { location.lookup("alice"), location.lookup("bob"), at_once = true, ring_timeout = 3 },
        { trunk = "carrier", number = "100" },
      }
    end
    if call.to.user == "alice" then return route { location.lookup("alice"), at_once = true } end
    return route { { trunk = "carrier" }, { trunk = "spare" }, at_once = true, number = call.to.user }
  end,
  on_provisional = function()
    log.info("lines", trunks.calls("carrier"), trunks.calls("spare"), location.calls("alice"), location.calls("bob"))
  end,
  on_failure = function(call, attempt)
    log.info("failed", attempt.status, #call.attempts, attempt.remaining)
  end,
}
