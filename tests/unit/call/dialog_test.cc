// Within the dialog: BYE and its races, what ends both legs, requests that are refused.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

TEST(Bye, OfEitherSideReachesTheOther) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.bye();
    EXPECT_TRUE(one.has("200 BYE"));
    EXPECT_TRUE(two.has("BYE"));
    ASSERT_EQ(rig.records.size(), 1U);
    EXPECT_EQ(rig.records[0].by, caller ? EndedBy::Caller : EndedBy::Callee);
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Bye, OfBothSidesCrossingAreBothAnswered200WithOneRecord) {  // trap 13: BYE crosses BYE, or overtakes the ACK.
  Rig rig;
  rig.connect();
  rig.a.auto_bye_ok = false;
  rig.b.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.a.bye();  // it had left before ours came
  EXPECT_TRUE(rig.a.has("200 BYE"));
  EXPECT_TRUE(rig.b.has("200 BYE"));
  rig.a.answer_to(rig.a.take("BYE"), 200);
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.size(), 1U);
  rig.expect_idle();
}

TEST(Bye, OfTheCallerBeforeItsAckEndsTheCall) {  // trap 13: BYE crosses BYE, or overtakes the ACK.
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("200 BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.a.ack();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.a.count("200 INVITE"), 1U) << "nothing is repeated after the BYE";
  rig.expect_idle();
}

// RFC 3261 15: the callee's user agent sends no BYE before the ACK; toward the caller that is us.
TEST(Bye, OfTheCalleeWaitsForTheCallersAck) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.bye();
  EXPECT_TRUE(rig.b.has("200 BYE"));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.pass(seconds(1));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.a.ack();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Bye, OfTheCalleeGoesOutAfter64T1WhenTheAckNeverComes) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.bye();
  rig.pass(seconds(33));
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Bye, WithoutAnswerIsGivenUpAfter64T1) {
  Rig rig;
  rig.connect();
  rig.a.deaf = true;
  rig.b.bye();
  rig.pass(seconds(31));
  EXPECT_EQ(rig.calls.size(), 1U);
  rig.pass(seconds(2));
  EXPECT_EQ(rig.calls.size(), 0U);
  rig.expect_idle();
}

TEST(Bye, OfTheCalledSideWhileAReInviteIsUnderWayAnswersThatReInvite) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.bye();
  EXPECT_TRUE(rig.b.has("200 BYE"));
  EXPECT_TRUE(rig.a.has("487 INVITE")) << testing::PrintToString(rig.a.inbox_lines());
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Bye, OfTheAskingSideWhileItsReInviteIsUnderWayAnswersIt487) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.a.has("200 BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// trap 54.
TEST(BothLegs, EndWithAReasonWhenMediaIsLost) {
  Rig rig;
  rig.connect();
  rig.media_lost();
  for (Peer* peer : {&rig.a, &rig.b}) {
    const auto bye = peer->take("BYE");
    ASSERT_NE(bye, nullptr);
    EXPECT_NE(bye->find(sip::HeaderId::Reason).value_or("").find("Media timeout"), std::string_view::npos);
  }
  EXPECT_EQ(rig.records.at(0).cause, EndCause::MediaTimeout);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(BothLegs, SilenceBeforeTheAnswerIsNoLoss) {
  Rig rig;
  rig.ring();
  rig.media_lost();
  EXPECT_EQ(rig.calls.size(), 1U);
  EXPECT_FALSE(rig.b.has("CANCEL"));
}

TEST(BothLegs, ARingingCallIsCancelledWhenTheRelayForgetsTheSession) {
  Rig rig;
  rig.ring();
  rig.session_lost();
  EXPECT_TRUE(rig.a.has("503 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(BothLegs, EndWhenTheOperatorSaysSoInEveryState) {
  for (int stage = 0; stage < 6; ++stage) {
    Rig rig;
    if (stage == 0) rig.relay.mood = FakeRelay::Mood::Slow;
    rig.a.invite();
    if (stage >= 2) rig.b.answer(180);
    if (stage >= 3) rig.b.answer(200, sdp(rig.b.ip(), 6000));
    if (stage >= 4) rig.a.ack();
    if (stage >= 5) rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
    rig.kill();
    if (stage == 1) rig.b.answer(486);
    rig.pass(minutes(2));
    rig.release_relay();
    rig.expect_idle("stage " + std::to_string(stage));
    EXPECT_EQ(rig.records.at(0).cause, EndCause::Shutdown) << stage;
  }
}

TEST(BothLegs, EndAfterTheLongestPermittedTime) {
  Rig rig;
  rig.connect();
  rig.pass(base::hours(12) + seconds(1));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(InDialog, OptionsIsAnsweredHere) {  // trap 87: OPTIONS is answered here, by what is.
  Rig rig;
  rig.connect();
  rig.a.request("OPTIONS");
  rig.b.request("OPTIONS");
  EXPECT_TRUE(rig.a.has("200 OPTIONS"));
  EXPECT_TRUE(rig.b.has("200 OPTIONS"));
  EXPECT_FALSE(rig.b.has("OPTIONS")) << "it does not cross";
}

TEST(InDialog, OptionsCrossesWhereItIsListed) {  // trap 87
  Rig rig;
  rig.settings->crossing["access"].methods = {"OPTIONS"};
  rig.a.invite();
  rig.b.answer(180);
  rig.a.request("OPTIONS");
  EXPECT_TRUE(rig.a.has("200 OPTIONS")) << "nobody is there yet who could be asked";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.clear();
  rig.a.ack();
  rig.a.request("OPTIONS", {}, "Accept: application/sdp\r\n");
  EXPECT_FALSE(rig.a.has("200 OPTIONS"));
  const auto asked = rig.b.take("OPTIONS");
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->find(sip::HeaderId::Accept), "application/sdp");
  rig.b.answer_to(asked, 200, sdp(rig.b.ip(), 6000), "Allow: INVITE, SECRET\r\nAccept: application/sdp\r\n");
  const auto able = rig.a.take("200 OPTIONS");
  ASSERT_NE(able, nullptr);
  EXPECT_EQ(able->find(sip::HeaderId::Allow), "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER");
  EXPECT_EQ(able->find(sip::HeaderId::Accept), "application/sdp");
  EXPECT_EQ(able->body(), "") << "its addresses are that side's";
  rig.b.request("OPTIONS");
  EXPECT_TRUE(rig.b.has("200 OPTIONS")) << "that realm's list has none";
  EXPECT_FALSE(rig.a.has("OPTIONS"));
}

TEST(InDialog, AMethodWeDoNotSpeakIsAnswered405WithAllow) {
  Rig rig;
  rig.connect();
  rig.a.request("PUBLISH");
  const auto answer = rig.a.take("405");
  ASSERT_NE(answer, nullptr);
  EXPECT_TRUE(answer->find(sip::HeaderId::Allow).has_value());
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(InDialog, ALowerCSeqIsAnswered500AndChangesNothing) {
  Rig rig;
  rig.connect();
  rig.a.request("BYE", {}, {}, 1);
  EXPECT_TRUE(rig.a.has("500 BYE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_FALSE(rig.b.has("BYE"));
}

TEST(InDialog, ARequestOfNoCallIsAnswered481) {
  Rig rig;
  rig.connect();
  const std::string branch = "z9hG4bK-x";
  std::string text = rig.a.request_text("BYE", 9'000'000, {}, {}, branch);
  const auto at = text.find("Call-ID: ") + 9;
  text.insert(at, "other-");
  rig.a.send_raw(text);
  EXPECT_TRUE(rig.a.has("481 BYE")) << "tags alone are not enough";
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.a.clear();
  rig.pass(minutes(1));
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("481 BYE")) << "the call is over";
}

TEST(InDialog, ABranchedByeAfterTheEndIsStill481NotSilence) {
  Rig rig;
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  rig.a.request("OPTIONS");
  EXPECT_TRUE(rig.a.has("481 OPTIONS")) << "the dialog is over for those who said BYE";
}

TEST(InDialog, ALaterByeOfTheSameSideIsAnswered200WhileTheOtherLegStillCloses) {
  Rig rig;
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  rig.a.clear();
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("200 BYE"));
  rig.b.answer_to(rig.b.take("BYE"), 200);
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.size(), 1U);
  rig.expect_idle();
}

// RFC 3261 8.2.2.3 has 420 for it; but whoever sends a BYE has left the session (15.1.1), so nobody goes on talking.
TEST(Bye, ThatRequiresWhatNobodyKnowsEndsTheCallAllTheSame) {
  Rig rig;
  rig.connect();
  rig.a.request("BYE", {}, "Require: unheard-of\r\n");
  const auto answer = rig.a.take("420 BYE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->find(sip::HeaderId::Unsupported), "unheard-of");
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("BYE"));
  EXPECT_EQ(rig.calls.counters().refused_extension, 1U);
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.size(), 1U);
  rig.expect_idle();
}

TEST(InDialog, RequireOfAnUnknownExtensionIsAnswered420) {  // trap 79: each leg requires of us, not of the other.
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), "Require: unheard-of\r\n");
  const auto answer = rig.a.take("420 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->find(sip::HeaderId::Unsupported), "unheard-of");
  EXPECT_FALSE(rig.b.has("INVITE"));
}

}  // namespace
}  // namespace sbc::call::test
