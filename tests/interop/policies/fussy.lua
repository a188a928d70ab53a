-- lean.lua with an opinion on all that happens besides.
return {
  on_register = function(reg) return reg.challenge_unless_authenticated() end,
  on_invite = function()
    timer.set("nobody", 1)
    return route { trunk = "carrier" }
  end,
  on_screen = function(request)
    if request.method == "OPTIONS" then return reject(405) end
  end,
  on_request = function() return reject(404) end,
  on_nat = function() return { latch = "strict" } end,
  on_provisional = function() return hide() end,
  on_answer = function() return hang_up(603) end,
  on_reinvite = function() return reject(488) end,
  on_refer = function() return reject(603) end,
  on_info = function() return reject(415) end,
  on_dtmf = function() return hang_up() end,
  on_timer = function() return hang_up() end,
  on_failure = function() return give_up() end,
  on_media_quality = function() error("I do not want to know") end,
  on_end = function() error("nor how it ends") end,
}
