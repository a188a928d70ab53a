// From the INVITE to the ACK: the basic call, early media, late offers, 2xx and their ACKs, forks, limits.

#include <gtest/gtest.h>

#include <algorithm>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

TEST(BasicCall, RingsAnswersTalksAndEndsWithOneRecord) {
  Rig rig;
  rig.a.invite();
  EXPECT_TRUE(rig.a.has("100"));
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_NE(invite->body().find("203.0.113.2"), std::string_view::npos) << "offered with the relay's address";
  rig.b.answer(180);
  EXPECT_NE(rig.a.take("180"), nullptr);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("198.51.100.2"), std::string_view::npos);
  EXPECT_NE(rig.b.take("ACK"), nullptr);
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.pass(seconds(10));
  rig.a.bye();
  EXPECT_NE(rig.a.take("200 BYE"), nullptr);
  EXPECT_NE(rig.b.take("BYE"), nullptr);
  ASSERT_EQ(rig.records.size(), 1U);
  const CallRecord& record = rig.records.front();
  EXPECT_EQ(record.cause, EndCause::Bye);
  EXPECT_EQ(record.by, EndedBy::Caller);
  EXPECT_TRUE(record.answered);
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.duration, seconds(10));
  EXPECT_EQ(record.attempts, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(BasicCall, ItsRecordSaysWhenTheCalleeRangFirstAndWhosePolicyItHad) {
  Rig rig;
  rig.a.invite();
  ASSERT_NE(rig.b.take("INVITE"), nullptr);
  rig.pass(seconds(2));
  rig.b.answer(180);
  rig.pass(seconds(3));
  rig.b.answer(183);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].rang, seconds(2));
  EXPECT_EQ(rig.records[0].setup, seconds(5));
  EXPECT_EQ(rig.records[0].under, nullptr) << "the rig's advisor names none";
}

TEST(BasicCall, TheRelayIsToldBothSidesAddressesBeforeAnyoneTalks) {
  Rig rig;
  rig.connect();
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  const auto& spec = rig.relay.sessions.begin()->second;
  ASSERT_EQ(spec.flows.size(), 1U);
  EXPECT_EQ(spec.flows[0].a.remote_rtp, base::Endpoint::parse("198.51.100.77:4000"));
  EXPECT_EQ(spec.flows[0].b.remote_rtp, base::Endpoint::parse("203.0.113.10:6000"));
  EXPECT_EQ(spec.flows[0].a.network, "access");
  EXPECT_EQ(spec.flows[0].b.network, "core");
  EXPECT_FALSE(spec.suspended);
}

TEST(EarlyMedia, AnAnswerIn183ReachesTheCallerAndTheRelay) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_NE(progress->body().find("198.51.100.2"), std::string_view::npos);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows[0].b.remote_rtp, base::Endpoint::parse("203.0.113.10:6000"));
  // A later 180 without SDP does not take it away.
  rig.b.answer(180);
  const auto ringing = rig.a.take("180");
  ASSERT_NE(ringing, nullptr);
  EXPECT_EQ(ringing->body(), progress->body());
}

TEST(EarlyMedia, A2xxWithoutSdpMakesTheEarlyAnswerTheAnswer) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const std::string early(rig.a.take("183")->body());
  rig.b.answer(200);
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_EQ(ok->body(), early);
}

TEST(EarlyMedia, ProgressIsRepeatedEachMinuteWhileItRings) {
  Rig rig;
  rig.ring();
  rig.pass(seconds(59));
  EXPECT_EQ(rig.a.count("180"), 1U);
  rig.pass(seconds(2));
  EXPECT_EQ(rig.a.count("180"), 2U);
  rig.pass(minutes(1));
  EXPECT_EQ(rig.a.count("180"), 3U);
}

TEST(LateOffer, TheOfferComesIn2xxAndTheAnswerGoesInTheAck) {  // trap 12
  Rig rig;
  rig.a.invite({});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(invite->body().empty());
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("198.51.100.2"), std::string_view::npos);
  rig.pass(seconds(1));
  EXPECT_FALSE(rig.b.has("ACK")) << "leg B's ACK waits for the caller's answer";
  rig.a.ack(sdp(rig.a.ip(), 4000));
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("203.0.113.2"), std::string_view::npos);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows[0].a.remote_rtp, base::Endpoint::parse("198.51.100.77:4000"));
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(LateOffer, AnAckWithoutAnswerIsRefusedOnBothLegs) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio 0 "), std::string_view::npos) << "every line is refused";
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_TRUE(rig.a.has("BYE"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::BadMedia);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(LateOffer, A2xxWithoutOfferIsAcknowledgedAndHungUp) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(200);
  EXPECT_TRUE(rig.a.has("500 INVITE"));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(LateOffer, ARelayThatRefusesAfterTheAnswerEndsBothLegs) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.a.invite({});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.a.has("503 INVITE"));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(BadAnswer, AnAnswerThatCannotBeReadIsAcknowledgedAndHungUpAndTheCallerIsTold) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, "v=0\r\nnonsense\r\n");
  EXPECT_TRUE(rig.a.has("500 INVITE") || rig.a.has("488 INVITE"));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::BadMedia);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Accepted, Our2xxIsRepeatedUntilTheAckComes) {  // trap 9: a 2xx or its ACK is lost on the way.
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_EQ(rig.a.count("200 INVITE"), 1U);
  rig.pass(base::milliseconds(500));
  EXPECT_EQ(rig.a.count("200 INVITE"), 2U);
  rig.pass(seconds(1));
  EXPECT_EQ(rig.a.count("200 INVITE"), 3U);
  rig.a.ack();
  rig.pass(seconds(30));
  EXPECT_EQ(rig.a.count("200 INVITE"), 3U);
  EXPECT_EQ(rig.b.count("BYE"), 0U);
}

TEST(Accepted, WithoutAckBothLegsAreHungUpAfter64T1) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.pass(base::milliseconds(31'900));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.pass(base::milliseconds(200));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::NoAck);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Accepted, ARepeated2xxOfTheCalleeGetsTheSameAck) {  // trap 9: a 2xx or its ACK is lost on the way.
  Rig rig;
  rig.connect();
  const auto before = rig.said_to(rig.b);
  rig.b.repeat_accept();
  const auto after = rig.said_to(rig.b);
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_TRUE(after.back().starts_with("ACK "));
  EXPECT_EQ(std::count(after.begin(), after.end(), after.back()), 2) << "byte for byte the first one";
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Accepted, TheAckIsFoundByItsTagsWhereverItComesFrom) {  // trap 11: the ACK comes from elsewhere than the INVITE.
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack_from("198.51.100.99:7000");
  rig.pass(seconds(40));
  EXPECT_EQ(rig.a.count("200 INVITE"), 1U);
  EXPECT_FALSE(rig.a.has("BYE"));
}

TEST(Accepted, AnAckOfTheCalleeDoesNotConfirmTheCaller) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto cseq = rig.a.last_accepted()->cseq().number;
  rig.b.request("ACK", {}, {}, cseq);
  rig.pass(seconds(2));
  EXPECT_GT(rig.a.count("200 INVITE"), 1U) << "still waiting for the caller's own";
}

// RFC 3261 13.2.1: an offer in a 2xx is answered in the ACK, also when nobody wants it.
TEST(Forks, AnOfferInTheSecond2xxIsRefusedInItsAck) {
  Rig rig;
  rig.a.invite({.body = ""});
  const auto invite = rig.b.take("INVITE");
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  rig.a.ack(sdp(rig.a.ip(), 4000));
  rig.b.clear();
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6100), {}, "fork-2");
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio 0 RTP/AVP"), std::string_view::npos) << ack->bytes();
  EXPECT_EQ(rig.b.take("BYE")->to_tag(), "fork-2");
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Forks, TheSecond2xxIsAcknowledgedAndHungUpAndTheFirstCallGoesOn) {  // trap 3
  Rig rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  rig.b.answer_to(invite, 180, {}, {}, "fork-1");
  rig.b.answer_to(invite, 180, {}, {}, "fork-2");
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  rig.a.ack();
  rig.b.clear();
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6100), {}, "fork-2");
  const auto ack = rig.b.take("ACK");
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(ack, nullptr);
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(ack->to_tag(), "fork-2");
  EXPECT_EQ(bye->to_tag(), "fork-2");
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_FALSE(rig.a.has("BYE"));
  // Its repetition gets its ACK again and no second BYE.
  rig.b.repeat_accept();
  EXPECT_EQ(rig.b.count("BYE"), 1U);
  EXPECT_EQ(rig.calls.counters().late_forks, 1U);
}

// --- what is refused before anything is asked -----------------------------------------------------------------

struct Refusal {
  const char* name;
  InviteOptions options;
  const char* answer;
};

TEST(Refused, EachWithItsStatusAndOneRecord) {  // trap 15: 483 among them
  const std::string offer = sdp("198.51.100.77", 4000);
  const Refusal refusals[] = {
      {"Max-Forwards 0", {.body = offer, .max_forwards = 0}, "483 INVITE"},
      {"Require", {.body = offer, .headers = "Require: x-unseen, x-unheard\r\n"}, "420 INVITE"},
      {"another body", {.body = "hello", .content_type = "text/plain"}, "415 INVITE"},
      {"a packed body", {.body = offer, .headers = "Content-Encoding: gzip\r\n"}, "415 INVITE"},
      {"unreadable SDP", {.body = "v=1\r\n"}, "400 INVITE"},
  };
  for (const auto& refusal : refusals) {
    Rig rig;
    rig.a.invite(refusal.options);
    const auto answer = rig.a.take(refusal.answer);
    ASSERT_NE(answer, nullptr) << refusal.name << ": " << testing::PrintToString(rig.a.inbox_lines());
    if (answer->status() == 420) {
      EXPECT_EQ(answer->find(sip::HeaderId::Unsupported), "x-unseen, x-unheard");  // trap 79
    }
    if (answer->status() == 415) {
      EXPECT_EQ(answer->find("Accept"), "application/sdp, multipart/mixed");
      EXPECT_EQ(answer->find("Accept-Encoding"), "identity") << "RFC 3261 8.2.3";
    }
    EXPECT_FALSE(rig.b.has("INVITE"));
    rig.pass(minutes(1));
    rig.expect_idle(refusal.name);
  }
}

TEST(Refused, MaxForwardsIsOneLessOnTheOtherLeg) {  // trap 15: a call that goes in circles loses a hop at each turn.
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .max_forwards = 1});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->max_forwards(), 0U);
}

// RFC 7332 6, RFC 5393 5.3.3. trap 15: one is made where there is none, and no more than 60 is believed.
TEST(Refused, MaxBreadthCrossesAndIsBounded) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "60"}, {"Max-Breadth: 7\r\n", "7"}, {"Max-Breadth: 4000\r\n", "60"}, {"Max-Breadth: x\r\n", "60"}};
  for (const auto& [received, sent] : cases) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(received)});
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_EQ(invite->find("Max-Breadth"), sent);
  }
}

TEST(Refused, TheLastCallWithinTheLimitIsTakenAndTheNextIsNot) {
  Rig rig({.max_calls = 1});
  rig.ring();
  rig.c.invite();
  const auto busy = rig.c.take("503 INVITE");
  ASSERT_NE(busy, nullptr);
  EXPECT_TRUE(busy->find(sip::HeaderId::RetryAfter).has_value());
  EXPECT_EQ(rig.calls.size(), 1U);
  EXPECT_EQ(rig.calls.counters().refused_limit, 1U);
  rig.a.cancel();
  rig.c.clear();
  rig.c.invite();
  EXPECT_FALSE(rig.c.has("503 INVITE")) << "one has left";
}

TEST(Refused, ADrainRefusesNewCallsAndLeavesThoseUnderWay) {
  Rig rig;
  rig.connect();
  rig.calls.drain();
  rig.c.invite();
  const auto busy = rig.c.take("503 INVITE");
  ASSERT_NE(busy, nullptr);
  EXPECT_TRUE(busy->find(sip::HeaderId::RetryAfter).has_value());
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Refused, ThePolicysWordReachesTheCaller) {
  Rig rig;
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Reject;
  no.status = 403;
  no.reason = "Not Here";
  rig.advisor.decision = no;
  rig.a.invite();
  const auto answer = rig.a.take("403 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->reason_phrase(), "Not Here");
  rig.pass(minutes(1));
  rig.expect_idle();
}

TEST(Refused, ADroppedCallHearsNothingAfterTheTrying) {
  Rig rig;
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Drop;
  rig.advisor.decision = no;
  rig.a.invite();
  rig.pass(minutes(1));
  for (const auto& line : rig.a.inbox_lines()) EXPECT_EQ(line, "100 INVITE");
  rig.expect_idle();
}

TEST(Refused, APolicyThatRoutesNowhereIsAnswered480) {
  Rig rig;
  rig.advisor.trunks = {"nobody"};
  rig.a.invite();
  EXPECT_TRUE(rig.a.has("480 INVITE"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::Unreachable);
}

TEST(Relay, ThatRefusesToOpenMakes503) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.a.invite();
  const auto answer = rig.a.take("503 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_TRUE(answer->find(sip::HeaderId::RetryAfter).has_value());
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::RelayFailure);
  rig.pass(minutes(1));
  rig.expect_idle();
}

TEST(Relay, ThatNeverAnswersMakes503AndLeavesNothingOpen) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Silent;
  rig.a.invite();
  rig.pass(seconds(6));
  EXPECT_TRUE(rig.a.has("503 INVITE"));
  rig.pass(minutes(1));
  rig.expect_idle();
}

TEST(Relay, ThatIsSlowDelaysTheInviteAndACancelMeanwhileEndsAll) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.invite();
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.release_relay();
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.pass(minutes(1));
  rig.release_relay();
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
