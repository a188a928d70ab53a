// The caller gives up, or a target does not take the call: CANCEL, its races, and failover.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

TEST(Cancel, BeforeAnyProvisionalWaitsForOne) {  // trap 6
  Rig rig;
  rig.a.invite();
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("200 CANCEL"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_FALSE(rig.b.has("CANCEL")) << "it could overtake the INVITE";
  rig.b.answer(180);
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Cancel);
  EXPECT_EQ(rig.records[0].status, 487);
  rig.expect_idle();
}

TEST(Cancel, WhileRingingReachesTheCallee) {
  Rig rig;
  rig.ring();
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("200 CANCEL"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.b.has("ACK"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Cancel, ThatCrosses200IsAnswered487AndTheCalleeIsAcknowledgedAndHungUp) {  // trap 5
  Rig rig;
  rig.ring();
  rig.b.auto_terminate = false;
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::Cancel);
  rig.expect_idle();
}

TEST(Cancel, HeldBackAndOvertakenBy200GetsAckAndByeWithoutCancel) {  // trap 6
  Rig rig;
  rig.a.invite();
  rig.a.cancel();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Cancel, AnsweredButWithout487EndsAfter64T1AndNobodyElseIsTried) {  // trap 7
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.ring();
  rig.b.auto_terminate = false;
  rig.a.cancel();
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.pass(seconds(31));
  EXPECT_EQ(rig.calls.size(), 1U);
  rig.pass(seconds(2));
  EXPECT_EQ(rig.calls.size(), 0U);
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.expect_idle();
}

TEST(Cancel, DuringFailoverStopsTheHunt) {  // trap 8: the caller hangs up while the next target is about to be tried.
  Rig rig;
  rig.advisor.trunks = {"t1", "far", "t2"};
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.invite();
  rig.release_relay();
  rig.b.answer(503);  // the next one needs ports elsewhere, and the relay takes its time
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.release_relay();
  rig.pass(minutes(2));
  rig.release_relay();
  EXPECT_FALSE(rig.d.has("INVITE"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.expect_idle();
}

TEST(Cancel, AfterOur200IsTooLate) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("200 CANCEL"));
  EXPECT_FALSE(rig.a.has("487 INVITE"));
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Cancel, WhileTheRelayAnchorsALateOfferEndsBothLegs) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.invite({});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.release_relay();
  rig.pass(minutes(2));
  rig.release_relay();
  rig.expect_idle();
}

TEST(Bye, OfTheCallerInAnEarlyDialogEndsTheCallLikeCancel) {
  Rig rig;
  rig.ring();
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("200 BYE"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Bye);
  rig.expect_idle();
}

// --- failover -----------------------------------------------------------------------------------------------------

// trap 17: another target is no other place of the same one (Names.TheNextPlaceGetsTheSameInviteWithANewBranch).
TEST(Failover, On503TheNextTargetGetsAnInviteWithItsOwnCallId) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  rig.b.answer(503);
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_NE(first->call_id(), second->call_id());
  EXPECT_NE(first->from_tag(), second->from_tag());
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_FALSE(rig.b.has("BYE"));
  EXPECT_EQ(rig.records.at(0).attempts, 2U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, WhenTheFirstDoesNotAnswerAtAll) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.b.deaf = true;
  rig.a.invite();
  rig.pass(seconds(9));
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, WhenTheFirstCannotBeReached) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.b.deaf = true;
  rig.a.invite();
  rig.fail_last_send(rig.b);
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(486);
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, A6xxStopsIt) {  // trap 17
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(603);
  EXPECT_TRUE(rig.a.has("603 INVITE"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, AfterTheRingTimeTheNextIsTriedAndTheFirstIsCancelled) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.ring_timeout_s = 20;
  rig.ring();
  rig.pass(seconds(19));
  EXPECT_FALSE(rig.b.has("CANCEL"));
  rig.pass(seconds(2));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, TheBestOfAllAnswersReachesTheCaller) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(500);
  rig.c.answer(404);
  EXPECT_TRUE(rig.a.has("404 INVITE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, ALate2xxOfAnAbandonedAttemptIsAcknowledgedAndHungUp) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.ring_timeout_s = 20;
  rig.ring();
  rig.b.auto_terminate = false;
  rig.pass(seconds(21));
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.b.clear();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  // Its repetition must not pass for an answer of the target that is tried now.
  rig.b.repeat_accept();
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  EXPECT_EQ(rig.b.count("BYE"), 1U);
  EXPECT_EQ(rig.b.count("ACK"), 2U);
  rig.c.answer(200, sdp(rig.c.ip(), 6100));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, ARepeated2xxOfAnAbandonedAttemptWhileTheRelayIsAskedIsNoMistakeOfOurs) {
  Rig rig;
  rig.advisor.trunks = {"t1", "far"};
  rig.advisor.ring_timeout_s = 20;
  rig.ring();
  rig.b.auto_terminate = false;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.pass(seconds(21));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.repeat_accept();
  EXPECT_EQ(rig.calls.counters().bugs, 0U);
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  ASSERT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(486);
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, TheNextTargetInAnotherNetworkGetsPortsThere) {
  Rig rig;
  rig.advisor.trunks = {"t1", "far"};
  rig.a.invite();
  rig.b.answer(503);
  const auto invite = rig.d.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_NE(invite->body().find("192.0.2.130"), std::string_view::npos);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.d.answer(200, sdp(rig.d.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, IsOverOnceTheCallerHeardTheCalleesMedia) {  // trap 16
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(503);
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.a.has("503 INVITE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Failover, ThePolicyCanStopIt) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::GiveUp;
  rig.advisor.failure_decision.status = 486;
  rig.a.invite();
  rig.b.answer(503);
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.a.has("486 INVITE"));
}

TEST(Failover, TheCalleesWordsForItsFailureStayThere) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(404);
  const auto answer = rig.a.take("404 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->reason_phrase(), "Not Found");
}

TEST(Caller, WhoCannotBeReachedEndsTheCall) {
  Rig rig;
  rig.ring();
  rig.fail_last_send(rig.a);
  EXPECT_TRUE(rig.b.has("CANCEL"));
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::PeerGone);
  rig.expect_idle();
  EXPECT_EQ(rig.layer.server_count(), 0U) << "its INVITE was answered too";
}

}  // namespace
}  // namespace sbc::call::test
