-- Phones by name, the number 2000 at the second carrier, everything else at the first.
local function to_whom(request)
  local phones = location.lookup(request.to.aor) or location.lookup("sip:" .. request.to.user .. "@example.org")
  if phones then return route(phones) end
  return route { trunk = request.to.user == "2000" and "second" or "carrier", timeout = 2 }
end

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = to_whom,
  on_request = to_whom,
}
