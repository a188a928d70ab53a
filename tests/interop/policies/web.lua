-- Registered phones call each other; the settings say how the media of each callee is protected.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function(call)
    local phones = location.lookup(call.to.aor)
    if not phones then return reject(404) end
    return route { contacts = phones, media_security = settings[call.to.user] }
  end,
}
