-- Phones by name, the number 2000 at the second carrier, everything else at the first.
local function to_whom(request)
  local phones = location.lookup(request.to.aor) or location.lookup("sip:" .. request.to.user .. "@example.org")
  if phones then return route(phones) end
  return route { trunk = request.to.user == "2000" and "second" or "carrier", timeout = 2 }
end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    -- Alice answers calls for help that come from outside.
    if call.emergency and call.trunk ~= "" then return route(location.lookup("sip:alice@example.org")) end
    return to_whom(call)
  end,
  on_request = function(request)
    if request.target_party ~= "" then return accept() end  -- the transfer of a call that is here
    return to_whom(request)
  end,
}
