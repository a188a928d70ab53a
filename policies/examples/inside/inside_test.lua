local function talk(seconds, ...)
  return call { to = "4366012345", talks = seconds, inside = { ... } }
end

test("the carrier puts nobody on hold", function()
  local it = talk(30, { after = 5, party = "callee", event = "reinvite", hold = true })
  expect(it.inside, { { event = "reinvite", party = "callee", status = 488 } })
  expect(it, { ended = "bye" })
  expect(math.floor(it.duration), 30)
end)

test("who calls does, and comes back", function()
  local it = talk(30, { after = 5, event = "reinvite", hold = true }, { after = 9, event = "reinvite" },
    { after = 12, party = "callee", event = "reinvite" })
  expect(it.inside, { { status = 200 }, { status = 200 }, { status = 200 } })
end)

test("transfers stay in the house", function()
  local out = { after = 5, event = "refer", to = "sip:0900123@example.net" }
  local it = talk(30, out)
  expect(it.inside, { { event = "refer", status = 603 } })
  expect(it.log, { "alice may not transfer to 0900123" })
  it = call { to = "4366012345", talks = 30, phones = { "bob" }, inside = { { event = "refer", to = "sip:bob@example.net" } } }
  expect(it.inside, { { status = 202 } })
end)

test("no pages in INFO", function()
  local it = talk(30, { event = "info", content_type = "text/html", body = "<p>" },
    { after = 2, event = "info", content_type = "application/media_control+xml", body = "<media_control/>" })
  expect(it.inside[1], { status = 415 })
  expect(it.inside[2], { status = 200 })
end)

test("two pounds hang up, in the media and in INFO", function()
  for _, way in ipairs { "media", "info" } do
    local it = talk(30, { after = 3, event = "dtmf", digit = "#", way = way }, { after = 4, event = "dtmf", digit = "#", way = way })
    expect(it, { ended = "hung_up" })
    expect(math.floor(it.duration), 4)
  end
end)

test("two pounds with a pause are two pounds", function()
  local it = talk(30, { after = 3, event = "dtmf", digit = "#" }, { after = 6, event = "dtmf", digit = "#" })
  expect(it, { ended = "bye" })
  expect(it.inside[1], { event = "dtmf", heard = true })
end)

test("a call of an hour ends, and the log says so before", function()
  local it = talk(7200)
  expect(it, { ended = "max_duration", duration = 3600, log = { "ten minutes left" } })
end)
