-- Of a border between another border and a carrier: what comes from one side goes to the other.
return {
  on_invite = function(call)
    return route { trunk = call.trunk == "carrier" and "border" or "carrier", timeout = 2 }
  end,
}
