// Re-INVITE: hold and resume, offerless, refusals, glare, CANCEL, and the ACKs of all that.

#include <gtest/gtest.h>

#include <algorithm>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

std::string origin_of(std::string_view body) {
  const auto at = body.find("o=");
  return std::string(body.substr(at, body.find("\r\n", at) - at));
}

TEST(ReInvite, HoldAndResumeFromEitherSide) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    const int port = caller ? 4000 : 6000;
    const int other_port = caller ? 6000 : 4000;
    one.reinvite(sdp(one.ip(), port, "sendonly", 2));
    const auto hold = two.take("INVITE");
    ASSERT_NE(hold, nullptr);
    EXPECT_NE(hold->body().find("a=sendonly"), std::string_view::npos);
    two.answer(200, sdp(two.ip(), other_port, "recvonly", 2));
    EXPECT_TRUE(two.has("ACK"));
    const auto held = one.take("200 INVITE");
    ASSERT_NE(held, nullptr);
    EXPECT_NE(held->body().find("a=recvonly"), std::string_view::npos);
    one.ack();
    EXPECT_TRUE(rig.relay.sessions.begin()->second.suspended);

    one.reinvite(sdp(one.ip(), port, "sendrecv", 3));
    two.answer(200, sdp(two.ip(), other_port, "sendrecv", 3));
    EXPECT_TRUE(one.has("200 INVITE"));
    one.ack();
    EXPECT_FALSE(rig.relay.sessions.begin()->second.suspended);
    EXPECT_EQ(rig.calls.connected(), 1U);
    one.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// RFC 3264 8.2: some phones hold so.
TEST(ReInvite, TheOnlyLineIsTakenOutOfUseAndComesBack) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    const int port = caller ? 4000 : 6000;
    const int other_port = caller ? 6000 : 4000;
    one.reinvite(sdp(one.ip(), 0, "sendrecv", 2));
    const auto out = two.take("INVITE");
    ASSERT_NE(out, nullptr);
    EXPECT_NE(out->body().find("m=audio 0 RTP/AVP"), std::string_view::npos);
    two.answer(200, sdp(two.ip(), 0, "sendrecv", 2));
    EXPECT_TRUE(two.has("ACK"));
    const auto without = one.take("200 INVITE");
    ASSERT_NE(without, nullptr);
    EXPECT_NE(without->body().find("m=audio 0 RTP/AVP"), std::string_view::npos);
    one.ack();
    EXPECT_TRUE(rig.relay.sessions.begin()->second.flows.empty());
    rig.pass(minutes(2));
    EXPECT_EQ(rig.calls.connected(), 1U);

    one.reinvite(sdp(one.ip(), port, "sendrecv", 3));
    const auto back = two.take("INVITE");
    ASSERT_NE(back, nullptr);
    EXPECT_NE(back->body().find("m=audio 2"), std::string_view::npos) << back->body();
    two.answer(200, sdp(two.ip(), other_port, "sendrecv", 3));
    const auto again = one.take("200 INVITE");
    ASSERT_NE(again, nullptr);
    EXPECT_NE(again->body().find("m=audio 2"), std::string_view::npos) << again->body();
    one.ack();
    EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U);
    one.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(ReInvite, WithoutAnOfferAsksTheOtherSideForOne) {  // trap 21
  Rig rig;
  rig.connect();
  rig.a.reinvite({});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(invite->body().empty());
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_FALSE(ok->body().empty());
  EXPECT_FALSE(rig.b.has("ACK")) << "it carries the answer, which is still to come";
  rig.a.ack(sdp(rig.a.ip(), 4000, "sendrecv", 2));
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_FALSE(ack->body().empty());
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, WithoutAnOfferAndWithoutAnAnswerInTheAckEndsTheCall) {
  Rig rig;
  rig.connect();
  rig.a.reinvite({});
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  rig.a.ack();
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, Refused488LeavesTheSessionAsItWas) {  // trap 25: a refusal leaves the session, 481 and 408 end it.
  Rig rig;
  rig.connect();
  const auto before = rig.relay.sessions.begin()->second;
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U) << "ports for the new line";
  rig.b.answer(488);
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  EXPECT_EQ(rig.calls.connected(), 1U);
  // And the next one goes through.
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 3));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, WaitsForTheRelayWhenItNeedsPorts) {
  Rig rig;
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_NE(invite->body().find("m=video 2"), std::string_view::npos) << invite->body();
  rig.b.answer(200, sdp_two_lines(rig.b.ip(), 6000, 2));
  rig.a.ack();
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, ALineThatWasRefusedCanComeBack) {
  Rig rig;
  rig.a.invite({.body = sdp_two_lines(rig.a.ip(), 4000)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000) + "m=video 0 RTP/AVP 97\r\n");
  rig.a.ack();
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U) << "its ports are released";
  rig.b.clear();
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_NE(invite->body().find("m=video 2"), std::string_view::npos) << invite->body();
  rig.b.answer(200, sdp_two_lines(rig.b.ip(), 6000, 2));
  rig.a.ack();
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, ThatTheRelayRefusesLeavesTheCallAsItWas) {
  Rig rig;
  rig.connect();
  const auto before = rig.relay.sessions.begin()->second;
  rig.relay.refuse_next = 1;
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_FALSE(rig.a.invite_pending());
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, Answered481Or408EndsBothLegs) {  // trap 25: a refusal leaves the session, 481 and 408 end it.
  for (const int status : {481, 408}) {
    Rig rig;
    rig.connect();
    rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
    rig.a.answer(status);
    EXPECT_TRUE(rig.b.has(std::to_string(status) + " INVITE"));
    EXPECT_TRUE(rig.b.has("BYE"));
    EXPECT_EQ(rig.a.has("BYE"), status == 408) << "RFC 3261 12.2.1.2: it may well be there";
    rig.pass(minutes(2));
    EXPECT_EQ(rig.records.at(0).cause, EndCause::PeerGone);
    rig.expect_idle();
  }
}

// A peer that cannot be given an answer on one connection may still be reached by a request: it is not left alone.
TEST(ReInvite, WhoseAnswerCannotBeSentEndsBothLegs) {
  Rig rig;
  rig.connect();
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  ASSERT_TRUE(rig.b.has("200 INVITE"));
  rig.fail_last_send(rig.b);
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(1));
  EXPECT_TRUE(rig.b.has("BYE")) << "when its 2xx has timed out";
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::PeerGone);
  rig.expect_idle();
}

TEST(ReInvite, WithoutAnyAnswerEndsBothLegs) {
  Rig rig;
  rig.connect();
  rig.b.deaf = true;
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.pass(seconds(33));
  EXPECT_FALSE(rig.a.invite_pending()) << "the asking side has its final response";
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, AChallengeOfTheOtherSideBecomes403) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(401);
  EXPECT_TRUE(rig.a.has("403 INVITE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(ReInvite, WhileOneIsUnderWayTheOtherSideGets491AndTheSameSide500) {  // trap 22
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("491 INVITE"));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "inactive", 3));
  const auto early = rig.a.take("500 INVITE");
  ASSERT_NE(early, nullptr);
  EXPECT_TRUE(early->find(sip::HeaderId::RetryAfter).has_value());
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 3));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, InAnEarlyDialogIsAnswered500) {
  Rig rig;
  rig.ring();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("500 INVITE"));
  EXPECT_EQ(rig.calls.size(), 1U);
}

TEST(ReInvite, AfterByeIsAnswered481) {
  Rig rig;
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("481 INVITE"));
}

TEST(ReInvite, CancelledIsAnswered487AndTheOtherSideIsCancelled) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(180);
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 3));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 INVITE")) << "the way is free again";
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, CancelThatCrossesIts200BringsTheOtherSideBack) {
  Rig rig;
  rig.connect();
  rig.b.auto_terminate = false;
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.b.clear();
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.b.has("ACK"));
  const auto undo = rig.b.take("INVITE");
  ASSERT_NE(undo, nullptr) << "asked to return to what the caller still has";
  EXPECT_EQ(undo->body().find("a=sendonly"), std::string_view::npos);
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 3));
  EXPECT_EQ(rig.b.count("ACK"), 3U);
  EXPECT_FALSE(rig.relay.sessions.begin()->second.suspended);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, OfferlessCancelThatCrossesIts200KeepsTheCall) {
  Rig rig;
  rig.connect();
  rig.b.auto_terminate = false;
  rig.a.reinvite({});
  rig.a.cancel();
  rig.b.clear();
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio "), std::string_view::npos);
  EXPECT_EQ(ack->body().find("m=audio 0 "), std::string_view::npos) << "answered with what the caller has";
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, CancelledWhileTheRelayIsAskedLeavesThePortsAsTheyWere) {
  Rig rig;
  rig.connect();
  const auto before = rig.relay.sessions.begin()->second;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(ReInvite, Its2xxIsRepeatedAndWithoutAckBothLegsEnd) {
  Rig rig;
  rig.connect();
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.pass(seconds(33));
  EXPECT_GT(rig.b.count("200 INVITE"), 5U);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::NoAck);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(ReInvite, ARepeated2xxOfEitherSideGetsItsAckAgainAfterTheExchangeToo) {
  for (const bool caller_asks : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& asks = caller_asks ? rig.a : rig.b;
    Peer& answers = caller_asks ? rig.b : rig.a;
    asks.reinvite(sdp(asks.ip(), 7000, "sendonly", 2));
    answers.answer(200, sdp(answers.ip(), 7100, "recvonly", 2));
    asks.ack();
    const auto acks = answers.count("ACK");
    const auto before = rig.said_to(answers);
    answers.repeat_accept();
    const auto after = rig.said_to(answers);
    ASSERT_EQ(after.size(), before.size() + 1);
    EXPECT_EQ(answers.count("ACK"), acks + 1);
    EXPECT_EQ(std::count(after.begin(), after.end(), after.back()), 2);
    EXPECT_EQ(answers.count("BYE"), 0U);
    EXPECT_EQ(rig.calls.connected(), 1U);
  }
}

TEST(ReInvite, TheVersionGrowsByOneWhenSomethingChangedAndOnlyThen) {  // trap 31
  Rig rig;
  rig.connect();
  const auto first = origin_of(rig.said_to(rig.b).front());
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 2));  // same but for their own version
  const auto same = rig.b.take("INVITE");
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(origin_of(same->body()), first);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 3));
  const auto changed = rig.b.take("INVITE");
  ASSERT_NE(changed, nullptr);
  EXPECT_NE(origin_of(changed->body()), first);
}

TEST(ReInvite, ANewContactIsWhereTheNextRequestGoes) {
  Rig rig;
  rig.connect();
  // The callee moves to carol's address with its re-INVITE.
  std::string text = rig.b.request_text("INVITE", 8'000'000, sdp(rig.b.ip(), 6000, "sendrecv", 2), {}, "z9hG4bK-moved");
  const std::string from = "<sip:contact-of-bob@203.0.113.10:5060>";
  text.replace(text.find(from), from.size(), "<sip:bob@203.0.113.11:5060>");
  rig.b.send_raw(text);
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.b.ack();
  rig.c.clear();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
}

}  // namespace
}  // namespace sbc::call::test
