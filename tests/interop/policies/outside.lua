-- Requests outside of calls cross the border: to users who are registered, and to the carrier.
local function to_whom(request)
  local phones = location.lookup(request.to.aor) or location.lookup(request.to.user)
  if phones then return route(phones) end
  if request.trunk ~= "" then return reject(404) end
  return route { trunk = "carrier", timeout = 1 }
end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = to_whom,
  on_request = function(request)
    if request.method == "OPTIONS" and request.to.user == "" then return accept() end
    return to_whom(request)
  end,
}
