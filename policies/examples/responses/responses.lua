-- What is refused before anything is looked up, and what callers hear of those they call: one carrier's announcements
-- are replaced by ringing, nobody is told of queues, and voicemail does not take calls that do not want it.
local RATE = 20 -- requests of one address in ten seconds

return {
  on_screen = function(request)
    if request.user_agent:lower():find("friendly-scanner", 1, true) then return drop() end
    if request.method == "SUBSCRIBE" then return reject(405, nil, { ["X-Why"] = "no subscriptions here" }) end
    if request.trunk == "" and counter.incr("from " .. request.source_ip, 10) > RATE then return reject(503) end
  end,

  on_invite = function(call)
    return route { { trunk = "announcer" }, { trunk = "carrier" }, number = call.to.user }
  end,

  on_provisional = function(_, response)
    if response.status == 182 then return hide() end
    if response.trunk == "announcer" and response.has_sdp then
      return change { status = 180, early_media = false, headers = { ["X-Ring"] = "ours" } }
    end
  end,

  on_answer = function(call, response)
    if response.user_agent:find("Voicemail", 1, true) and call.headers["X-No-Voicemail"] then return hang_up() end
    if response.header_values("X-Fax")[1] then return hang_up(488, "No Fax") end
    return change { headers = { ["X-Answered-By"] = response.trunk }, max_duration = 3600 }
  end,

  on_failure = function(_, attempt)
    if attempt.status == 480 then return next_candidate() end
  end,
}
