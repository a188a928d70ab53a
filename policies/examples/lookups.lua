-- What a policy may know from elsewhere: its own counters, a number service that is asked by HTTP, and a list of
-- prices.

return {
  on_invite = function(call)
    -- No more than 20 calls a minute by one caller, on whatever thread they are handled.
    local caller = call.authenticated and call.auth_user or call.source_ip
    if counter.incr("calls:" .. caller, 60) > 20 then
      return reject(503, "Too Many Calls", { ["Retry-After"] = "60" })
    end

    -- Where the number has been ported to. Without an answer it stays what it is.
    local number = call.to.user
    local answer, why = http.get(settings.numbers .. http.escape(number), { timeout = 0.5, cache = 60 })
    if not answer then log.warning("no number service:", why) end
    if answer and answer.status == 200 and answer.json.number then number = answer.json.number end

    -- The carrier of the longest prefix in the list.
    local rate = tables.prefix("rates", number)
    if not rate then return reject(404, "No Rate") end
    return route { trunk = rate.trunk, number = number }
  end,
}
