// How long a call may last: the place's word, its trunk's or realm's, the caller's, and what transfers make of it.

#include <gtest/gtest.h>

#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

#include "places.h"
#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

policy::InviteDecision to_trunk(const std::string& name, std::uint32_t max_duration_s) {
  policy::InviteDecision decision;
  decision.kind = policy::InviteDecision::Kind::Route;
  decision.candidates.resize(1);
  decision.candidates[0].kind = policy::Candidate::Kind::Trunk;
  decision.candidates[0].name = name;
  decision.candidates[0].max_duration_s = max_duration_s;
  return decision;
}

// Both are told to go, with the reason; `two` is whoever talks with the caller.
void expect_cut(Rig& rig, Peer& one, Peer& two) {
  for (Peer* peer : {&one, &two}) {
    const auto bye = peer->take("BYE");
    ASSERT_NE(bye, nullptr) << peer->name();
    EXPECT_EQ(bye->find(sip::HeaderId::Reason), "Q.850;cause=31;text=\"Longest permitted duration\"");
  }
  ASSERT_FALSE(rig.records.empty());
  const CallRecord& record = rig.records.back();
  EXPECT_EQ(record.cause, EndCause::MaxDuration);
  EXPECT_EQ(name_of(record.cause), "max_duration");
  EXPECT_EQ(record.by, EndedBy::Border);
  EXPECT_EQ(rig.advisor.ends.back().cause, "max_duration");
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MaxDuration, EndsBothLegsSoLongAfterTheAnswer) {
  Rig rig;
  rig.advisor.decision = to_trunk("t1", 600);
  rig.a.invite();
  rig.b.answer(180);
  rig.pass(seconds(30));  // ringing does not count
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.pass(seconds(599));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.pass(seconds(1));
  expect_cut(rig, rig.a, rig.b);
  EXPECT_EQ(rig.records[0].duration, seconds(600));
}

TEST(MaxDuration, IsNotBegunAnewByAReinvite) {
  Rig rig;
  rig.advisor.decision = to_trunk("t1", 600);
  rig.connect();
  rig.pass(seconds(400));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  rig.pass(seconds(190));
  rig.b.reinvite(sdp(rig.b.ip(), 6002, "sendrecv", 3));  // under way when the time is over
  rig.pass(seconds(10));
  EXPECT_TRUE(rig.b.has("503 INVITE"));
  expect_cut(rig, rig.a, rig.b);
}

TEST(MaxDuration, IsTheTrunksOrTheRealmsOnEitherSide) {
  struct Case {
    int realm_s, trunk_s, place_s, expected_s;
  };
  // A place's own word and the trunk's hold instead of the next wider one; the caller's realm holds besides.
  for (const Case& c : {Case{0, 300, 0, 300}, Case{200, -1, 0, 200}, Case{200, 100, 0, 100}, Case{0, 300, 500, 500},
                        Case{400, 300, 500, 400}, Case{400, 0, 0, 400}}) {
    Rig rig;
    change_places(
        rig, [&c](route::Realm& realm) { realm.max_duration = seconds(c.realm_s); },
        [&c](route::Trunk& trunk) {
          if (c.trunk_s >= 0) trunk.max_duration = seconds(c.trunk_s);
        });
    rig.advisor.decision = to_trunk("t1", static_cast<std::uint32_t>(c.place_s));
    rig.connect();
    rig.pass(seconds(c.expected_s - 1));
    EXPECT_FALSE(rig.a.has("BYE")) << c.expected_s;
    rig.pass(seconds(1));
    expect_cut(rig, rig.a, rig.b);
  }
}

TEST(MaxDuration, NeverGoesBeyondTheLongestCall) {
  Rig rig;
  rig.settings->longest_call = minutes(5);
  rig.advisor.decision = to_trunk("t1", 600);
  rig.connect();
  rig.pass(minutes(5));
  expect_cut(rig, rig.a, rig.b);
}

TEST(MaxDuration, OfTheCallOutlivesATransferAndThatOfTheTargetShortensIt) {
  for (const std::uint32_t of_target : {0U, 100U, 5000U}) {
    Rig rig;
    rig.advisor.decision = to_trunk("t1", 600);
    rig.connect();
    rig.pass(seconds(200));
    rig.advisor.decision = to_trunk("t2", of_target);
    rig.b.request("REFER", {}, kToCarol);
    rig.c.answer(200, sdp(rig.c.ip(), 7000));
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    ASSERT_TRUE(rig.b.has("BYE"));
    rig.pass(seconds(of_target == 100 ? 99 : 399));
    EXPECT_FALSE(rig.a.has("BYE")) << of_target;
    rig.pass(seconds(1));
    expect_cut(rig, rig.a, rig.c);
  }
}

// No way around the limit of either call.
TEST(MaxDuration, OfBothCallsHoldsWhenTheyAreJoined) {
  Rig rig;
  rig.advisor.decision = to_trunk("t1", 600);
  rig.connect();
  rig.advisor.decision = to_trunk("far", 300);
  rig.c.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 8000));
  rig.c.ack();
  const auto accepted = rig.c.last_accepted();
  rig.pass(seconds(100));
  rig.b.request("REFER", {},
                "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(accepted->call_id()) + "%3Bto-tag%3D" +
                    std::string(accepted->to_tag()) + "%3Bfrom-tag%3D" + std::string(accepted->from_tag()) + ">\r\n");
  ASSERT_TRUE(rig.b.has("202 REFER"));
  rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.pass(seconds(199));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.pass(seconds(1));
  expect_cut(rig, rig.a, rig.d);
}

TEST(MaxDuration, IsInTheExplanation) {
  Rig rig;
  explain::Ring ring{4};
  rig.advisor.listener = &ring;
  rig.advisor.decision = to_trunk("t1", 600);
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.pass(seconds(600));
  const std::string shown = json::text_of(explain::to_json(*ring.find(invite->call_id())));
  EXPECT_TRUE(shown.contains("ends in 600 s at the latest (max_duration)")) << shown;
  EXPECT_TRUE(shown.contains("the call has lasted for as long as it may")) << shown;
  EXPECT_TRUE(shown.contains(R"("cause":"max_duration")")) << shown;
}

}  // namespace
}  // namespace sbc::call::test
