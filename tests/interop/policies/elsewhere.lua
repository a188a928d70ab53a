-- Phones that send their media from elsewhere than they listen: from settings.mouth.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function() return route { trunk = "carrier" } end,
  on_nat = function(leg)
    if leg.trunk ~= "" then return { latch = "strict" } end
    return { latch = "hear", latch_from = { settings.mouth } }
  end,
}
