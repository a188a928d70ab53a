// The record of a call waits for the relay's last word, and not for ever.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

control::FlowStats heard() {
  control::FlowStats stats;
  stats.a.packets_received = stats.a.packets_expected = 500;
  stats.a.payload_type = 0;
  return stats;
}

TEST(Ending, TheRecordTellsHowTheCallSounded) {
  Rig rig;
  rig.relay.last_words = {heard()};
  rig.connect();
  rig.a.bye();
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  ASSERT_TRUE(rig.records[0].quality);
  EXPECT_EQ(rig.records[0].quality->from_a().codec, "PCMU");
  EXPECT_EQ(rig.records[0].quality->from_b().packets, 0U);
  ASSERT_EQ(rig.advisor.ends.size(), 1U);
  EXPECT_NEAR(rig.advisor.ends[0].caller_mos.value_or(0), 4.41, 0.01);
  EXPECT_FALSE(rig.advisor.ends[0].callee_mos);
  ASSERT_EQ(rig.advisor.ends[0].streams.size(), 1U) << "what came";
  const policy::StreamFacts& stream = rig.advisor.ends[0].streams[0];
  EXPECT_EQ(stream.line, 1U);
  EXPECT_EQ(stream.kind, "audio");
  EXPECT_EQ(stream.party, "caller");
  EXPECT_EQ(stream.packets, 500U);
  EXPECT_FALSE(stream.round_trip_ms);
  rig.expect_idle();
}

TEST(Ending, WaitsForASlowRelay) {
  Rig rig;
  rig.relay.last_words = {heard()};
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.bye();
  rig.pass(seconds(1));
  EXPECT_EQ(rig.calls.size(), 0U);
  EXPECT_EQ(rig.calls.endings(), 1U);
  EXPECT_TRUE(rig.records.empty());
  EXPECT_TRUE(rig.advisor.ends.empty());
  rig.release_relay();
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_TRUE(rig.records[0].quality);
  EXPECT_EQ(rig.records[0].cause, EndCause::Bye);
  EXPECT_EQ(rig.advisor.ends.size(), 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Ending, ARelayThatNeverAnswersCostsTheQualityAndNotTheRecord) {
  for (const auto mood : {FakeRelay::Mood::Slow, FakeRelay::Mood::Silent}) {
    Rig rig;
    rig.connect();
    rig.relay.mood = mood;
    rig.a.bye();
    rig.pass(kRelayTakes + seconds(1));
    ASSERT_EQ(rig.records.size(), 1U);
    EXPECT_FALSE(rig.records[0].quality);
    EXPECT_EQ(rig.calls.endings(), 0U);
    rig.release_relay();
    rig.pass(minutes(2));
    EXPECT_EQ(rig.records.size(), 1U);
    EXPECT_EQ(rig.advisor.ends.size(), 1U);
  }
}

TEST(Ending, ACallWithoutMediaWaitsForNobody) {
  Rig rig;
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.a.invite();
  EXPECT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.calls.endings(), 0U);
}

TEST(LiveQuality, AFallIsNotedCountedAndKeptForTheRecord) {
  Rig rig;
  rig.connect();
  ASSERT_EQ(rig.relay.history.back().flows.at(0).quality_ms, 10'000U);
  rig.quality(control::HalfSide::A, 500, 0);
  rig.quality(control::HalfSide::A, 400, 100);
  rig.quality(control::HalfSide::A, 380, 120);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.counters().quality_reports, 3U);
  EXPECT_EQ(rig.calls.counters().low_callers, 1U) << "once for each fall";
  EXPECT_EQ(rig.calls.counters().low_callees, 0U);
  rig.a.bye();
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].watch[0].falls, 1U);
  EXPECT_LT(*rig.records[0].watch[0].worst, 3.0);
  EXPECT_FALSE(rig.records[0].watch[1].worst);
  EXPECT_EQ(rig.advisor.ends.at(0).caller_worst_mos, rig.records[0].watch[0].worst);
  rig.expect_idle();
}

TEST(LiveQuality, ThePolicyIsToldOfFallsRecoveriesAndSilence) {
  Rig rig;
  rig.connect();
  rig.pass(minutes(1));  // the call's INVITE is kept as text by now
  rig.quality(control::HalfSide::B, 500, 0);
  EXPECT_TRUE(rig.advisor.qualities.empty()) << "nothing has changed";
  rig.quality(control::HalfSide::B, 400, 100);
  rig.quality(control::HalfSide::B, 380, 120);
  rig.quality(control::HalfSide::B, 500, 0);
  rig.one_sided(control::HalfSide::A);
  ASSERT_EQ(rig.advisor.qualities.size(), 3U);
  const policy::QualityFacts& low = rig.advisor.qualities[0];
  EXPECT_EQ(low.event, "low");
  EXPECT_EQ(low.party, "callee");
  EXPECT_EQ(low.trunk, "t1");
  EXPECT_EQ(low.codec, "PCMU");
  EXPECT_DOUBLE_EQ(low.loss.value_or(0), 0.2);
  EXPECT_EQ(low.mos, low.worst_mos);
  EXPECT_EQ(low.falls, 1U);
  EXPECT_GE(low.elapsed_ms, 60'000U);
  const policy::QualityFacts& recovered = rig.advisor.qualities[1];
  EXPECT_EQ(recovered.event, "recovered");
  EXPECT_GT(recovered.mos.value_or(0), 4.0);
  EXPECT_LT(recovered.worst_mos.value_or(5), low.mos.value_or(0));
  EXPECT_EQ(rig.advisor.qualities[2].event, "silent");
  EXPECT_EQ(rig.advisor.qualities[2].party, "caller");
  EXPECT_FALSE(rig.advisor.qualities[2].mos);
  EXPECT_EQ(rig.advisor.caller.user, "alice");
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(LiveQuality, NothingIsAskedBeforeTheAnswer) {
  Rig rig;
  rig.a.invite();
  rig.pump();
  ASSERT_FALSE(rig.relay.history.empty());
  EXPECT_EQ(rig.relay.history.back().flows.at(0).quality_ms, 0U);
}

TEST(OneSided, IsNotedWithTheSilentSideAndEndsNothing) {
  Rig rig;
  rig.connect();
  EXPECT_EQ(rig.relay.history.back().one_sided_ms, 10'000U);
  rig.one_sided(control::HalfSide::B);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.counters().silent_callees, 1U);
  EXPECT_EQ(rig.calls.counters().silent_callers, 0U);
  rig.a.bye();
  rig.pass(minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].silent, EndedBy::Callee);
  EXPECT_EQ(rig.advisor.ends.at(0).silent, "callee");
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
