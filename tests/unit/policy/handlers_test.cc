// Handlers of what happens before and in a call: what they are told, what they may decide, and what they are told when
// they decide something else.

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A policy with this handler alone, besides what must be there.
std::unique_ptr<Host> with(const std::string& handler, const std::string& body) {
  return load("return { on_invite = function() return drop() end, " + handler + " = function(first, second)\n" + body +
              "\nend }");
}

ResponseFacts response() {
  ResponseFacts facts;
  facts.number = 2;
  facts.target = "UDP 192.0.2.7:5060";
  facts.realm = "core";
  facts.trunk = "carrier_a";
  facts.group = "carriers";
  facts.status = 183;
  facts.reason = "Session Progress";
  facts.has_sdp = true;
  facts.reliable = true;
  facts.elapsed_ms = 1200;
  facts.user_agent = "Switch 1";
  facts.headers = {{"Alert-Info", "<urn:alert:tone>"}, {"X-Hop", "a"}, {"X-Hop", "b"}};
  return facts;
}

struct Asked {
  std::unique_ptr<Host> host;
  FakeLookup lookup{};
  Outcome<ScreenDecision> screen(const RequestFacts& facts = call()) { return host->on_screen(facts, lookup); }
  Outcome<ResponseDecision> provisional() { return host->on_provisional(call(), response(), lookup); }
  Outcome<ResponseDecision> answer() { return host->on_answer(call(), response(), lookup); }
  Outcome<InsideDecision> inside(Handler handler, const InsideFacts& facts = {}) {
    return host->on_inside(handler, call(), facts, lookup);
  }
  Outcome<TimerDecision> timer() { return host->on_timer(call(), {"reminder", 3, 61'000}, lookup); }
};

TEST(Screen, RefusesDropsOrLetsGo) {
  Asked asked{.host = with("on_screen",
                           "if first.user_agent:find('scanner') then return drop() end\n"
                           "if first.method == 'SUBSCRIBE' then return reject(405, 'Not here', { Allow_X = 'y' }) end\n"
                           "if first.method == 'OPTIONS' then return accept() end")};
  auto facts = call();
  const auto passed = asked.screen(facts);
  EXPECT_EQ(passed.decision.kind, ScreenDecision::Kind::Accept);
  EXPECT_EQ(passed.decision.where, "p.lua:1");
  facts.method = "OPTIONS";
  EXPECT_EQ(asked.screen(facts).decision.where, "p.lua:4");
  facts.method = "SUBSCRIBE";
  const auto refused = asked.screen(facts);
  EXPECT_EQ(refused.decision.kind, ScreenDecision::Kind::Reject);
  EXPECT_EQ(refused.decision.status, 405);
  EXPECT_EQ(refused.decision.reason, "Not here");
  EXPECT_EQ(refused.decision.headers.size(), 1U);
  facts.user_agent = "friendly-scanner";
  EXPECT_EQ(asked.screen(facts).decision.kind, ScreenDecision::Kind::Drop);
}

TEST(Screen, ThatFailsLetsGo) {
  Asked asked{.host = with("on_screen", "return first.user_agend == ''")};
  const auto outcome = asked.screen();
  EXPECT_EQ(outcome.error, "p.lua:2: a request has no \"user_agend\"; did you mean \"user_agent\"?");
  EXPECT_EQ(outcome.decision.kind, ScreenDecision::Kind::Accept);
  EXPECT_EQ(outcome.decision.where, "fallback");
  EXPECT_EQ(asked.host->counters().failures[static_cast<std::size_t>(Handler::Screen)], 1U);
}

TEST(Screen, SaysWhatItTakes) {
  EXPECT_EQ((Asked{.host = with("on_screen", "return challenge()")}.screen().error),
            "p.lua:2: on_screen cannot answer challenge; it answers accept, reject, drop or nil");
  EXPECT_EQ((Asked{.host = with("on_screen", "return 5")}.screen().error),
            "p.lua:1: on_screen must return accept, reject, drop or nil, not number");
  EXPECT_EQ((Asked{.host = with("on_screen", "return accept { expires = 60 }")}.screen().error),
            "p.lua:2: on_screen takes accept without options");
}

TEST(Provisional, IsChangedOrHidden) {
  Asked asked{.host = with("on_provisional",
                           "return change { status = 180, reason = 'Ringing soon', early_media = false,\n"
                           "  headers = { ['X-Trunk'] = second.trunk, ['Alert-Info'] = false } }")};
  const auto outcome = asked.provisional();
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.decision.kind, ResponseDecision::Kind::Change);
  EXPECT_EQ(outcome.decision.status, 180);
  EXPECT_EQ(outcome.decision.reason, "Ringing soon");
  EXPECT_FALSE(outcome.decision.early_media);
  EXPECT_EQ(outcome.decision.headers.size(), 2U);
  EXPECT_EQ(outcome.decision.where, "p.lua:2");
  const auto hidden = Asked{.host = with("on_provisional", "return hide()")}.provisional();
  EXPECT_EQ(hidden.decision.kind, ResponseDecision::Kind::Hide);
  const auto usual = Asked{.host = with("on_provisional", "return nil")}.provisional();
  EXPECT_EQ(usual.decision.kind, ResponseDecision::Kind::Usual);
  EXPECT_EQ(usual.decision.where, "p.lua:1");
  EXPECT_EQ((Asked{.host = with("on_end", "")}.provisional().decision.where), "default");
}

TEST(Provisional, IsToldOfTheResponse) {
  Asked asked{.host = with("on_provisional",
                           "log.info(first.from.user, second.number, second.target, second.realm, second.trunk,\n"
                           "  second.group, second.status, second.reason, second.has_sdp, second.reliable,\n"
                           "  second.elapsed_ms, second.user_agent, second.headers['x-hop'],\n"
                           "  #second.header_values('X-Hop'))")};
  const auto outcome = asked.provisional();
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.log.size(), 1U);
  EXPECT_EQ(outcome.log[0].text,
            "alice 2 UDP 192.0.2.7:5060 core carrier_a carriers 183 Session Progress true true 1200 Switch 1 a 2");
}

TEST(Provisional, SaysWhatItTakes) {
  const auto error = [](const char* body) { return Asked{.host = with("on_provisional", body)}.provisional().error; };
  EXPECT_EQ(error("return change { statuss = 180 }"),
            "p.lua:2: change has in on_provisional no field \"statuss\"; did you mean \"status\"?");
  EXPECT_THAT(error("return change { max_duration = 60 }"), HasSubstr("on_provisional no field \"max_duration\""));
  EXPECT_EQ(error("return change { status = 200 }"), "p.lua:2: change: status must be a whole number from 180 to 183");
  EXPECT_THAT(error("return change { headers = { Subject = true } }"),
              HasSubstr("change: headers: Subject cannot be true"));
  EXPECT_EQ(error("return change { early_media = 'no' }"),
            "p.lua:2: change: early_media must be true or false, not a string");
  EXPECT_EQ(error("return change { headers = { Via = 'x' } }"),
            "p.lua:2: change: the header \"Via\" belongs to the border and cannot be set or removed");
  EXPECT_EQ(error("return change()"), "p.lua:2: change takes a table such as { headers = {...} }, not a nil");
  EXPECT_EQ(error("return hang_up()"), "p.lua:2: on_provisional cannot answer hang_up; it answers change, hide or nil");
  EXPECT_EQ(error("return second.trunks"), "p.lua:2: a response has no \"trunks\"; did you mean \"trunk\"?");
}

TEST(Answer, IsChangedOrHungUp) {
  const auto changed =
      Asked{.host = with("on_answer", "return change { headers = { ['X-A'] = 'b' }, max_duration = 3600 }")}.answer();
  EXPECT_EQ(changed.error, "");
  EXPECT_EQ(changed.decision.kind, ResponseDecision::Kind::Change);
  EXPECT_EQ(changed.decision.max_duration_s, 3600U);
  EXPECT_EQ(changed.decision.headers.size(), 1U);
  EXPECT_TRUE(changed.decision.early_media);
  const auto ended = Asked{.host = with("on_answer", "return hang_up(603, 'Fax')")}.answer();
  EXPECT_EQ(ended.decision.kind, ResponseDecision::Kind::HangUp);
  EXPECT_EQ(ended.decision.status, 603);
  EXPECT_EQ(ended.decision.reason, "Fax");
  EXPECT_EQ((Asked{.host = with("on_answer", "return hang_up()")}.answer().decision.status), 0);
}

TEST(Answer, SaysWhatItTakes) {
  const auto error = [](const char* body) { return Asked{.host = with("on_answer", body)}.answer().error; };
  EXPECT_THAT(error("return change { status = 180 }"), HasSubstr("change has in on_answer no field \"status\""));
  EXPECT_EQ(error("return change { max_duration = 604801 }"),
            "p.lua:2: change: max_duration must be a whole number from 1 to 604800");
  EXPECT_EQ(error("return hide()"), "p.lua:2: hide is for on_provisional, not for on_answer");
  EXPECT_EQ(error("return hang_up(200)"), "p.lua:2: hang_up: the status must be a whole number from 400 to 699");
  EXPECT_EQ(error("return hang_up(403, 'x', 'y')"), "p.lua:2: hang_up takes at most 2 arguments, got 3");
  EXPECT_EQ(error("return reject(403)"), "p.lua:2: on_answer cannot answer reject; it answers change, hang_up or nil");
}

TEST(Change, IsForResponsesOnly) {
  EXPECT_EQ(error_of("return change { headers = {} }"),
            "p.lua:1: change is for on_provisional and on_answer, not for on_invite");
  EXPECT_EQ(error_of("return hide()"), "p.lua:1: hide is for on_provisional, not for on_invite");
  EXPECT_THAT(error_of("return hang_up()"), HasSubstr("on_invite cannot answer hang_up"));
}

TEST(Inside, IsToldAndDecides) {
  InsideFacts facts;
  facts.event = "refer";
  facts.party = "callee";
  facts.method = "REFER";
  facts.content_type = "text/plain";
  facts.body = "hello";
  facts.refer_to = address("carol", "example.net");
  facts.elapsed_ms = 5000;
  facts.headers = {{"Referred-By", "<sip:bob@example.net>"}};
  Asked asked{.host = with("on_refer",
                           "log.info(second.event, second.party, second.method, second.content_type, second.body,\n"
                           "  second.refer_to.user, second.hold, second.has_sdp, second.elapsed_ms,\n"
                           "  second.headers['referred-by'])\n"
                           "return reject(603, nil, { ['X-Why'] = 'policy' })")};
  const auto outcome = asked.inside(Handler::Refer, facts);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.log.at(0).text, "refer callee REFER text/plain hello carol  false 5000 <sip:bob@example.net>");
  EXPECT_EQ(outcome.decision.kind, InsideDecision::Kind::Reject);
  EXPECT_EQ(outcome.decision.status, 603);
  EXPECT_EQ(outcome.decision.headers.size(), 1U);
  EXPECT_EQ(asked.inside(Handler::Info).decision.kind, InsideDecision::Kind::Usual) << "it has no such handler";
  const auto ended = Asked{.host = with("on_info", "return hang_up(480, 'over')")}.inside(Handler::Info);
  EXPECT_EQ(ended.decision.kind, InsideDecision::Kind::HangUp);
  EXPECT_EQ(ended.decision.status, 480);
  const auto agreed = Asked{.host = with("on_reinvite", "return accept()")}.inside(Handler::Reinvite);
  EXPECT_EQ(agreed.decision.kind, InsideDecision::Kind::Usual);
}

TEST(Inside, ADigitCannotBeRefused) {
  const auto error = [](const char* body) {
    return Asked{.host = with("on_dtmf", body)}.inside(Handler::Dtmf, {.event = "dtmf", .digit = "#"}).error;
  };
  EXPECT_EQ(error("if second.digit == '#' then return hang_up() end"), "");
  EXPECT_EQ(error("return reject(403)"), "p.lua:2: on_dtmf cannot answer reject; it answers hang_up or nil");
  EXPECT_EQ(error("return second.digits"), "p.lua:2: an event has no \"digits\"; did you mean \"digit\"?");
}

TEST(Timers, AreSetAndCancelled) {
  Asked asked{.host = with("on_timer",
                           "timer.set(second.name, 60 * second.number)\n"
                           "timer.cancel('other')\n"
                           "if second.elapsed_ms > 3600000 then return hang_up() end")};
  const auto outcome = asked.timer();
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.decision.kind, TimerDecision::Kind::Usual);
  EXPECT_THAT(outcome.timers, ElementsAre(TimerOp{"reminder", 180}, TimerOp{"other", 0}));
  EXPECT_TRUE((Asked{.host = with("on_timer", "")}.timer().timers.empty()));
}

TEST(Timers, OfAHandlerThatFailsAreForgotten) {
  Asked asked{.host = with("on_answer", "timer.set('a', 5)\nerror('no')")};
  EXPECT_TRUE(asked.answer().timers.empty());
  EXPECT_EQ(asked.answer().error, "p.lua:3: no");
}

TEST(Timers, StayWithAnInvocationThatWaits) {
  FakeLookup lookup;
  const auto host = load_body("timer.set('a', 5) http.get('https://n.example.net/') timer.set('b', 6) return drop()");
  auto asks = host->on_invite(call(), lookup, Patience::Some);
  ASSERT_TRUE(asks.asks);
  auto other = host->on_invite(call(), lookup, Patience::Some);
  const auto done = host->resume_invite(asks.asks->ticket, {.found = std::unexpected("timeout")}, lookup);
  EXPECT_THAT(done.timers, ElementsAre(TimerOp{"a", 5}, TimerOp{"b", 6}));
  host->abandon(other.asks->ticket);
}

TEST(Timers, SayWhatTheyTake) {
  EXPECT_EQ(error_of("timer.set('', 5)"), "p.lua:1: timer.set: the name is empty");
  EXPECT_EQ(error_of("timer.set('a', 0)"),
            "p.lua:1: timer.set: the time in seconds must be a whole number from 1 to 86400");
  EXPECT_EQ(error_of("timer.set('a', 86401)"),
            "p.lua:1: timer.set: the time in seconds must be a whole number from 1 to 86400");
  EXPECT_EQ(error_of("timer.cancel('a', 1)"), "p.lua:1: timer.cancel takes a name");
  EXPECT_EQ(error_of("timer.stop('a')"), "p.lua:1: \"timer\" has no \"stop\"; there is cancel, set");
  EXPECT_EQ(error_of("for i = 1, 17 do timer.set('a', i) end"), "p.lua:1: more than 16 uses of timers in one event");
  EXPECT_EQ((Asked{.host = with("on_screen", "timer.set('a', 5)")}.screen().error),
            "p.lua:2: timer.set is for handlers of a call that goes on, not for on_screen");
  EXPECT_EQ((Asked{.host = with("on_timer", "return change {}")}.timer().error),
            "p.lua:2: change is for on_provisional and on_answer, not for on_timer");
  EXPECT_EQ((Asked{.host = with("on_timer", "return drop()")}.timer().error),
            "p.lua:2: on_timer cannot answer drop; it answers hang_up or nil");
}

TEST(Handlers, CannotWait) {
  Asked asked{.host = with("on_answer", "local a, why = http.get('https://n.example.net/') log.info(a, why)")};
  EXPECT_EQ(asked.answer().log.at(0).text, "nil unavailable");
}

}  // namespace
}  // namespace sbc::policy::testing
