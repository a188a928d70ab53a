// A scene is played to its end, and its story is what happened.

#include "sbc/simulate/play.h"

#include <gmock/gmock.h>

#include "sbc/json/value.h"
#include "sbc/simulate/spelled.h"

namespace sbc::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

Setting setting() {
  const char* const realms[] = {"access", "core"};
  const char* const at[] = {"198.51.100.1:5060", "203.0.113.1:5060"};
  auto calls = std::make_shared<call::Settings>();
  std::vector<route::Realm> table;
  for (std::uint16_t i = 0; i < 2; ++i) {
    const auto where = endpoint(at[i]);
    table.push_back({.name = realms[i],
                     .listeners = {{.index = i, .transport = sip::Transport::Udp, .address = where}},
                     .media_network = realms[i],
                     .trust = route::Trust::Untrusted});
    calls->faces.push_back({.host = where.ip.text(), .sent_by = where.ip.text(), .address = where.ip});
  }
  route::Trunk carrier;
  carrier.name = "carrier";
  carrier.realm = "core";
  carrier.targets.push_back({.endpoint = endpoint("203.0.113.10:5060")});
  route::Trunk named;
  named.name = "named";
  named.realm = "core";
  named.targets.push_back({.endpoint = {}, .name = route::NamedHost{.host = "pbx.example"}});
  calls->routes = std::make_shared<const route::Table>(*route::Table::build(table, {carrier, named}, {}));
  Setting made;
  made.calls = calls;
  made.transactions.trying_after = base::milliseconds(200);  // as the configuration has it: who is dropped gets no 100
  return made;
}

Story play_with(const std::string& policy, const Scene& scene) {
  policy::Environment names;
  names.realms = {"access", "core"};
  names.trunks = {"carrier", "named"};
  names.domain = "example.net";
  const auto host = policy::Host::load(policy::Bundle("p.lua", {{"p.lua", policy}}), {}, names);
  EXPECT_TRUE(host) << host.error().message();
  return host ? play(setting(), **host, scene) : Story{};
}

Scene scene_to(const std::string& to) {
  Scene scene;
  scene.caller.to = to;
  return scene;
}

std::vector<int> responses(const Attempt& attempt) {
  std::vector<int> all;
  for (const auto& [at, status] : attempt.responses) all.push_back(status);
  return all;
}

constexpr const char* kToCarrier = "return { on_invite = function(call)\nreturn route { trunk = \"carrier\" } end }";

TEST(Play, ACallIsAnsweredAndHungUp) {
  const auto story = play_with(kToCarrier, scene_to("100"));
  EXPECT_EQ(story.problem, "");
  EXPECT_EQ(story.status(), 200);
  EXPECT_THAT(story.notes, IsEmpty());
  ASSERT_EQ(story.attempts.size(), 1U);
  EXPECT_EQ(story.attempts[0].to, "carrier");
  EXPECT_EQ(story.attempts[0].target, "UDP 203.0.113.10:5060");
  EXPECT_THAT(responses(story.attempts[0]), ElementsAre(180, 200));
  ASSERT_TRUE(story.record);
  EXPECT_EQ(story.record->cause, call::EndCause::Bye);
  EXPECT_EQ(story.decisions.at(0).what, "route: trunk carrier");
  EXPECT_EQ(story.decisions.at(0).where, "p.lua:2");
}

TEST(Play, SilenceTakesTheTimeThatThePolicyGives) {
  auto scene = scene_to("100");
  scene.behaviours["carrier"] = {.steps = {}};
  const auto story = play_with(
      "return { on_invite = function() return route { trunk = \"carrier\", timeout = 30 } end,\n"
      "on_failure = function(call, attempt) return give_up(480, attempt.cause) end }",
      scene);
  EXPECT_EQ(story.status(), 480);
  EXPECT_EQ(story.decisions.back().what, "give_up 480 timeout");
  EXPECT_GE(story.decisions.back().at, base::seconds(30));
  EXPECT_THAT(story.attempts.at(0).responses, IsEmpty());
}

constexpr const char* kToTwo =
    "return { on_invite = function(call)\nreturn route { { trunk = \"carrier\" }, "
    "{ uri = \"sip:1@203.0.113.11\", realm = \"core\" }, at_once = true } end }";

TEST(Play, PlacesAtOnceRingTogetherAndOneAnswers) {
  auto scene = scene_to("100");
  scene.behaviours["carrier"] = {.steps = {{base::milliseconds(100), 180}, {base::seconds(5), 200}}};
  scene.inside.push_back({.after = base::seconds(1), .callee = true, .method = "INVITE", .hold = true});
  const auto story = play_with(kToTwo, scene);
  EXPECT_EQ(story.problem, "");
  EXPECT_EQ(story.status(), 200);
  ASSERT_EQ(story.attempts.size(), 2U);
  EXPECT_EQ(story.attempts[0].at, story.attempts[1].at);
  EXPECT_TRUE(story.attempts[0].cancelled);
  EXPECT_THAT(responses(story.attempts[0]), ElementsAre(180, 487));
  EXPECT_THAT(responses(story.attempts[1]), ElementsAre(180, 200));
  EXPECT_EQ(story.inside.at(0).status, 200) << "the one who answered holds the caller";
  EXPECT_THAT(story.decisions.at(0).what, HasSubstr("route: trunk carrier; at once with it uri sip:1@203.0.113.11"));
}

TEST(Play, OfTwoThatAnswerTogetherOneIsHungUp) {
  auto scene = scene_to("100");
  const Behaviour quick{.steps = {{base::seconds(1), 200}}};
  scene.behaviours["carrier"] = scene.behaviours["203.0.113.11:5060"] = quick;
  scene.inside.push_back({.after = base::seconds(1), .callee = true, .method = "INVITE", .hold = true});
  const auto story = play_with(kToTwo, scene);
  EXPECT_EQ(story.problem, "");
  ASSERT_EQ(story.attempts.size(), 2U);
  EXPECT_FALSE(story.attempts[0].cancelled);
  EXPECT_TRUE(story.attempts[1].hung_up);
  EXPECT_EQ(story.inside.at(0).status, 200);
  EXPECT_EQ(story.record->cause, call::EndCause::Bye);
}

TEST(Play, ACallerWhoGivesUpCancels) {
  auto scene = scene_to("100");
  scene.caller.gives_up = base::seconds(1);
  const auto story = play_with(kToCarrier, scene);
  EXPECT_EQ(story.status(), 487);
  ASSERT_EQ(story.attempts.size(), 1U);
  EXPECT_TRUE(story.attempts[0].cancelled);
  EXPECT_THAT(responses(story.attempts[0]), ElementsAre(180, 487));
}

TEST(Play, PhonesAndNamesAreFound) {
  auto scene = scene_to("bob@example.net");
  auto phone = make_phone(setting(), "sip:bob@example.net", "", 0);
  ASSERT_TRUE(phone) << phone.error();
  scene.phones.push_back(*phone);
  scene.behaviours["sip:bob@example.net"] = {.steps = {{base::seconds(1), 486}}};
  const auto story = play_with(
      "return { on_invite = function(call) return route { location.lookup(call.to.aor), { trunk = \"named\" } } end,\n"
      "on_failure = function() return next_candidate() end }",
      scene);
  EXPECT_EQ(story.status(), 200);
  ASSERT_EQ(story.attempts.size(), 2U);
  EXPECT_EQ(story.attempts[0].to, "sip:bob@example.net");
  EXPECT_THAT(responses(story.attempts[0]), ElementsAre(486));
  EXPECT_EQ(story.attempts[1].to, "named");
}

TEST(Play, AnOfferOfTheCalleeIsAnsweredInTheAck) {
  auto scene = scene_to("100");
  scene.caller.sdp = "";
  const auto story = play_with(kToCarrier, scene);
  EXPECT_EQ(story.status(), 200);
  EXPECT_THAT(story.notes, IsEmpty());
  ASSERT_TRUE(story.record);
  EXPECT_EQ(story.record->cause, call::EndCause::Bye);
}

TEST(Play, APolicyThatDropsTellsTheCallerNothing) {
  const auto story = play_with("return { on_invite = function() return drop() end }", scene_to("100"));
  EXPECT_EQ(story.status(), 0);
  EXPECT_THAT(story.to_caller, IsEmpty());
}

TEST(Play, AHandlerThatFailsSaysWhere) {
  const auto story = play_with("return { on_invite = function()\n error(\"no\") end }", scene_to("100"));
  EXPECT_EQ(story.status(), 500);
  EXPECT_EQ(story.decisions.at(0).where, "fallback");
  EXPECT_EQ(story.decisions.at(0).error, "p.lua:2: no");
}

TEST(Play, TheSameSceneHasTheSameStory) {
  const auto once = play_with(kToCarrier, scene_to("100"));
  const auto again = play_with(kToCarrier, scene_to("100"));
  ASSERT_EQ(once.attempts.size(), again.attempts.size());
  EXPECT_EQ(once.attempts[0].invite->bytes(), again.attempts[0].invite->bytes());
}

TEST(Play, WhatCannotBePlayedSaysWhy) {
  auto scene = scene_to("100");
  scene.caller.realm = "cor";
  EXPECT_EQ(play_with(kToCarrier, scene).problem, "there is no realm \"cor\"; did you mean \"core\"?");
  scene = scene_to("100");
  scene.caller.transport = sip::Transport::Tls;
  EXPECT_THAT(play_with(kToCarrier, scene).problem, HasSubstr("has no listener for TLS"));
  scene.caller = {};
  scene.caller.message = "OPTIONS sip:x SIP/2.0\n";
  EXPECT_NE(play_with(kToCarrier, scene).problem, "");
}

constexpr const char* kAsks =
    "return { on_invite = function(call)\nlocal answer, why = http.get('http://numbers.example/' .. call.to.user)\n"
    "if not answer then return reject(480, why) end\nreturn reject(404, answer.body) end }";
constexpr const char* kAsked = "http://numbers.example/100";

Story asked(const LookupReply& reply) {
  Scene scene = scene_to("100");
  scene.lookups[kAsked] = reply;
  return play_with(kAsks, scene);
}

std::string reason(const Story& story) {
  return story.to_caller.empty() ? "nothing" : std::string(story.to_caller.back().second->reason_phrase());
}

TEST(LookUps, AreAnsweredWhenTheSceneSays) {
  const auto story =
      asked({.after = base::milliseconds(300), .found = policy::HttpAnswer{200, "text/plain", "ported"}});
  EXPECT_EQ(story.problem, "");
  EXPECT_EQ(story.status(), 404);
  EXPECT_EQ(reason(story), "ported");
  ASSERT_EQ(story.decisions.size(), 1U);
  ASSERT_EQ(story.decisions[0].lookups.size(), 1U);
  const auto& lookup = story.decisions[0].lookups[0];
  EXPECT_EQ(lookup.what, "GET http://numbers.example/100");
  EXPECT_EQ(lookup.answer, "200, 6 bytes");
  EXPECT_EQ(lookup.until - lookup.at, base::milliseconds(300));
}

TEST(LookUps, WithoutAnAnswerInTimeTheDeadlineDecides) {
  const auto silent = asked({.after = {}, .found = std::unexpected("timeout")});
  EXPECT_EQ(reason(silent), "timeout");
  EXPECT_EQ(silent.decisions.at(0).lookups.at(0).until - silent.decisions[0].lookups[0].at, base::seconds(2));
  const auto late = asked({.after = base::seconds(3), .found = policy::HttpAnswer{200, "", "late"}});
  EXPECT_EQ(reason(late), "timeout");
  EXPECT_EQ(reason(asked({.after = base::seconds(1), .found = std::unexpected("connect")})), "connect");
}

TEST(LookUps, ThatNobodySpokeOfAreUnavailable) {
  const auto story = play_with(kAsks, scene_to("100"));
  EXPECT_EQ(reason(story), "unavailable");
  EXPECT_THAT(story.notes, ElementsAre("GET http://numbers.example/100: the scene does not say what is answered"));
}

constexpr const char* kAsksRedis =
    "return { on_invite = function(call)\nlocal text, why = redis.command('HGET', 'routes', call.to.user)\n"
    "return reject(404, tostring(text) .. ' ' .. tostring(why)) end }";

TEST(LookUps, InStoresAreAnsweredWithValues) {
  Scene scene = scene_to("100");
  scene.lookups["redis HGET routes 100"] = {
      .after = {}, .found = std::make_shared<const json::Value>(json::Value{std::string("there")})};
  EXPECT_EQ(reason(play_with(kAsksRedis, scene)), "there nil");
  scene.lookups["redis HGET routes 100"].found = std::make_shared<const json::Value>();
  EXPECT_EQ(reason(play_with(kAsksRedis, scene)), "nil nil");
  scene.lookups["redis HGET routes 100"].found = policy::HttpAnswer{200, "", "x"};
  const auto story = play_with(kAsksRedis, scene);
  EXPECT_EQ(reason(story), "nil failed");
  EXPECT_THAT(story.notes, ElementsAre("redis HGET routes 100: the scene answers as HTTP, not with a value"));
}

TEST(LookUps, ACallerMayHangUpMeanwhile) {
  Scene scene = scene_to("100");
  scene.lookups[kAsked] = {.after = {}, .found = std::unexpected("timeout")};
  scene.caller.gives_up = base::milliseconds(500);
  const auto story = play_with(kAsks, scene);
  EXPECT_EQ(story.status(), 487);
  ASSERT_EQ(story.decisions.size(), 1U);
  EXPECT_EQ(story.decisions[0].what, "nothing: the call is gone");
  EXPECT_EQ(story.decisions[0].lookups.at(0).answer, "");
}

// What the parties do in the call goes through the same calls and the same policy.
TEST(Inside, EventsReachThePolicyAndTheirAnswersTheStory) {
  auto scene = scene_to("100");
  scene.caller.talks = base::seconds(60);
  scene.inside = {
      {.after = base::seconds(5), .method = "INVITE", .hold = true},
      {.after = base::seconds(6), .callee = true, .method = "INVITE", .hold = true},
      {.after = base::seconds(7), .callee = true, .method = "INFO", .content_type = "text/plain", .body = "x"},
      {.after = base::seconds(8), .digit = '1'},
      {.after = base::seconds(9), .callee = true, .method = {}, .digit = '#'},
  };
  const auto story = play_with(
      "return { on_invite = function() return route { trunk = 'carrier' } end,\n"
      "on_reinvite = function(_, event) if event.party == 'callee' then return reject(488) end end,\n"
      "on_info = function(_, event) return reject(415) end,\n"
      "on_dtmf = function(_, event) if event.digit == '#' then return hang_up(603) end end }",
      scene);
  EXPECT_EQ(story.problem, "");
  EXPECT_EQ(story.status(), 200) << "the call's own, not that of a re-INVITE";
  ASSERT_EQ(story.inside.size(), 5U);
  EXPECT_EQ(story.inside[0].status, 200);
  EXPECT_EQ(story.inside[1].status, 488);
  EXPECT_EQ(story.inside[2].status, 415);
  EXPECT_TRUE(story.inside[3].heard);
  ASSERT_TRUE(story.record);
  EXPECT_EQ(story.record->cause, call::EndCause::HungUp);
  EXPECT_EQ(story.record->duration, base::seconds(9));
  std::vector<policy::Handler> ran;
  for (const auto& decision : story.decisions)
    if (decision.handler != policy::Handler::Nat) ran.push_back(decision.handler);
  using policy::Handler;
  EXPECT_THAT(ran, ElementsAre(Handler::Invite, Handler::Reinvite, Handler::Reinvite, Handler::Info, Handler::Dtmf,
                               Handler::Dtmf));
  EXPECT_EQ(story.decisions.back().what, "hang_up 603");
}

TEST(Inside, KeysThatNobodyWantsAreNotTold) {
  auto scene = scene_to("100");
  scene.inside = {{.after = base::seconds(1), .method = {}}};
  const auto story = play_with(kToCarrier, scene);
  ASSERT_EQ(story.inside.size(), 1U);
  EXPECT_FALSE(story.inside[0].heard);
  EXPECT_EQ(story.record->cause, call::EndCause::Bye);
}

TEST(Inside, TimersGoByTheClockOfTheScene) {
  auto scene = scene_to("100");
  scene.caller.talks = base::hours(2);
  const auto story = play_with(
      "return { on_invite = function() timer.set('a', 60) return route { trunk = 'carrier', max_duration = 3600 } "
      "end,\n"
      "on_timer = function(_, due) log.info(due.name, due.number, due.elapsed_ms) timer.set('a', 1800) end }",
      scene);
  ASSERT_TRUE(story.record);
  EXPECT_EQ(story.record->cause, call::EndCause::MaxDuration);
  EXPECT_EQ(story.record->duration, base::hours(1));
  std::vector<std::string> said;
  for (const auto& decision : story.decisions)
    for (const auto& line : decision.log) said.push_back(line.text);
  EXPECT_THAT(said, ElementsAre("a 1 60000", "a 2 1860000"));
}

TEST(Screening, ComesFirstAndNeverToACallForHelp) {
  const auto policy = [](const char* answer) {
    return "return { on_invite = function() return route { trunk = 'carrier' } end,\n"
           "on_screen = function(request) return " +
           std::string(answer) + " end }";
  };
  const auto refused = play_with(policy("reject(403, 'No', { ['X-A'] = request.from.user })"), scene_to("100"));
  EXPECT_EQ(refused.status(), 403);
  EXPECT_THAT(refused.attempts, IsEmpty());
  ASSERT_EQ(refused.decisions.size(), 1U);
  EXPECT_EQ(refused.decisions[0].handler, policy::Handler::Screen);
  EXPECT_EQ(refused.decisions[0].where, "p.lua:2");
  const auto dropped = play_with(policy("drop()"), scene_to("100"));
  EXPECT_EQ(dropped.status(), 0);
  EXPECT_THAT(dropped.to_caller, IsEmpty());
  EXPECT_EQ(play_with(policy("reject(request.authenticated and 603 or 404)"), scene_to("100")).status(), 404);
  EXPECT_EQ(play_with(policy("nil"), scene_to("100")).status(), 200);
  EXPECT_EQ(play_with(policy("drop()"), scene_to("urn:service:sos")).status(), 200);
}

TEST(Responses, AreChangedOnTheirWayToTheCaller) {
  auto scene = scene_to("100");
  scene.behaviours["carrier"] = {.steps = {{base::seconds(1), 183, "Server: switch\r\n"},
                                           {base::seconds(2), 182, {}},
                                           {base::seconds(3), 200, {}}}};
  const auto story = play_with(
      "return { on_invite = function() return route { trunk = 'carrier' } end,\n"
      "on_provisional = function(_, response) if response.status == 182 then return hide() end\n"
      "  return change { status = 180, early_media = false, headers = { ['X-A'] = response.user_agent } } end,\n"
      "on_answer = function(_, response) return change { headers = { ['X-B'] = response.trunk } } end }",
      scene);
  EXPECT_EQ(story.problem, "");
  std::vector<std::string> said;
  for (const auto& [at, message] : story.to_caller)
    if (message->is_response() && message->method() == sip::Method::Invite && message->status() > 100) {
      said.push_back(std::to_string(message->status()) + (message->body().empty() ? "" : " sdp"));
      for (const auto& field : message->headers())
        if (field.name.starts_with("X-")) said.back() += " " + std::string(field.name) + "=" + std::string(field.value);
    }
  EXPECT_THAT(said, ElementsAre("180 X-A=switch", "200 sdp X-B=carrier"));
}

TEST(Counters, GoByTheTimeOfTheScenes) {
  const auto policy = "return { on_invite = function(call) return reject(404, tostring(counter.incr('all', 60))) end }";
  policy::RateWindows counters(10);
  Scene scene = scene_to("100");
  scene.counters = &counters;
  scene.wall.seconds = 600'000;
  EXPECT_EQ(reason(play_with(policy, scene)), "1");
  EXPECT_EQ(reason(play_with(policy, scene)), "2");
  scene.wall.seconds += 120;
  EXPECT_EQ(reason(play_with(policy, scene)), "1");
}

TEST(Spelled, TimesAndAddressesAreRead) {
  ASSERT_TRUE(read_time("2026-11-21 08:30"));
  EXPECT_EQ(read_time("2026-11-21 08:30")->seconds, 1'795'249'800);
  for (const char* text : {"", "2026-11-21", "2026-13-21 08:30", "2026-11-21 24:00", "2026-11-21 08:30x"})
    EXPECT_FALSE(read_time(text)) << text;
  EXPECT_EQ(read_address("192.0.2.5")->text(), "192.0.2.5:5060");
  EXPECT_EQ(read_address("[2001:db8::5]:5070")->text(), "[2001:db8::5]:5070");
  EXPECT_FALSE(read_address("pbx.example"));
  EXPECT_EQ(whole_aor("bob", "example.net"), "sip:bob@example.net");
  EXPECT_EQ(whole_aor("sip:bob@other.example", "example.net"), "sip:bob@other.example");
}

}  // namespace
}  // namespace sbc::simulate
