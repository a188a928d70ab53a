-- Who may not call, or not be called: numbers, prefixes, patterns, and callers without a name.
--
--   local blocklist = require "lib.blocklist"
--   local unwanted = blocklist.new({ "+4319001234", "+43900*", "*@spam.example", "10?0" }, { anonymous = true })
--   local why = unwanted.caller(call) or unwanted.called(call, number)
--   if why then
--     log.info("blocked by", why)
--     return reject(603)
--   end
--
-- An entry without * and ? is one number or user, one that ends in its only * is a prefix; both cost the same however
-- many there are. Others are patterns (* is anything, ? one character), which are tried one after the other: keep them
-- few. An entry with @ is compared with user@host, others with the user part alone; upper and lower case are the same.
--
-- Who calls may write what he likes as his number, unless the network that he comes from vouches for it: a list of
-- callers stops nuisances, not fraud (lib.fraud).

local blocklist = {}

local most_patterns = 100  -- each costs a few instructions for each character of the number

-- A pattern of ours as one of Lua's.
local function pattern_of(entry)
  local escaped = entry:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  return "^" .. escaped:gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

-- Names that stand for none: RFC 3323 4.1 asks for the first, the others are what equipment writes.
local nobody = { anonymous = true, restricted = true, unavailable = true, unknown = true, private = true, [""] = true }

-- Whether a caller shows no number: From without one, or a Privacy that asks for it (RFC 3323 4.2, RFC 3325 9.3).
function blocklist.is_anonymous(call)
  local from = call.from
  if nobody[from.user:lower()] or from.host == "anonymous.invalid" then return true end
  for _, value in ipairs(call.header_values("Privacy")) do
    for word in value:lower():gmatch("[%w%-]+") do
      if word == "id" or word == "user" or word == "header" then return true end
    end
  end
  return false
end

-- options.anonymous: caller() names callers without a number, too.
function blocklist.new(entries, options)
  local hidden = (options or {}).anonymous
  local exact, prefixes, longest, patterns = {}, {}, 0, {}
  for _, entry in ipairs(entries) do
    assert(type(entry) == "string" and entry ~= "", "expected a number, a prefix such as +43900* or a pattern")
    entry = entry:lower()
    local plain = entry:match("^[^*?@]*")
    if plain == entry then
      exact[entry] = true
    elseif plain .. "*" == entry then
      prefixes[plain] = true
      longest = math.max(longest, #plain)
    else
      patterns[#patterns + 1] = { entry = entry, lua = pattern_of(entry), address = entry:find("@", 1, true) ~= nil }
    end
  end
  assert(#patterns <= most_patterns, "at most " .. most_patterns .. " patterns, there are " .. #patterns)

  local list = {}

  -- The entry that has this number or user, or nil. `host`: for entries with @.
  function list.find(user, host)
    user = user:lower()
    if exact[user] then return user end
    for size = math.min(#user, longest), 0, -1 do
      local prefix = user:sub(1, size)
      if prefixes[prefix] then return prefix .. "*" end
    end
    local address = user .. "@" .. (host or ""):lower()
    for _, one in ipairs(patterns) do
      if (one.address and address or user):find(one.lua) then return one.entry end
    end
    return nil
  end

  -- The entry that a call is blocked by, for its caller or for whom it calls; nil for calls for help, always.
  function list.caller(call)
    if call.emergency then return nil end
    if hidden and blocklist.is_anonymous(call) then return "anonymous" end
    return list.find(call.from.user, call.from.host)
  end

  -- `number`: whom it will call, when that is not what was dialled.
  function list.called(call, number)
    if call.emergency then return nil end
    return list.find(number or call.to.user, call.to.host)
  end

  return list
end

return blocklist
