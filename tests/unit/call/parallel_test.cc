// Places that are called at once: all ring, the first that answers takes the call, and nothing is left of the others.

#include <gtest/gtest.h>

#include "sbc/auth/credentials.h"
#include "sbc/call/limits.h"
#include "sbc/explain/explanation.h"
#include "sbc/explain/ring.h"
#include "sbc/json/write.h"
#include "sbc/limit/reached.h"

#include "early.h"
#include "together.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr std::string_view kElsewhere = "SIP;cause=200;text=\"Call completed elsewhere\"";

TEST_F(Together, AllRingAndTheFirstThatAnswersHasTheCall) {
  rig.a.invite();
  ASSERT_EQ(rig.b.pending_invites(), 1U);
  ASSERT_EQ(rig.c.pending_invites(), 1U) << "before b has said anything";
  EXPECT_EQ(rig.relay.opened, 1U) << "one session for both";
  EXPECT_EQ(calls_at("t1"), 1U);
  EXPECT_EQ(calls_at("t2"), 1U);
  const auto first = rig.b.take("INVITE");
  const auto second = rig.c.take("INVITE");
  EXPECT_NE(first->call_id(), second->call_id());
  EXPECT_NE(first->from_tag(), second->from_tag());
  rig.b.answer(180);
  rig.c.answer(180);
  EXPECT_EQ(rig.a.count("180"), 2U);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  const auto cancel = rig.b.take("CANCEL");
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->find(sip::HeaderId::Reason), kElsewhere);
  EXPECT_TRUE(rig.c.has("ACK"));
  EXPECT_FALSE(rig.c.has("CANCEL"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_EQ(calls_at("t1"), 0U) << "who lost holds no line";
  EXPECT_EQ(calls_at("t2"), 1U);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_FALSE(rig.b.has("BYE"));
  over();
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].trunk_b, "t2");
  EXPECT_EQ(rig.records[0].call_id_b, second->call_id());
  EXPECT_EQ(rig.records[0].attempts, 2U);
  EXPECT_EQ(rig.records[0].status, 200);
}

TEST_F(Together, WhoIsCalledFirstMayAnswerFirst) {
  rig.a.invite();
  rig.b.answer(180);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.c.has("CANCEL")) << "RFC 3261 9.1: it has not said anything yet";
  rig.a.ack();
  rig.c.answer(180);
  ASSERT_TRUE(rig.c.has("CANCEL"));
  EXPECT_EQ(rig.a.count("180"), 1U);
  rig.b.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  over();
  EXPECT_EQ(rig.records[0].trunk_b, "t1");
}

// RFC 3261 13.2.2.4, 16.7 step 10: the 2xx of one crosses its CANCEL.
TEST_F(Together, TwoThatAnswerAtOnceAreOneCallAndOneGoodbye) {  // trap 3
  rig.c.auto_terminate = false;
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(180);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.c.has("CANCEL"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_TRUE(rig.c.has("ACK"));
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_EQ(rig.calls.counters().late_forks, 1U);
  EXPECT_EQ(rig.a.count("200 INVITE"), 1U);
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.c.repeat_accept();
  EXPECT_EQ(rig.c.count("ACK"), 2U);
  EXPECT_EQ(rig.c.count("BYE"), 1U);
  rig.a.bye();
  over();
}

TEST_F(Together, OneIsBusyAndTheOtherAnswers) {
  rig.a.invite();
  rig.c.answer(180);
  rig.b.answer(486);
  EXPECT_TRUE(rig.advisor.failures.empty()) << "the policy is not asked while another one rings";
  EXPECT_FALSE(rig.a.has("486"));
  EXPECT_EQ(calls_at("t1"), 0U);
  EXPECT_EQ(calls_at("t2"), 1U);
  EXPECT_FALSE(rig.c.has("CANCEL"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  over();
  ASSERT_EQ(rig.advisor.last_attempts.size(), 1U);
  EXPECT_EQ(rig.advisor.last_attempts[0].status, 486);
  EXPECT_EQ(rig.advisor.last_attempts[0].number, 1U);
}

TEST_F(Together, TheLastFailureIsToldByTheBestAnswerAndWhatFollowsIsTried) {
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(486);
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.b.answer(503);
  ASSERT_EQ(rig.advisor.failures.size(), 1U) << "asked once, of the one that says most";
  EXPECT_EQ(rig.advisor.failures[0].status, 486);
  EXPECT_EQ(rig.advisor.failures[0].trunk, "t2");
  EXPECT_EQ(rig.advisor.failures[0].usual, "next");
  EXPECT_EQ(rig.advisor.failures[0].next, "far");
  EXPECT_EQ(rig.advisor.failures[0].remaining, 1U);
  EXPECT_EQ(rig.advisor.histories[0], 2U) << "both are named";
  ASSERT_TRUE(rig.d.has("INVITE")) << "behind those that were called at once";
  rig.d.answer(503);
  EXPECT_TRUE(rig.a.has("486")) << "RFC 3261 16.7 step 6: of all of them";
  over();
  EXPECT_EQ(rig.records[0].attempts, 3U);
}

TEST_F(Together, WhoeverRefusesForAllEndsTheOthersAtOnce) {  // RFC 3261 16.7 step 5
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(603);
  const auto cancel = rig.b.take("CANCEL");
  ASSERT_NE(cancel, nullptr);
  EXPECT_FALSE(cancel->find(sip::HeaderId::Reason)) << "nobody has taken the call";
  EXPECT_TRUE(rig.a.has("603"));
  EXPECT_FALSE(rig.d.has("INVITE"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_EQ(rig.advisor.failures[0].usual, "stop");
  over();
}

TEST_F(Together, ThePolicyMayGoOnAllTheSame) {
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(603);
  ASSERT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(200, sdp(rig.d.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  over();
}

TEST_F(Together, TheCallersCancelEndsAllOfThem) {
  rig.a.invite();
  rig.b.answer(180);
  rig.a.cancel("Reason: SIP;cause=487;text=\"Gone\"\r\n");
  ASSERT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.a.has("487"));
  EXPECT_FALSE(rig.c.has("CANCEL")) << "RFC 3261 9.1";
  rig.c.answer(180);
  const auto cancel = rig.c.take("CANCEL");
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->find(sip::HeaderId::Reason), "SIP;cause=487;text=\"Request Terminated\"");
  over();
  EXPECT_EQ(rig.records[0].cause, EndCause::Cancel);
  EXPECT_TRUE(rig.advisor.failures.empty());
}

TEST_F(Together, ACancelAfterOneHasFailedAndOneThatAnswersAllTheSame) {
  rig.b.auto_terminate = false;
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(486);
  rig.a.cancel();
  ASSERT_TRUE(rig.b.has("CANCEL"));
  EXPECT_FALSE(rig.c.has("CANCEL"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("BYE"));
  over();
}

TEST_F(Together, EachHasTimesOfItsOwn) {
  rig.advisor.timeout_s = 4;
  rig.advisor.ring_timeout_s = 20;
  rig.b.auto_terminate = false;
  rig.a.invite();
  rig.c.answer(180);
  rig.pass(seconds(5));
  EXPECT_FALSE(rig.a.has("408")) << "b says nothing, c rings";
  EXPECT_TRUE(rig.advisor.failures.empty());
  EXPECT_EQ(calls_at("t1"), 0U);
  rig.pass(seconds(16));
  EXPECT_TRUE(rig.c.has("CANCEL"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_EQ(rig.advisor.failures[0].status, 408);
  EXPECT_TRUE(rig.a.has("408"));
  over();
  ASSERT_EQ(rig.advisor.last_attempts.size(), 2U);
  EXPECT_FALSE(rig.advisor.last_attempts[0].rang);
  EXPECT_TRUE(rig.advisor.last_attempts[1].rang);
}

TEST_F(Together, AllWhoseTimeIsOverAtTheSameMomentAreCancelled) {
  rig.advisor.ring_timeout_s = 20;
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(180);
  rig.pass(seconds(21));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.c.has("CANCEL"));
  EXPECT_TRUE(rig.a.has("408"));
  over();
  EXPECT_EQ(rig.records[0].cause, EndCause::NoAnswer);
}

TEST_F(Together, OneThatCannotBeReachedLeavesTheOthers) {
  rig.a.invite();
  rig.fail_last_send(rig.b);
  EXPECT_FALSE(rig.a.has("503"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(rig.calls.health().state(sip::Transport::Udp, rig.b.endpoint(), rig.now), route::TrunkHealth::State::Dead);
  EXPECT_EQ(rig.calls.health().state(sip::Transport::Udp, rig.c.endpoint(), rig.now), route::TrunkHealth::State::Good);
  rig.a.bye();
  over();
}

TEST_F(Together, ACallerHearsTheOneThatSpokeLastAndTheOthersWhenItIsGone) {
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.c.answer(183, sdp(rig.c.ip(), 7000));
  EXPECT_EQ(b_media(rig).port, 7000);
  EXPECT_EQ(rig.a.count("183"), 2U);
  rig.c.answer(486);
  EXPECT_EQ(b_media(rig).port, 6000) << "who is left";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(b_media(rig).port, 6000);
  EXPECT_EQ(rig.relay.opened, 1U);
  rig.a.bye();
  over();
}

TEST_F(Together, EarlyMediaOfOneThatFailedTiesTheCallerAsEver) {  // trap 16
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(486);
  EXPECT_FALSE(rig.a.has("486"));
  rig.c.answer(503);
  EXPECT_EQ(rig.advisor.failures.at(0).usual, "stop");
  EXPECT_TRUE(rig.a.has("486"));
  EXPECT_FALSE(rig.d.has("INVITE"));
  over();
}

TEST_F(Together, ReliableResponsesAreAcknowledgedInTheirOwnDialogs) {
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  const auto second = rig.c.take("INVITE");
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(7));
  rig.c.answer(183, sdp(rig.c.ip(), 7000), reliable(9));
  const auto prack_b = rig.b.take("PRACK");
  const auto prack_c = rig.c.take("PRACK");
  ASSERT_TRUE(prack_b != nullptr && prack_c != nullptr);
  EXPECT_EQ(prack_b->call_id(), first->call_id());
  EXPECT_EQ(prack_c->call_id(), second->call_id());
  EXPECT_EQ(prack_b->find(sip::HeaderId::RAck), "7 " + std::to_string(first->cseq().number) + " INVITE");
  EXPECT_EQ(prack_c->find(sip::HeaderId::RAck), "9 " + std::to_string(second->cseq().number) + " INVITE");
  rig.b.answer_to(prack_b, 200);
  rig.c.answer_to(prack_c, 200);
  EXPECT_EQ(rig.a.count("183"), 2U);
  rig.b.answer(200);
  EXPECT_TRUE(rig.c.has("CANCEL"));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(5));
  rig.expect_idle();
}

TEST_F(Together, OneIntervalThatIsTooShortIsAskedAgainAlone) {  // RFC 4028 7.3
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  rig.c.answer(183, sdp(rig.c.ip(), 7000));
  rig.b.answer(422, {}, "Min-SE: 2000\r\n");
  const auto again = rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->call_id(), first->call_id());
  EXPECT_EQ(again->find(sip::HeaderId::MinSe), "2000");
  EXPECT_EQ(again->body().substr(again->body().find("m=")), first->body().substr(first->body().find("m=")));
  EXPECT_EQ(b_media(rig).port, 7000) << "what is heard goes on";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.a.ack();
  rig.a.bye();
  over();
}

TEST_F(Together, OneThatAsksForAPasswordIsAnsweredWhileTheOthersRing) {  // RFC 3261 22.2
  for (const char* trunk : {"t1", "t2"})
    rig.settings->accounts.emplace(
        trunk,
        auth::Account{.username = trunk, .secret = auth::Secret::from_password("secret"), .realm = std::string()});
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  rig.c.answer(180);
  rig.b.answer(407, {}, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n");
  const auto again = rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->call_id(), first->call_id());
  EXPECT_EQ(again->cseq().number, first->cseq().number + 1);
  const auto proof = again->find(sip::HeaderId::ProxyAuthorization);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(proof->contains("username=\"t1\"")) << *proof;
  EXPECT_EQ(rig.c.count("INVITE"), 1U);
  EXPECT_FALSE(rig.c.has("CANCEL"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.c.has("CANCEL"));
  const auto ack = rig.b.log.back();
  EXPECT_EQ(ack->method(), sip::Method::Ack);
  EXPECT_EQ(ack->find(sip::HeaderId::ProxyAuthorization), proof) << "RFC 3261 22.1";
  rig.a.ack();
  rig.a.bye();
  over();
}

// What forks at one of them does not keep the others from being heard, or answered.
TEST_F(Together, ForksOfAllAreCountedTogether) {
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  for (std::size_t i = 0; i < kMaxForks; ++i) rig.b.answer_to(invite, 180, {}, {}, "fork-" + std::to_string(i));
  rig.c.answer(180);
  EXPECT_EQ(rig.calls.counters().refused_forks, 1U);
  EXPECT_EQ(rig.a.count("180"), kMaxForks);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.a.ack();
  rig.a.bye();
  over();
}

TEST_F(Together, ARedirectionOfOneIsAFailureAsOthers) {
  rig.a.invite();
  rig.b.answer(302, {}, "Contact: <sip:600@203.0.113.11>\r\n");
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(rig.c.count("INVITE"), 1U);
  rig.a.bye();
  over();
}

TEST_F(Together, ANameIsCalledAfterTheOthers) {
  rig.advisor.trunks = {"named", "t1"};
  rig.names["pbx.example"] = {{.remote = rig.d.endpoint()}};
  rig.a.invite();
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_TRUE(noted("its name has to be looked up"));
  rig.b.answer(486);
  EXPECT_EQ(rig.advisor.failures.at(0).usual, "stop") << "one alone is one as ever";
  EXPECT_TRUE(rig.a.has("486"));
  over();
}

TEST_F(Together, EightAreCalledAndTheOthersAfterThem) {
  auto& decision = rig.advisor.decision.emplace();
  decision.kind = policy::InviteDecision::Kind::Route;
  for (int i = 0; i < 9; ++i) decision.candidates.push_back(at("sip:" + std::to_string(i) + "@203.0.113.10", "core"));
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Max-Breadth: 16\r\n"});
  EXPECT_EQ(rig.b.count("INVITE"), 8U);
  EXPECT_EQ(rig.calls.limits()[limit::Reached::AtOnce], 1U);
  EXPECT_TRUE(noted("more than 8 at once"));
  for (const auto& message : rig.b.log) EXPECT_EQ(message->find("Max-Breadth"), "2") << "RFC 5393 5.3.3";
  for (int i = 0; i < 8; ++i) rig.b.answer(180);
  while (rig.b.pending_invites() != 0 && rig.b.count("INVITE") == 8U) rig.b.answer(486);
  EXPECT_EQ(rig.b.count("INVITE"), 9U);
  while (rig.b.pending_invites() != 0) rig.b.answer(486);
  EXPECT_TRUE(rig.a.has("486"));
  over();
  EXPECT_EQ(rig.records[0].attempts, 9U);
}

TEST_F(Together, NoMoreThanTheCallerAllows) {  // RFC 5393 5.3
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Max-Breadth: 1\r\n"});
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.a.cancel();
  rig.b.answer(180);
  over();
}

TEST_F(Together, SomebodyPicksUpWhatRingsAndAllOthersHearOfIt) {
  Peer erin{rig, "erin", "203.0.113.12:5060", 1};
  rig.guest = &erin;
  rig.a.invite();
  const auto ringing = rig.b.take("INVITE");
  rig.b.answer(180);
  rig.c.answer(180);
  rig.advisor.arrival_trunk = "t1";
  erin.invite({.body = sdp(erin.ip(), 4000),
               .headers = "Replaces: " + std::string(ringing->call_id()) +
                          ";to-tag=" + std::string(ringing->from_tag()) + ";from-tag=tag-of-bob\r\n"});
  ASSERT_TRUE(erin.has("200 INVITE"));
  for (Peer* peer : {&rig.b, &rig.c}) {
    const auto cancel = peer->take("CANCEL");
    ASSERT_NE(cancel, nullptr) << peer->name();
    EXPECT_EQ(cancel->find(sip::HeaderId::Reason), kElsewhere);
  }
  erin.ack();
  rig.a.ack();
  rig.a.bye();
  EXPECT_TRUE(erin.has("BYE"));
  over();
}

TEST_F(Together, AnswersThatThePolicyDoesNotWantLeaveTheOthersRinging) {
  rig.advisor.heard = {policy::Handler::Answer};
  rig.advisor.answer_decision.kind = policy::ResponseDecision::Kind::HangUp;
  rig.a.invite();
  rig.c.answer(180);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.c.has("CANCEL"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  EXPECT_EQ(rig.advisor.responses.back().trunk, "t1");
  rig.advisor.answer_decision = {};
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  EXPECT_EQ(rig.advisor.responses.back().trunk, "t2");
  EXPECT_EQ(rig.advisor.responses.back().number, 2U);
  rig.a.ack();
  rig.a.bye();
  over();
}

// RFC 3261 15: the caller's BYE in one early dialog ends that one.
TEST_F(Together, ACallerMayLeaveOneOfThem) {
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(180);
  rig.a.bye();  // in the dialog of the last one
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_FALSE(rig.b.has("BYE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  over();
}

TEST_F(Together, AnotherRouteOfThePolicyIsCalledAtOnceAsWell) {
  rig.a.invite();
  auto& decision = rig.advisor.failure_decision;
  decision.kind = policy::FailureDecision::Kind::Route;
  decision.candidates = {at("sip:1@203.0.113.10", "core"), at("sip:2@203.0.113.11", "core")};
  rig.b.answer(486);
  rig.c.answer(486);
  EXPECT_EQ(rig.b.pending_invites(), 1U);
  EXPECT_EQ(rig.c.pending_invites(), 1U);
  decision = {};
  rig.b.answer(486);
  EXPECT_FALSE(rig.a.has("486"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  over();
}

TEST_F(Together, AnExplanationTellsOfAll) {
  explain::Ring ring{4};
  rig.advisor.listener = &ring;
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.a.invite();
  rig.b.answer(180);
  rig.c.answer(180);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  const auto shown = *json::parse(json::text_of(explain::to_json(*ring.find(rig.records.front().call_id_a))));
  const std::string outcomes = json::text_of(*json::member(shown, "candidates"));
  EXPECT_TRUE(outcomes.contains(R"("trunk t1 UDP 203.0.113.10:5060","outcome":"taken: it answered")")) << outcomes;
  EXPECT_TRUE(outcomes.contains(R"("trunk t2 UDP 203.0.113.11:5060","outcome":"cancelled: another one answered")"))
      << outcomes;
  EXPECT_TRUE(outcomes.contains("not needed: another one answered")) << outcomes;
  EXPECT_TRUE(explain::to_text(shown).contains("at once with it: trunk t2 UDP")) << explain::to_text(shown);
  rig.advisor.listener = nullptr;
}

}  // namespace
}  // namespace sbc::call::test
