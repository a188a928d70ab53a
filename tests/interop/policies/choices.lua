-- What a route may say besides one place after the other (test_choices.py).
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    local wanted = call.to.user
    local busy = trunks.calls("carrier") + trunks.calls("spare")
    if wanted == "weighted" then
      return route {
        { { trunk = "carrier", weight = 1 }, { trunk = "spare", weight = 1 }, draw_by = call.headers["X-Key"] },
        timeout = 2,
      }
    end
    if wanted == "refused" then return reject(486, nil, nil, { cdr = { why = "blocked" } }) end
    return route {
      trunk = "carrier",
      number = wanted,
      class = "callcentre",
      headers = { ["X-Tenant-*"] = true, ["X-Offer"] = table.concat(call.sdp.codecs, " "),
                  ["X-Busy"] = busy .. " " .. location.calls(call.from.aor) },
      cdr = { account = "47 11", price = 0.25, phone = call.registration and call.registration.transport or "none" },
    }
  end,
  on_end = function(call, ending)
    log.info("ended", ending.class, ending.cdr.account or ending.cdr.why, #call.attempts, ending.pdd_ms ~= nil)
  end,
}
