-- Phones by name. "closed" is closed, and says so; "lost" would say so, too, if its sound were there. Everything else goes to the
-- carrier.
local SOUNDS = { closed = "closed", lost = "lost" }

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    local sound = SOUNDS[call.to.user]
    if sound then return reject(486, "Closed", nil, { announcement = sound }) end
    local phones = location.lookup(call.to.aor)
    return phones and route(phones) or route { trunk = "carrier", timeout = 4 }
  end,
}
