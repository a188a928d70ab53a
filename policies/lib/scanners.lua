-- Telling scanners from customers. Programs that try the whole Internet for open gateways and weak passwords are best
-- not answered at all: any answer tells them that somebody is there.

local scanners = {}

-- Anywhere in User-Agent, lower case. Names of tools that have no business at a border, and of no telephone.
local anywhere = {
  "friendly-scanner", "friendly-request", "sipvicious", "sip-scan", "sipscan", "sipcli", "sipptk", "sundayddr",
  "sivus", "siparmyknife", "voipscan", "pplsip", "sippts", "viproy", "nmap", "nm@pper",
}

-- The whole User-Agent, lower case.
local whole = {
  ["cisco"] = true, ["gulp"] = true, ["iwar"] = true, ["sip"] = true, ["sip call"] = true, ["smap"] = true,
  ["test agent"] = true, ["voip"] = true,
}

-- True when User-Agent or From carries the name of a known tool.
function scanners.known(request)
  local agent = request.user_agent:lower()
  if agent ~= "" then
    if whole[agent] then return true end
    for i = 1, #anywhere do
      if agent:find(anywhere[i], 1, true) then return true end
    end
  end
  -- SIPVicious writes its name as display name, also when its User-Agent was changed.
  local from = request.from
  if from.display ~= "" and from.display:lower():find("sipvicious", 1, true) then return true end
  -- Its default caller, which few of its users change.
  return from.user == "100" and from.host == "1.1.1.1"
end

-- True when an address behaves like a scanner: `limit` refused requests within the minutes that the border remembers.
-- A customer with a wrong password is refused a few times; guessing needs thousands.
function scanners.behaves(request, limit)
  return request.recent_failures >= (limit or 30)
end

function scanners.is(request, limit)
  return scanners.known(request) or scanners.behaves(request, limit)
end

return scanners
