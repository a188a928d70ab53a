-- Two trunks, one after the other, and headers of our own.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.referred_by ~= "" then return route { trunk = "first" } end
    log.info("a call for", call.to.user)
    local known = location.known(call.to.aor)
    local headers = { ["X-Account"] = call.headers["X-Plan"] or "none", Subject = false }
    return route {
      { trunk = known and "carrier" or "first", number = "+43" .. call.to.user, headers = headers },
      { trunk = "carrier", headers = headers },
    }
  end,
  on_failure = function(_, attempt)
    if attempt.status == 503 then return next_candidate() end
    return give_up()
  end,
}
