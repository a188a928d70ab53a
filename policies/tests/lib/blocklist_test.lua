local blocklist = require "lib.blocklist"

local function a_call(user, host, privacy)
  return {
    emergency = false,
    from = { user = user, host = host or "example.net" },
    to = { user = "bob", host = "example.net" },
    header_values = function() return privacy or {} end,
  }
end

test("numbers, prefixes and patterns are found", function()
  local list = blocklist.new { "+4319001234", "+43900*", "*@spam.example", "10?0", "Mallory", "+44*99" }
  for user, entry in pairs {
    ["+4319001234"] = "+4319001234", ["+43900123"] = "+43900*", ["+43900"] = "+43900*", ["1020"] = "10?0", mallory = "mallory",
    MALLORY = "mallory", ["+441299"] = "+44*99",
  } do
    expect(list.find(user, "example.net"), entry, user)
  end
  for _, user in ipairs { "+43190012345", "+4390", "10200", "1020a", "", "+4412991" } do
    expect(list.find(user, "example.net"), nil, user)
  end
  expect(list.find("anybody", "Spam.Example"), "*@spam.example")
end)

test("what is special in Lua's patterns is nothing special", function()
  local list = blocklist.new { "a.c?", "(*)x", "%d?", "[*-z]" }
  expect(list.find "abcd", nil)
  expect(list.find "a.cd", "a.c?")
  expect(list.find "(42)x", "(*)x")
  expect(list.find "%d1", "%d?")
  expect(list.find "11", nil)
  expect(list.find "[a-z]", "[*-z]")
end)

test("a star alone is everybody", function()
  expect(blocklist.new({ "*" }).find "anybody", "*")
end)

test("callers without a number are told by From and Privacy", function()
  expect(blocklist.is_anonymous(a_call("anonymous", "anonymous.invalid")), true)
  expect(blocklist.is_anonymous(a_call("Anonymous")), true)
  expect(blocklist.is_anonymous(a_call("")), true)
  expect(blocklist.is_anonymous(a_call("alice", nil, { "id;critical" })), true)
  expect(blocklist.is_anonymous(a_call("alice", nil, { "none" })), false)
  expect(blocklist.is_anonymous(a_call("alice")), false)
  expect(blocklist.new({}, { anonymous = true }).caller(a_call "anonymous"), "anonymous")
  expect(blocklist.new({}).caller(a_call "anonymous"), nil)
end)

test("who is called is looked at as it will be called", function()
  local list = blocklist.new { "+43900*" }
  expect(list.called(a_call "alice", "+43900123"), "+43900*")
  expect(list.called(a_call "alice"), nil)
  expect(list.caller(a_call "+43900123"), "+43900*")
end)

test("calls for help are not blocked", function()
  local list = blocklist.new({ "112", "anon*" }, { anonymous = true })
  local help = a_call "anonymous"
  help.emergency, help.to.user = true, "112"
  expect(list.called(help), nil)
  expect(list.caller(help), nil)
end)

test("a list of thousands costs no more, patterns are few", function()
  local many, patterns = {}, {}
  for i = 1, 5000 do many[i] = "+43660" .. i end
  for i = 1, 101 do patterns[i] = "?" .. i end
  expect(blocklist.new(many).find "+436605000", "+436605000")
  expect(pcall(blocklist.new, patterns), false)
  expect(pcall(blocklist.new, { "" }), false)
end)
