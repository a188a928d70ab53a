// Timers of a policy's own: they run out in their order, live with the call and die with it.

#include "sbc/call/timers.h"

#include <gtest/gtest.h>

#include "sbc/policy/limits.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;
using policy::Handler;

policy::TimerDecision hang_up(std::uint16_t status = 0, const std::string& reason = {}) {
  policy::TimerDecision decision;
  decision.kind = policy::TimerDecision::Kind::HangUp;
  decision.status = status;
  decision.reason = reason;
  return decision;
}

TEST(PolicyTimers, RunOutInTheirOrderAndAreCounted) {
  PolicyTimers timers;
  const base::Instant start{minutes(1)};
  EXPECT_EQ(timers.next(), base::kNever);
  EXPECT_TRUE(timers.apply({"late", 20}, start));
  EXPECT_TRUE(timers.apply({"early", 5}, start));
  EXPECT_TRUE(timers.apply({"gone", 7}, start));
  EXPECT_TRUE(timers.apply({"gone", 0}, start));
  EXPECT_TRUE(timers.apply({"unknown", 0}, start));
  EXPECT_EQ(timers.next(), start + seconds(5));
  EXPECT_FALSE(timers.take_due(start + seconds(4)));
  auto due = timers.take_due(start + seconds(30));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->name, "early");
  EXPECT_EQ(due->number, 1U);
  EXPECT_TRUE(timers.apply({"early", 1}, start + seconds(30)));
  EXPECT_EQ(timers.take_due(start + seconds(31))->name, "late");
  due = timers.take_due(start + seconds(31));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->number, 2U) << "of that name";
  EXPECT_FALSE(timers.take_due(start + minutes(5)));
  EXPECT_EQ(timers.running(), 0U);
}

TEST(PolicyTimers, AreNoMoreThanTheirLimit) {
  PolicyTimers timers;
  const base::Instant start{minutes(1)};
  for (std::size_t i = 0; i < policy::kMaxTimers; ++i)
    EXPECT_TRUE(timers.apply({"t" + std::to_string(i), 10}, start)) << i;
  EXPECT_FALSE(timers.apply({"one more", 10}, start));
  EXPECT_TRUE(timers.apply({"t0", 20}, start)) << "it runs already";
  EXPECT_TRUE(timers.apply({"t1", 0}, start));
  EXPECT_TRUE(timers.apply({"one more", 10}, start));
  EXPECT_EQ(timers.running(), policy::kMaxTimers);
}

TEST(PolicyTimers, OfManyNamesDoNotPileUp) {
  PolicyTimers timers;
  base::Instant now{minutes(1)};
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(timers.apply({std::to_string(i), 1}, now));
    now += seconds(1);
    ASSERT_EQ(timers.take_due(now)->number, 1U);
  }
  ASSERT_TRUE(timers.apply({"999", 1}, now));
  EXPECT_EQ(timers.take_due(now + seconds(1))->number, 2U) << "the last ones are known";
  ASSERT_TRUE(timers.apply({"1", 1}, now));
  EXPECT_EQ(timers.take_due(now + seconds(1))->number, 1U) << "the first ones are not";
}

TEST(OnTimer, RunsAndSetsItAgainAndHangsUp) {
  Rig rig;
  rig.advisor.heard = {Handler::Timer};
  rig.advisor.timers = {{"tick", 10}};
  rig.connect();
  EXPECT_TRUE(rig.advisor.timers.empty());
  rig.pass(seconds(9));
  EXPECT_TRUE(rig.advisor.timers_due.empty());
  rig.advisor.timers = {{"tick", 100}};
  rig.pass(seconds(1));
  ASSERT_EQ(rig.advisor.timers_due.size(), 1U);
  EXPECT_EQ(rig.advisor.timers_due[0].name, "tick");
  EXPECT_EQ(rig.advisor.timers_due[0].number, 1U);
  EXPECT_EQ(rig.advisor.timers_due[0].elapsed_ms, 10'000U);
  rig.advisor.caller = {};
  rig.advisor.timer_decision = hang_up(0, "time is over");
  rig.pass(seconds(100));
  ASSERT_EQ(rig.advisor.timers_due.size(), 2U);
  EXPECT_EQ(rig.advisor.timers_due[1].number, 2U);
  EXPECT_EQ(rig.advisor.caller.user, "alice") << "the INVITE is read again, which is kept as text by then";
  for (Peer* peer : {&rig.a, &rig.b}) {
    const auto bye = peer->take("BYE");
    ASSERT_NE(bye, nullptr);
    EXPECT_EQ(bye->find(sip::HeaderId::Reason), "Q.850;cause=31;text=\"time is over\"");
  }
  EXPECT_EQ(rig.records.at(0).cause, EndCause::HungUp);
  EXPECT_EQ(rig.calls.counters().policy_timers, 2U);
  EXPECT_EQ(rig.calls.counters().policy_hang_ups, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(OnTimer, HangsUpWhatIsNotAnsweredYet) {
  for (const bool rings : {true, false}) {
    Rig rig;
    rig.advisor.heard = {Handler::Timer};
    rig.advisor.timers = {{"patience", 5}};
    rig.advisor.timer_decision = rings ? hang_up() : hang_up(404, "Nobody");
    rig.a.invite();
    if (rings) rig.b.answer(180);
    rig.pass(seconds(5));
    EXPECT_TRUE(rig.a.has(rings ? "480 INVITE" : "404 INVITE"));
    if (!rings) rig.b.answer(180);  // RFC 3261 9.1: no CANCEL before it
    EXPECT_TRUE(rig.b.has("CANCEL"));
    rig.pass(minutes(2));
    ASSERT_EQ(rig.records.size(), 1U);
    EXPECT_EQ(rig.records[0].cause, EndCause::HungUp);
    rig.expect_idle();
  }
}

TEST(OnTimer, OutlivesATransfer) {
  Rig rig;
  rig.advisor.heard = {Handler::Timer};
  rig.advisor.timers = {{"limit", 300}};
  rig.connect();
  rig.pass(seconds(100));
  rig.b.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  ASSERT_TRUE(rig.b.has("BYE"));
  rig.advisor.timer_decision = hang_up();
  rig.pass(seconds(199));
  EXPECT_FALSE(rig.c.has("BYE"));
  rig.pass(seconds(1));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(OnTimer, DiesWithTheCallAndIsNothingWithoutAHandler) {
  Rig rig;
  rig.advisor.heard = {Handler::Timer};
  rig.advisor.timers = {{"limit", 30}};
  rig.connect();
  rig.a.bye();
  rig.pass(minutes(2));
  EXPECT_TRUE(rig.advisor.timers_due.empty());
  rig.expect_idle();

  Rig deaf;
  deaf.advisor.timers = {{"limit", 30}};
  deaf.connect();
  deaf.pass(minutes(1));
  EXPECT_TRUE(deaf.advisor.timers_due.empty());
  EXPECT_EQ(deaf.calls.connected(), 1U);
  deaf.a.bye();
  deaf.pass(minutes(2));
  deaf.expect_idle();
}

TEST(OnTimer, OneTooManyIsLeftOutAndCounted) {
  Rig rig;
  for (int i = 0; i < 9; ++i) rig.advisor.timers.push_back({"t" + std::to_string(i), 60});
  rig.connect();
  EXPECT_EQ(rig.calls.counters().policy_timers_left_out, 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
