-- Where a call goes is a question for a service (test_lookups.py): the number's path says which answer it gives.
local function ask(call)
  return http.get(settings.service .. http.escape(call.to.user), { timeout = settings.timeout or 1, cache = settings.cache or 0 })
end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    if call.to.user == "plain" then return route { trunk = "carrier", number = "plain" } end
    if call.to.user == "elsewhere" then
      local _, why = http.get(settings.elsewhere)
      return reject(480, why)
    end
    if call.to.user:find("^%+") then
      local records, why = dns.enum(call.to.user, { timeout = settings.timeout or 1, suffix = settings.suffix })
      if not records then return reject(480, why) end
      for _, record in ipairs(records) do
        if record.service == "sip" then return route { trunk = "carrier", number = record.uri:match("^sip:([^@]+)@") } end
      end
      return reject(404, #records .. " records")
    end
    if call.to.user == "named" then
      local said = {}
      for _, asked in ipairs { { "edge.example", "A" }, { "_sip._udp.edge.example", "SRV" }, { "edge.example", "TXT" }, { "none.edge.example" },
                               { "badedge.example" }, { "a b" } } do
        local records, why = dns.lookup(asked[1], asked[2], { timeout = settings.timeout or 1 })
        local first = records and records[1]
        said[#said + 1] = not records and why or #records .. ":" .. tostring(type(first) == "table" and first.target or first)
      end
      return reject(404, table.concat(said, " "))
    end
    if call.to.user == "posted" then
      local answer = http.post(settings.service .. "echo", { json = { caller = call.from.user, tags = { "a", "b" } } })
      return reject(486, answer.json.caller .. " " .. answer.json.tags[2])
    end
    local answer, why = ask(call)
    if call.to.user == "twice" then answer, why = ask(call) end
    if not answer then return reject(480, why) end
    if answer.status ~= 200 then return reject(404, "status " .. answer.status) end
    return route { trunk = "carrier", number = answer.json.number }
  end,
  on_failure = function(call, attempt)
    if call.to.user ~= "second" then return nil end
    local answer = http.get(settings.service .. "failed-" .. attempt.status)
    return give_up(answer.json.status)
  end,
}
