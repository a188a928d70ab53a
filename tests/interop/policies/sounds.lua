-- Phones by name. "closed" is closed, and says so; "lost" would say so, too, if its sound were there. Everything else goes to the
-- carrier; who calls "welcomed" is welcomed, and who calls "gone" is told why when nobody there takes the call.
local SOUNDS = { closed = "closed", lost = "lost" }

return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    local sound = SOUNDS[call.to.user]
    if sound then return reject(486, "Closed", nil, { announcement = sound }) end
    local phones = location.lookup(call.to.aor)
    local welcome = call.to.user == "welcomed" and "closed" or nil
    return phones and route(phones) or route { trunk = "carrier", timeout = 4, welcome = welcome }
  end,
  on_failure = function(call)
    if call.to.user == "gone" then return give_up(480, nil, nil, { announcement = "closed" }) end
  end,
}
