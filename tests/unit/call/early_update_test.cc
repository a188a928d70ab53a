// UPDATE in an early dialog, and offers in PRACK that become one (RFC 3311 5).

#include <gtest/gtest.h>

#include "early.h"

namespace sbc::call::test {
namespace {

struct Settled {
  Settled() {
    rig.a.invite(offer(rig, kSupports));
    invite = rig.b.take("INVITE");
    rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(1));
    rig.b.take("PRACK");
    rig.a.request("PRACK", {}, rack(*rig.a.take("183")));
    rig.a.clear();
  }
  Rig rig;
  sip::MessagePtr invite;
};

TEST(EarlyUpdate, OfTheCallerCrossesAndItsAnswerComesBack) {
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4000, "sendonly", 2));
  const auto update = s.rig.b.take("UPDATE");
  ASSERT_NE(update, nullptr);
  EXPECT_NE(update->body().find("a=sendonly"), std::string_view::npos);
  EXPECT_TRUE(update->find(sip::HeaderId::Contact));
  EXPECT_FALSE(s.rig.a.has("200 UPDATE"));
  s.rig.b.answer_to(update, 200, sdp(s.rig.b.ip(), 6000, "recvonly", 2));
  const auto ok = s.rig.a.take("200 UPDATE");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("a=recvonly"), std::string_view::npos);
  EXPECT_TRUE(ok->find(sip::HeaderId::Contact));
  s.rig.b.answer(200);
  s.rig.a.ack();
  EXPECT_EQ(s.rig.calls.connected(), 1U);
  s.rig.a.bye();
  end_well(s.rig);
}

TEST(EarlyUpdate, OfTheCalleeCrossesAsWell) {
  Settled s;
  const auto cseq = s.invite->cseq().number + 500;
  say_early(s.rig.b, s.invite, "tag-of-bob", "UPDATE", cseq, sdp(s.rig.b.ip(), 6100, "sendrecv", 2));
  const auto update = s.rig.a.take("UPDATE");
  ASSERT_NE(update, nullptr);
  s.rig.a.answer_to(update, 200, sdp(s.rig.a.ip(), 4000, "sendrecv", 2));
  const auto ok = s.rig.b.take("200 UPDATE");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("203.0.113.2"), std::string_view::npos);
  EXPECT_EQ(b_media(s.rig).port, 6100);
  say_early(s.rig.b, s.invite, "tag-of-bob", "UPDATE", cseq - 1, {});
  EXPECT_TRUE(s.rig.b.has("500 UPDATE")) << "lower CSeq";
}

TEST(EarlyUpdate, WithoutSdpRefreshesTheTargetOnly) {
  Settled s;
  say_early(s.rig.b, s.invite, "tag-of-bob", "UPDATE", 900, {});
  EXPECT_TRUE(s.rig.b.has("200 UPDATE"));
  EXPECT_FALSE(s.rig.a.has("UPDATE"));
}

TEST(EarlyUpdate, ThatOverlapsAnotherIs500WithRetryAfterOr491) {  // trap 23
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4000, "sendonly", 2));
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4000, "inactive", 3));
  const auto again = s.rig.a.take("500 UPDATE");
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(again->find(sip::HeaderId::RetryAfter));
  say_early(s.rig.b, s.invite, "tag-of-bob", "UPDATE", 900, sdp(s.rig.b.ip(), 6100, "sendrecv", 2));
  EXPECT_TRUE(s.rig.b.has("491 UPDATE"));
}

TEST(EarlyUpdate, BeforeTheAnswerIsReliableIs500WithRetryAfter) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  const auto refusal = rig.a.take("500 UPDATE");
  ASSERT_NE(refusal, nullptr);
  EXPECT_TRUE(refusal->find(sip::HeaderId::RetryAfter));
  EXPECT_FALSE(rig.b.has("UPDATE"));
}

TEST(EarlyUpdate, ThatTheOtherSideRefusesLeavesAllAsItWas) {
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4100, "sendrecv", 2));
  s.rig.b.answer_to(s.rig.b.take("UPDATE"), 488);
  EXPECT_TRUE(s.rig.a.has("488 UPDATE"));
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4200, "sendrecv", 3));
  s.rig.b.answer_to(s.rig.b.take("UPDATE"), 200, sdp(s.rig.b.ip(), 6000));
  EXPECT_TRUE(s.rig.a.has("200 UPDATE"));
}

TEST(EarlyUpdate, ThatTheOtherSidePutsOffIsPutOffForAsLong) {  // RFC 3311 5.2
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4100, "sendrecv", 2));
  s.rig.b.answer_to(s.rig.b.take("UPDATE"), 500, {}, "Retry-After: 7 (busy at pbx.invalid)\r\n");
  const auto refusal = s.rig.a.take("500 UPDATE");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->find(sip::HeaderId::RetryAfter), "7");
}

TEST(EarlyUpdate, UnderWayWhenTheCalleeAnswersEndsFirst) {
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4000, "sendonly", 2));
  const auto update = s.rig.b.take("UPDATE");
  s.rig.b.answer(200);
  EXPECT_FALSE(s.rig.a.has("200 INVITE"));
  s.rig.b.answer_to(update, 200, sdp(s.rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(s.rig.a.has("200 UPDATE"));
  EXPECT_TRUE(s.rig.a.has("200 INVITE"));
}

TEST(EarlyUpdate, UnderWayWhenTheCallEndsGets487) {
  Settled s;
  s.rig.a.request("UPDATE", sdp(s.rig.a.ip(), 4000, "sendonly", 2));
  s.rig.b.answer(486);
  EXPECT_TRUE(s.rig.a.has("487 UPDATE"));
  EXPECT_TRUE(s.rig.a.has("486 INVITE"));
  end_well(s.rig);
}

TEST(EarlyUpdate, ThatAddsALineWaitsForItsPorts) {
  for (const bool caller : {true, false}) {
    Settled s;
    Rig& rig = s.rig;
    rig.relay.mood = FakeRelay::Mood::Slow;
    Peer& asked = caller ? rig.b : rig.a;
    if (caller) {
      rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
    } else {
      say_early(rig.b, s.invite, "tag-of-bob", "UPDATE", s.invite->cseq().number + 500,
                sdp_two_lines(rig.b.ip(), 6000, 2));
    }
    ASSERT_TRUE(rig.relay.waits());
    EXPECT_FALSE(asked.has("UPDATE"));
    rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 3));
    EXPECT_TRUE(rig.a.has(caller ? "500 UPDATE" : "491 UPDATE")) << "it is under way all the same";
    rig.relay.mood = FakeRelay::Mood::Willing;
    rig.release_relay();
    const auto update = asked.take("UPDATE");
    ASSERT_NE(update, nullptr);
    EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U);
    EXPECT_EQ(update->body().find("m=video 0 "), std::string_view::npos);
    asked.answer_to(update, 200, sdp_two_lines(asked.ip(), caller ? 6000 : 4000, 2));
    EXPECT_TRUE((caller ? rig.a : rig.b).has("200 UPDATE"));
    rig.b.answer(200);
    rig.a.ack();
    EXPECT_EQ(rig.calls.connected(), 1U);
    EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U);
    rig.a.bye();
    end_well(rig);
  }
}

TEST(EarlyUpdate, ThatAddsALineForWhichTheRelayHasNoPortsLeavesAllAsItWas) {
  Settled s;
  Rig& rig = s.rig;
  rig.relay.refuse_next = 1;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  EXPECT_TRUE(rig.a.has("500 UPDATE"));
  EXPECT_FALSE(rig.b.has("UPDATE"));
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U);
  rig.b.answer(200);
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(EarlyUpdate, ThatWaitsForPortsWhenTheCalleeAnswersEndsFirst) {
  Settled s;
  Rig& rig = s.rig;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.b.answer(200);
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  rig.b.answer_to(rig.b.take("UPDATE"), 200, sdp_two_lines(rig.b.ip(), 6000, 2));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(EarlyUpdate, ThatWaitsForPortsWhenTheCallEndsGets487) {
  Settled s;
  Rig& rig = s.rig;
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 UPDATE"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  EXPECT_FALSE(rig.b.has("UPDATE"));
  end_well(rig);
}

TEST(EarlyUpdate, ThatAddsALineIsRefusedWhenTheOtherSideHasNoUpdate) {
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), "Require: 100rel\r\nRSeq: 1\r\nAllow: INVITE, PRACK\r\n");
  rig.a.request("PRACK", {}, rack(*rig.a.take("183")));
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  EXPECT_TRUE(rig.a.has("488 UPDATE"));
  rig.b.answer(200);
  EXPECT_TRUE(rig.a.has("200 INVITE"));
}

TEST(EarlyUpdate, AnOfferInPrackIsCarriedAsUpdate) {
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(1));
  rig.a.request("PRACK", sdp(rig.a.ip(), 4000, "sendonly", 2), rack(*rig.a.take("183")));
  const auto update = rig.b.take("UPDATE");
  ASSERT_NE(update, nullptr);
  rig.b.answer_to(update, 200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  const auto ok = rig.a.take("200 PRACK");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("a=recvonly"), std::string_view::npos);
}

TEST(EarlyUpdate, AnOfferInPrackIsAnsweredHereWhenTheCalleeHasNoUpdate) {
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), "Require: 100rel\r\nRSeq: 1\r\nAllow: INVITE, PRACK\r\n");
  rig.a.request("PRACK", sdp(rig.a.ip(), 4000, "sendonly", 2), rack(*rig.a.take("183")));
  EXPECT_FALSE(rig.b.has("UPDATE"));
  const auto ok = rig.a.take("200 PRACK");
  ASSERT_NE(ok, nullptr);
  EXPECT_NE(ok->body().find("a=recvonly"), std::string_view::npos);
  rig.b.answer(200);
  EXPECT_TRUE(rig.a.has("200 INVITE"));
}

}  // namespace
}  // namespace sbc::call::test
