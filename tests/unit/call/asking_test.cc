// A policy that wants to know something before it decides: the call waits for it, and for nothing else.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

void over(Rig& rig) {
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(Asking, ACallWaitsForTheAnswerAndThenGoesOn) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.asks = 2;
  rig.a.invite();
  rig.pass(seconds(1));
  EXPECT_TRUE(rig.a.has("100"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  ASSERT_EQ(rig.questions.size(), 1U);
  EXPECT_FALSE(rig.questions[0].emergency);
  rig.release_answers();
  ASSERT_EQ(rig.questions.size(), 1U) << "the policy asks on";
  EXPECT_EQ(rig.advisor.answers.at(0).waited, seconds(1));
  rig.release_answers();
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.advisor.caller.user, "alice") << "the facts are still there";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  over(rig);
}

TEST(Asking, TheCallerMayHangUpOrBeKilledWhileThePolicyWaits) {
  for (const bool cancel : {true, false}) {
    Rig rig;
    rig.slow_policy = true;
    rig.advisor.asks = 1;
    rig.a.invite();
    if (cancel) {
      rig.a.cancel();
      EXPECT_TRUE(rig.a.has("487"));
    } else {
      rig.kill();
      EXPECT_TRUE(rig.a.has("503"));
    }
    EXPECT_EQ(rig.advisor.abandoned, 1U);
    rig.release_answers();
    EXPECT_TRUE(rig.advisor.answers.empty()) << "the answer came for a call that is over";
    EXPECT_FALSE(rig.b.has("INVITE"));
    over(rig);
  }
}

TEST(Asking, AfterItsTimeThePolicyGoesOnWithoutAnAnswer) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.asks = 1;
  rig.a.invite();
  rig.pass(seconds(1));
  EXPECT_TRUE(rig.advisor.answers.empty());
  rig.pass(seconds(1));
  ASSERT_EQ(rig.advisor.answers.size(), 1U);
  EXPECT_EQ(rig.advisor.answers[0].found.error(), "timeout");
  EXPECT_EQ(rig.advisor.answers[0].waited, seconds(2));
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(486);
  over(rig);
}

TEST(Asking, AnAnswerToAnEarlierQuestionIsDropped) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.asks = 2;
  rig.a.invite();
  const auto late = rig.questions;
  rig.pass(seconds(3));  // the first one timed out
  ASSERT_EQ(rig.advisor.answers.size(), 1U);
  rig.questions = late;
  rig.release_answers();
  EXPECT_EQ(rig.advisor.answers.size(), 1U);
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.pass(seconds(3));
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(486);
  over(rig);
}

TEST(Asking, ARefusalAfterTheAnswerIsTheCallersAnswer) {
  Rig rig;
  rig.advisor.asks = 1;
  rig.advisor.decision.emplace();
  rig.advisor.decision->status = 603;
  rig.a.invite();
  EXPECT_TRUE(rig.a.has("603"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  over(rig);
}

TEST(Asking, OtherCallsAreNotHeldUp) {
  Rig rig;
  Peer erin(rig, "erin", "198.51.100.78:5066", 0);
  rig.guest = &erin;
  rig.slow_policy = true;
  rig.advisor.asks = 1;
  rig.a.invite();
  rig.advisor.asks = 0;
  erin.invite();
  EXPECT_EQ(rig.b.pending_invites(), 1U);
  rig.b.answer(486);
  EXPECT_TRUE(erin.has("486"));
  rig.release_answers();
  EXPECT_EQ(rig.b.pending_invites(), 1U);
  rig.b.answer(486);
  EXPECT_TRUE(rig.a.has("486"));
  over(rig);
}

TEST(Asking, ACallForHelpSaysSo) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.asks = 1;
  rig.settings->emergency_numbers = {"5551234"};
  rig.a.invite();
  ASSERT_EQ(rig.questions.size(), 1U);
  EXPECT_TRUE(rig.questions[0].emergency);
  rig.release_answers();
  rig.b.answer(486);
  over(rig);
}

TEST(AskingOfAFailure, TheNextTargetWaitsForTheAnswer) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.failure_asks = 1;
  rig.a.invite();
  rig.b.answer(180);
  rig.b.answer(503);
  ASSERT_EQ(rig.questions.size(), 1U);
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.release_answers();
  EXPECT_TRUE(rig.c.has("INVITE"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_EQ(rig.advisor.failures[0].status, 503);
  rig.advisor.failure_asks = 0;
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  over(rig);
}

TEST(AskingOfAFailure, TheCallerMayHangUpMeanwhile) {
  for (const bool by_bye : {false, true}) {
    Rig rig;
    rig.slow_policy = true;
    rig.advisor.trunks = {"t1", "t2"};
    rig.advisor.failure_asks = 1;
    rig.a.invite();
    rig.b.answer(183, sdp(rig.b.ip(), 6000));
    rig.b.answer(503);
    ASSERT_EQ(rig.questions.size(), 1U);
    by_bye ? rig.a.bye() : rig.a.cancel();
    EXPECT_TRUE(rig.a.has("487"));
    EXPECT_EQ(rig.advisor.abandoned, 1U);
    rig.release_answers();
    EXPECT_FALSE(rig.c.has("INVITE"));
    over(rig);
  }
}

TEST(AskingOfAFailure, ALostRelayEndsTheCall) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.failure_asks = 1;
  rig.a.invite();
  rig.b.answer(503);
  rig.session_lost();
  EXPECT_TRUE(rig.a.has("503"));
  EXPECT_EQ(rig.advisor.abandoned, 1U);
  over(rig);
}

TEST(AskingOfAFailure, ARedirectionIsFollowedAfterTheAnswer) {
  Rig rig;
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) trunk.redirect_to = {"t2"};
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {});
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
  rig.slow_policy = true;
  rig.advisor.failure_asks = 1;
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Follow;
  rig.a.invite();
  rig.b.answer(302, {}, "Contact: <sip:600@203.0.113.11>\r\n");
  ASSERT_EQ(rig.questions.size(), 1U);
  rig.release_answers();
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.advisor.failure_asks = 0;
  rig.c.answer(486);
  over(rig);
}

}  // namespace
}  // namespace sbc::call::test
