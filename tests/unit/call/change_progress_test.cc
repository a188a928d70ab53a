// Reliable provisional responses to re-INVITEs (RFC 3262), with offers and answers in every place that RFC 6337 allows,
// on each leg for itself.

#include <gtest/gtest.h>

#include "sbc/sip/values.h"

#include "early.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::seconds;

constexpr std::string_view kAble = "Supported: 100rel\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n";

// a and b talk, and both have UPDATE.
struct Talk {
  Talk() {
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n"});
    rig.b.answer(200, sdp(rig.b.ip(), 6000), "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n");
    rig.a.ack();
    rig.a.clear();
    rig.b.clear();
  }
  // a holds, and b says so reliably before its 200.
  void hold(std::string_view headers) {
    rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), headers);
    rig.b.answer(183, sdp(rig.b.ip(), 6002, "recvonly", 2), reliable(7));
    progress = rig.a.take("183");
  }
  void end() {
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.a.bye();
    end_well(rig);
    rig.expect_no_half_call();
  }
  Rig rig;
  sip::MessagePtr progress;
};

std::string without_update(std::string_view method) {
  return method == "INVITE" ? "Allow: INVITE, ACK, BYE, CANCEL, PRACK\r\n" : "";
}

// --- the leg that was asked -------------------------------------------------------------------------------------

TEST(ReliableReInvite, IsAcknowledgedWhateverTheLegThatAsksSupports) {  // trap 27
  Talk t;
  t.rig.a.reinvite(sdp(t.rig.a.ip(), 4000, "sendonly", 2));
  const auto invite = t.rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(sip::lists_token(*invite, sip::HeaderId::Supported, "100rel"));
  t.rig.b.answer(180, {}, reliable(41));
  const auto prack = t.rig.b.take("PRACK");
  ASSERT_NE(prack, nullptr);
  EXPECT_EQ(prack->find(sip::HeaderId::RAck), "41 " + std::to_string(invite->cseq().number) + " INVITE");
  EXPECT_TRUE(prack->body().empty());
  t.rig.b.answer_to(prack, 200);
  t.rig.b.answer(180, {}, reliable(41));
  EXPECT_EQ(t.rig.b.count("PRACK"), 1U) << "a repetition";
  t.rig.b.answer(180, {}, reliable(43));
  EXPECT_EQ(t.rig.b.count("PRACK"), 1U) << "one is missing";
  EXPECT_FALSE(t.rig.a.has("180"));
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_FALSE(t.rig.a.take("200 INVITE")->body().empty());
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, ItsAnswerCountsAtOnceAndComesIn2xxToWhoHasNo100rel) {
  Talk t;
  t.hold("");
  EXPECT_TRUE(t.rig.b.take("PRACK")->body().empty());
  EXPECT_EQ(t.progress, nullptr);
  EXPECT_EQ(b_media(t.rig).port, 6002);
  t.rig.b.answer(200);
  const auto ok = t.rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("a=recvonly"), std::string_view::npos);
  EXPECT_TRUE(t.rig.b.take("ACK")->body().empty());
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, WhatThe2xxSaysAfterAReliableAnswerIsNoAnswer) {  // RFC 6337 3.1.1
  Talk t;
  t.hold("");
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6999, "recvonly", 3));
  EXPECT_EQ(b_media(t.rig).port, 6002);
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, OfACalleeThatAsksGoesTheOtherWay) {
  Talk t;
  t.rig.b.reinvite(sdp(t.rig.b.ip(), 6000, "sendonly", 2), kAble);
  t.rig.a.answer(183, sdp(t.rig.a.ip(), 4002, "recvonly", 2), reliable(3));
  EXPECT_TRUE(t.rig.a.has("PRACK"));
  const auto progress = t.rig.b.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_TRUE(is_reliable(*progress));
  t.rig.b.request("PRACK", {}, rack(*progress));
  t.rig.a.answer(200);
  EXPECT_TRUE(t.rig.b.has("200 INVITE"));
  t.rig.b.ack();
  t.end();
}

TEST(ReliableReInvite, OfARefreshIsAnAnswerToo) {
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000),
               "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n" + without_update("INVITE"));
  rig.a.ack();
  rig.b.clear();
  rig.pass(seconds(50));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(183, sdp(rig.b.ip(), 6004, "sendrecv", 2), reliable(9));
  EXPECT_TRUE(rig.b.has("PRACK"));
  rig.b.answer(200, {}, "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n");
  EXPECT_EQ(b_media(rig).port, 6004);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

// --- the leg that asks ------------------------------------------------------------------------------------------

TEST(ReliableReInvite, ItsAnswerGoesOnReliablyAndThe2xxWaitsForThePrack) {  // trap 27, RFC 3262 3
  Talk t;
  t.hold(kAble);
  ASSERT_NE(t.progress, nullptr);
  ASSERT_TRUE(is_reliable(*t.progress));
  EXPECT_NE(t.progress->body().find("a=recvonly"), std::string_view::npos);
  t.rig.pass(milliseconds(1600));
  EXPECT_EQ(t.rig.a.count("183"), 3U) << "after T1 and 2*T1";
  t.rig.b.answer(200);
  EXPECT_TRUE(t.rig.b.has("ACK")) << "its leg is ours";
  EXPECT_FALSE(t.rig.a.has("200 INVITE"));
  t.rig.b.repeat_accept();
  EXPECT_EQ(t.rig.b.count("ACK"), 3U) << "with the one of the call's beginning";
  t.rig.a.request("PRACK", {}, rack(*t.progress));
  EXPECT_TRUE(t.rig.a.has("200 PRACK"));
  const auto ok = t.rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_TRUE(ok->body().empty()) << "the exchange is over";
  t.rig.a.ack();
  t.rig.a.request("PRACK", {}, rack(*t.progress));
  EXPECT_TRUE(t.rig.a.has("481 PRACK"));
  t.end();
}

TEST(ReliableReInvite, WithoutPrackItIsRejected504AndTheOtherLegIsBroughtBack) {  // RFC 3262 3
  Talk t;
  t.hold(kAble);
  t.rig.b.clear();
  t.rig.pass(milliseconds(31'900));
  EXPECT_FALSE(t.rig.a.has("504 INVITE"));
  t.rig.pass(milliseconds(200));
  EXPECT_TRUE(t.rig.a.has("504 INVITE"));
  EXPECT_TRUE(t.rig.b.has("CANCEL"));
  const auto again = t.rig.b.take("INVITE");  // RFC 6141 3.4: what had been agreed is taken back
  ASSERT_NE(again, nullptr);
  EXPECT_NE(again->body().find("a=sendrecv"), std::string_view::npos) << again->body();
  EXPECT_EQ(b_media(t.rig).port, 6000);
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "sendrecv", 3));
  t.end();
}

TEST(ReliableReInvite, WhoNeitherAcknowledgesNorIsAskedAnyMoreBringsTheAnsweredLegBackToo) {
  Talk t;
  t.hold(kAble);
  t.rig.b.answer(200);
  t.rig.b.clear();
  t.rig.pass(seconds(33));
  EXPECT_TRUE(t.rig.a.has("504 INVITE"));
  ASSERT_TRUE(t.rig.b.has("INVITE"));
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "sendrecv", 3));
  t.end();
}

TEST(ReliableReInvite, IsOnlyUsedTowardWhoWantsIt) {
  for (const Reliable wanted : {Reliable::Never, Reliable::Required}) {
    Talk t;
    t.rig.settings->reliable["access"] = wanted;
    t.hold(kAble);
    EXPECT_EQ(t.progress, nullptr);
    t.rig.b.answer(200);
    EXPECT_FALSE(t.rig.a.take("200 INVITE")->body().empty());
    t.rig.a.ack();
    t.end();
  }
}

// --- offers -----------------------------------------------------------------------------------------------------

TEST(ReliableReInvite, WithoutAnOfferGetsItInTheReliableResponseAndThePracksCarryTheAnswer) {  // RFC 3262 5
  Talk t;
  t.rig.a.reinvite({}, kAble);
  const auto invite = t.rig.b.take("INVITE");
  EXPECT_TRUE(invite->body().empty());
  EXPECT_TRUE(sip::lists_token(*invite, sip::HeaderId::Supported, "100rel"));
  t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "sendrecv", 2), reliable(7));
  EXPECT_FALSE(t.rig.b.has("PRACK")) << "it has to bring the answer";
  const auto progress = t.rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  ASSERT_TRUE(is_reliable(*progress));
  t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4002, "recvonly", 2), rack(*progress));
  EXPECT_TRUE(t.rig.a.has("200 PRACK"));
  const auto prack = t.rig.b.take("PRACK");
  ASSERT_NE(prack, nullptr);
  EXPECT_NE(prack->body().find("a=recvonly"), std::string_view::npos);
  EXPECT_EQ(b_media(t.rig).port, 6002);
  t.rig.b.clear();
  t.rig.b.answer(200);
  EXPECT_TRUE(t.rig.b.take("ACK")->body().empty());
  EXPECT_TRUE(t.rig.a.take("200 INVITE")->body().empty());
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, WithoutAnOfferAsksForNo100relWhenNobodyCouldAnswerInPrack) {
  Talk t;
  t.rig.a.reinvite({});
  const auto invite = t.rig.b.take("INVITE");
  EXPECT_FALSE(sip::lists_token(*invite, sip::HeaderId::Supported, "100rel"));
  // Who does it all the same is acknowledged, so that it stops, and its 2xx has the offer.
  t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "sendrecv", 2), reliable(7));
  EXPECT_TRUE(t.rig.b.has("PRACK"));
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6002, "sendrecv", 2));
  EXPECT_FALSE(t.rig.a.take("200 INVITE")->body().empty());
  t.rig.a.ack(sdp(t.rig.a.ip(), 4002, "sendrecv", 2));
  t.end();
}

TEST(ReliableReInvite, APrackWithoutTheAnswerIs488AndTheSessionStaysAsItWas) {
  Talk t;
  t.rig.a.reinvite({}, kAble);
  t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "sendrecv", 2), reliable(7));
  t.rig.a.request("PRACK", {}, rack(*t.rig.a.take("183")));
  EXPECT_TRUE(t.rig.a.has("488 PRACK"));
  EXPECT_TRUE(t.rig.a.has("488 INVITE"));
  EXPECT_TRUE(t.rig.b.has("CANCEL"));
  EXPECT_EQ(b_media(t.rig).port, 6000);
  t.end();
}

TEST(ReliableReInvite, AnOfferInPrackCrossesAsUpdate) {
  Talk t;
  t.hold(kAble);
  t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4000, "inactive", 3), rack(*t.progress));
  const auto update = t.rig.b.take("UPDATE");
  ASSERT_NE(update, nullptr);
  EXPECT_NE(update->body().find("a=inactive"), std::string_view::npos);
  EXPECT_FALSE(t.rig.a.has("200 PRACK"));
  t.rig.b.answer(200);
  EXPECT_FALSE(t.rig.a.has("200 INVITE")) << "the offer has no answer yet";
  t.rig.b.answer_to(update, 200, sdp(t.rig.b.ip(), 6002, "inactive", 3));
  const auto ok = t.rig.a.take("200 PRACK");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("a=inactive"), std::string_view::npos);
  EXPECT_TRUE(t.rig.a.has("200 INVITE"));
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, AnOfferInPrackIsAnsweredWithWhatIsThereWhereTheOtherLegDoesNotTakeIt) {  // RFC 6337 2.3
  for (const bool has_update : {true, false}) {
    Talk t;
    t.rig.a.reinvite(sdp(t.rig.a.ip(), 4000, "sendonly", 2), kAble);
    if (!has_update) t.rig.b.request("UPDATE", {}, without_update("INVITE"));
    t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "recvonly", 2), reliable(7));
    t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4000, "inactive", 3), rack(*t.rig.a.take("183")));
    const auto update = t.rig.b.take("UPDATE");
    ASSERT_EQ(update != nullptr, has_update);
    if (has_update) t.rig.b.answer_to(update, 488);
    const auto ok = t.rig.a.take("200 PRACK");
    ASSERT_NE(ok, nullptr);
    EXPECT_NE(ok->body().find("m=audio"), std::string_view::npos);
    t.rig.b.answer(200);
    t.rig.a.ack();
    t.end();
  }
}

TEST(ReliableReInvite, AnOfferInPrackIsPutBeforeThePolicy) {
  Talk t;
  t.rig.advisor.heard = {policy::Handler::Reinvite};
  t.hold(kAble);
  t.rig.b.clear();
  t.rig.advisor.inside_decision.kind = policy::InsideDecision::Kind::Reject;
  t.rig.advisor.inside_decision.status = 488;
  t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4000, "inactive", 3), rack(*t.progress));
  const auto& event = t.rig.advisor.insides.back().second;
  EXPECT_EQ(event.method, "PRACK");
  EXPECT_EQ(event.party, "caller");
  EXPECT_TRUE(event.has_sdp);
  EXPECT_TRUE(t.rig.a.has("488 PRACK"));
  EXPECT_FALSE(t.rig.b.has("UPDATE"));
  EXPECT_EQ(t.rig.calls.counters().refused_by_policy[0], 1U);
  t.rig.pass(seconds(2));
  EXPECT_EQ(t.rig.a.count("183"), 1U) << "not repeated: it has been acknowledged all the same";
  t.rig.b.answer(200);
  EXPECT_NE(t.rig.a.take("200 INVITE"), nullptr);
  t.rig.a.ack();
  EXPECT_EQ(t.rig.advisor.insides.size(), 2U) << "the re-INVITE and the PRACK";
  t.end();
}

TEST(ReliableReInvite, AnOfferInPrackMayEndTheCall) {
  Talk t;
  t.rig.advisor.heard = {policy::Handler::Reinvite};
  t.hold(kAble);
  t.rig.advisor.inside_decision.kind = policy::InsideDecision::Kind::HangUp;
  t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4000, "inactive", 3), rack(*t.progress));
  EXPECT_TRUE(t.rig.a.has("487 PRACK"));
  EXPECT_TRUE(t.rig.a.has("BYE"));
  EXPECT_TRUE(t.rig.b.has("BYE"));
  end_well(t.rig);
  t.rig.expect_no_half_call();
}

TEST(ReliableReInvite, UpdatesInBetweenCrossBothWays) {
  Talk t;
  t.hold(kAble);
  t.rig.b.take("PRACK");
  t.rig.b.request("UPDATE", sdp(t.rig.b.ip(), 6002, "inactive", 3));
  EXPECT_TRUE(t.rig.b.has("491 UPDATE")) << "the answer is not acknowledged yet";
  t.rig.a.request("PRACK", {}, rack(*t.progress));
  t.rig.b.request("UPDATE", sdp(t.rig.b.ip(), 6002, "inactive", 3));
  const auto of_b = t.rig.a.take("UPDATE");
  ASSERT_NE(of_b, nullptr);
  t.rig.a.request("UPDATE", sdp(t.rig.a.ip(), 4000, "sendrecv", 3));
  EXPECT_TRUE(t.rig.a.has("491 UPDATE"));
  t.rig.a.answer_to(of_b, 200, sdp(t.rig.a.ip(), 4000, "inactive", 3));
  EXPECT_NE(t.rig.b.take("200 UPDATE")->body().find("a=inactive"), std::string_view::npos);
  t.rig.a.request("UPDATE", sdp(t.rig.a.ip(), 4000, "sendrecv", 4));
  const auto of_a = t.rig.b.take("UPDATE");
  ASSERT_NE(of_a, nullptr);
  t.rig.b.answer_to(of_a, 200, sdp(t.rig.b.ip(), 6006, "sendrecv", 4));
  EXPECT_TRUE(t.rig.a.has("200 UPDATE"));
  EXPECT_EQ(b_media(t.rig).port, 6006);
  t.rig.b.answer(200);
  EXPECT_TRUE(t.rig.a.has("200 INVITE"));
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, AnUpdateTowardWhoHasNoneWaitsUntilTheReInviteIsOver) {
  Talk t;
  t.rig.a.reinvite(sdp(t.rig.a.ip(), 4000, "sendonly", 2), kAble);
  t.rig.b.request("UPDATE", {}, without_update("INVITE"));
  t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "recvonly", 2), "Require: 100rel\r\nRSeq: 7\r\n");
  t.rig.a.request("PRACK", {}, rack(*t.rig.a.take("183")));
  t.rig.a.request("UPDATE", sdp(t.rig.a.ip(), 4000, "sendrecv", 3));
  const auto later = t.rig.a.take("500 UPDATE");
  ASSERT_NE(later, nullptr);
  EXPECT_TRUE(later->find(sip::HeaderId::RetryAfter));
  t.rig.b.answer(200);
  t.rig.a.ack();
  t.end();
}

// --- the end of it ----------------------------------------------------------------------------------------------

TEST(ReliableReInvite, ThatIsRefusedAfterItsAnswerLeavesTheSessionAsItWas) {  // trap 25, RFC 6141 3.1, 3.4
  Talk t;
  t.hold(kAble);
  t.rig.a.request("PRACK", {}, rack(*t.progress));
  EXPECT_EQ(b_media(t.rig).port, 6002);
  t.rig.b.clear();
  t.rig.b.answer(488);
  EXPECT_TRUE(t.rig.a.has("488 INVITE"));
  EXPECT_EQ(b_media(t.rig).port, 6000);
  const auto again = t.rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_NE(again->body().find("a=sendrecv"), std::string_view::npos);
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "sendrecv", 3));
  EXPECT_TRUE(t.rig.b.has("ACK"));
  // And the next one goes through.
  t.rig.a.reinvite(sdp(t.rig.a.ip(), 4000, "sendonly", 3));
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "recvonly", 4));
  EXPECT_TRUE(t.rig.a.has("200 INVITE"));
  t.rig.a.ack();
  t.end();
}

TEST(ReliableReInvite, ThatIsCancelledAfterItsAnswerLeavesTheSessionAsItWas) {
  for (const bool accepted : {false, true}) {
    Talk t;
    t.hold(kAble);
    if (accepted) t.rig.b.answer(200);
    t.rig.b.clear();
    t.rig.a.cancel();
    EXPECT_TRUE(t.rig.a.has("487 INVITE"));
    const auto again = t.rig.b.take("INVITE");
    ASSERT_NE(again, nullptr);
    EXPECT_NE(again->body().find("a=sendrecv"), std::string_view::npos);
    t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "sendrecv", 3));
    EXPECT_EQ(b_media(t.rig).port, 6000);
    t.rig.pass(seconds(3));
    EXPECT_EQ(t.rig.a.count("183"), 1U) << "nothing is repeated after the final response";
    t.end();
  }
}

TEST(ReliableReInvite, AByeEndsWhatWaits) {
  Talk t;
  t.hold(kAble);
  t.rig.a.request("PRACK", sdp(t.rig.a.ip(), 4000, "inactive", 3), rack(*t.progress));
  t.rig.b.bye();
  EXPECT_TRUE(t.rig.a.has("487 PRACK"));
  EXPECT_TRUE(t.rig.a.has("487 INVITE"));
  end_well(t.rig);
  t.rig.expect_no_half_call();
}

TEST(ReliableReInvite, TheVersionNeverGoesBack) {  // trap 31
  Talk t;
  const auto version = [](const sip::MessagePtr& message) {
    const std::string body(message->body());
    const std::size_t at = body.find("o=");
    const std::string line = body.substr(at, body.find('\r', at) - at);
    const std::size_t begin = line.find(' ', line.find(' ') + 1) + 1;
    return std::stoull(line.substr(begin));
  };
  t.rig.a.reinvite(sdp(t.rig.a.ip(), 4000, "sendonly", 2), kAble);
  const auto offer = version(t.rig.b.take("INVITE"));
  t.rig.b.answer(183, sdp(t.rig.b.ip(), 6002, "recvonly", 2), reliable(7));
  const auto progress = t.rig.a.take("183");
  t.rig.a.request("PRACK", {}, rack(*progress));
  t.rig.b.answer(488);
  const auto back = t.rig.b.take("INVITE");
  EXPECT_GT(version(back), offer);
  t.rig.b.answer(200, sdp(t.rig.b.ip(), 6000, "sendrecv", 3));
  t.rig.b.reinvite(sdp(t.rig.b.ip(), 6000, "sendonly", 4));
  EXPECT_GT(version(t.rig.a.take("INVITE")), version(progress));
  t.rig.a.answer(200, sdp(t.rig.a.ip(), 4000, "recvonly", 4));
  t.rig.b.ack();
  t.end();
}

}  // namespace
}  // namespace sbc::call::test
