-- Screens requests, and changes what the carrier answers, by the number that is called.
return {
  on_screen = function(request)
    if request.user_agent:find("scanner", 1, true) then return drop() end
    if request.method == "SUBSCRIBE" then return reject(405, "Not Here", { ["X-Why"] = "screened" }) end
    if request.user_agent == "refused" then return reject(403) end
  end,
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "moved" then return redirect({ "sip:moved@elsewhere.example", "tel:+4312345" }, nil, "Over There") end
    return route { trunk = "carrier", timeout = 4 }
  end,
  on_request = function(request)
    if request.method == "MESSAGE" then return reject(404, "Nobody Reads Here") end
    return accept()
  end,
  on_provisional = function(call, response)
    if call.to.user == "quiet" and response.has_sdp then
      return change { status = 180, early_media = false, headers = { ["X-Ring"] = response.number } }
    end
    if call.to.user == "hidden" then return hide() end
  end,
  on_answer = function(call, response)
    if call.to.user == "machine" then return hang_up(603, "No Machines") end
    return change { headers = { ["X-Answered-By"] = response.trunk, ["X-Was"] = response.headers["X-Switch"] or "nobody" } }
  end,
}
