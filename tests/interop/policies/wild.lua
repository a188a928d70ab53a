-- A policy that does what no policy should, for the numbers that ask for it (test_wild_policies.py).
local kept = {}

local wild = {
  loop = function() while true do end end,
  hoard = function()
    while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end
  end,
  wait = function() return http.get(settings.service, { timeout = 5 }) end,
  throw = function() error("thrown") end,
}

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    local does = wild[call.to.user]
    if does then
      does()
      return reject(480, "Came Back")
    end
    return route { trunk = "carrier", number = call.to.user }
  end,
}
