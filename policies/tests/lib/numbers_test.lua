local numbers = require "lib.numbers"

test("what people dial becomes E.164", function()
  for dialled, number in pairs {
    ["0660 123 45 67"] = "+436601234567",
    ["00441234567890"] = "+441234567890",
    ["+43 (660) 12-34"] = "+436601234",
    ["112"] = "112",
    ["alice"] = "alice",
  } do
    expect(numbers.e164(dialled, "43"), number, dialled)
  end
  expect(numbers.e164("5551234", "43", { area = "1" }), "+4315551234")
  expect(numbers.e164("5551234", "43"), "5551234")
  expect(numbers.e164("0612345678", "39", { national = "" }), "+390612345678")
end)

test("carriers get national and plain numbers", function()
  expect(numbers.national("+436601234567", "43"), "06601234567")
  expect(numbers.national("+441234567890", "43"), "00441234567890")
  expect(numbers.national("alice", "43"), "alice")
  expect(numbers.plain("+43660"), "43660")
  expect(numbers.plain("alice"), "alice")
end)

test("digits are read with their separators", function()
  expect(numbers.digits("+43 (660) 12-34"), "+436601234")
  expect(numbers.digits("12a"), nil)
  expect(numbers.digits("--"), nil)
  expect(numbers.is_number("0660"), true)
  expect(numbers.is_number("bob"), false)
  expect(numbers.is_e164("+4366012345"), true)
  expect(numbers.is_e164("+0366012345"), false)
  expect(numbers.is_e164("+123"), false)
end)

test("the longest prefix wins", function()
  local destination = numbers.prefixes { ["+43"] = "austria", ["+43720"] = "services", ["+"] = "world" }
  local value, prefix = destination("+4372012345")
  expect({ value, prefix }, { "services", "+43720" })
  expect(destination("+4312345"), "austria")
  expect(destination("+1"), "world")
  expect(destination("112"), nil)
end)

test("blocks have two ends of one length", function()
  expect(numbers.in_block("4312350", "4312300", "4312399"), true)
  expect(numbers.in_block("4312400", "4312300", "4312399"), false)
  expect(numbers.in_block("431235", "4312300", "4312399"), false)
  expect(pcall(numbers.in_block, "1", "10", "200"), false)
end)
