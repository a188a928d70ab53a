local plans = require "lib.plans"

test("what people dial becomes E.164, country by country", function()
  for country, cases in pairs {
    AT = { ["0660 123 45 67"] = "+436601234567", ["00441234567890"] = "+441234567890", ["133"] = "133" },
    AU = { ["02 9374 4000"] = "+61293744000", ["0011 43 1 12345"] = "+43112345", ["1300 123 456"] = "+611300123456" },
    BE = { ["02 123 45 67"] = "+3221234567" },
    CA = { ["(416) 555-0100"] = "+14165550100", ["1 416 555 0100"] = "+14165550100" },
    CH = { ["044 668 18 00"] = "+41446681800", ["1414"] = "1414" },
    DE = { ["030 12345678"] = "+493012345678", ["110"] = "110" },
    DK = { ["32 12 34 56"] = "+4532123456" },
    ES = { ["912 345 678"] = "+34912345678", ["091"] = "091" },
    FR = { ["01 23 45 67 89"] = "+33123456789", ["17"] = "17" },
    GB = { ["020 7946 0000"] = "+442079460000", ["999"] = "999" },
    IT = { ["06 1234 5678"] = "+390612345678", ["347 123 4567"] = "+393471234567" },
    NL = { ["020 123 4567"] = "+31201234567" },
    PL = { ["22 123 45 67"] = "+48221234567" },
    SE = { ["08-123 456 78"] = "+46812345678" },
    US = { ["011 43 1 12345"] = "+43112345", ["2125550100"] = "+12125550100", ["911"] = "911" },
  } do
    local plan = plans.of(country)
    for dialled, number in pairs(cases) do
      expect(plan.e164(dialled), number, country .. " " .. dialled)
      if number:sub(1, 1) == "+" then expect(plan.is_possible(number), true, number) end
    end
  end
  expect(plans.of("AT", { area = "1" }).e164("5551234"), "+4315551234")
  expect(plans.of("AT").e164("alice"), "alice")
end)

test("numbers are told apart", function()
  local austria = plans.of "AT"
  for dialled, kind in pairs {
    ["112"] = "emergency", ["144"] = "emergency", ["0900 123 456"] = "premium", ["+43900123456"] = "premium",
    ["0820 123 456"] = "shared", ["0800 123 456"] = "free", ["01 5551234"] = "national", ["0044 20 79460000"] = "international",
    ["100"] = "short", ["123"] = "short", ["5551234"] = "local", ["alice"] = "name",
  } do
    expect(austria.kind(dialled), kind, dialled)
  end
  expect(plans.of("GB").kind("09011 234567"), "premium")
  expect(plans.of("US").kind("411"), "short")
end)

test("islands behind +1 are abroad", function()
  local america = plans.of "US"
  expect(america.kind("1 876 555 0100"), "international")
  expect(america.kind("1 212 555 0100"), "national")
  expect(america.kind("1 900 555 0100"), "premium")
end)

test("each country has its number for help, and any other service the common one", function()
  expect(plans.of("AT").sos, { any = "112", police = "133" })
  expect(plans.of("GB").sos.any, "999")
  expect(plans.of("AU").sos.any, "000")
end)

test("the country of a number is told from its first digits", function()
  for number, country in pairs {
    ["+4366012345"] = "43", ["+12125550100"] = "1", ["+18765550100"] = "1876", ["+79161234567"] = "7",
    ["+8816123456"] = "881", ["+35312345678"] = "353",
  } do
    expect(plans.country(number), country)
  end
  expect(plans.country("066012345"), nil)
  expect(plans.country("alice"), nil)
end)

test("each carrier reads numbers in its own way", function()
  local germany = plans.of "DE"
  for style, text in pairs {
    e164 = "+493012345", plain = "493012345", national = "03012345", international = "00493012345", tel = "tel:+493012345",
  } do
    expect(germany.write("+493012345", style), text)
  end
  expect(germany.write("+4315551234", "national"), "004315551234")
  expect(germany.write("alice", "plain"), "alice")
  expect(pcall(germany.write, "+493012345", "pretty"), false)
  expect(plans.of("US").write("+12125550100", "national"), "12125550100")
end)

test("numbers of a wrong length are found", function()
  expect(plans.of("FR").is_possible("+3312345678"), false)
  expect(plans.of("US").is_possible("+1212555010"), false)
  expect(plans.of("FR").is_possible("+4315551234"), true)
  expect(plans.of("FR").is_possible("0123456789"), false)
  expect(pcall(plans.of, "XX"), false)
end)
