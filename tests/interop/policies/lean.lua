-- As little as a policy can say: what happens in calls is the border's affair, but for a timer that nobody waits for.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function()
    timer.set("nobody", 1)
    return route { trunk = "carrier" }
  end,
}
