// Expires of an INVITE (RFC 3261 13.2.1, 13.3.1): what holds no longer is not answered.

#include <gtest/gtest.h>

#include "early.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

constexpr const char* kTenSeconds = "Expires: 10\r\n";

TEST(Expiry, TheCallerGets487AndTheCalleeACancelWhenTheInvitationIsOver) {
  Rig rig;
  rig.a.invite(offer(rig, kTenSeconds));
  rig.b.answer(180);
  rig.pass(milliseconds(9900));
  EXPECT_FALSE(rig.a.has("487 INVITE"));
  EXPECT_FALSE(rig.b.has("CANCEL"));
  rig.pass(milliseconds(200));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].status, 487);
  EXPECT_EQ(rig.records[0].cause, EndCause::NoAnswer);
  EXPECT_EQ(rig.records[0].by, EndedBy::Border);
  end_well(rig);
}

TEST(Expiry, TheCalleeIsToldWhatIsLeft) {
  Rig rig;
  rig.slow_policy = true;
  rig.advisor.asks = 1;
  rig.a.invite(offer(rig, kTenSeconds));
  rig.pass(milliseconds(1500));
  rig.release_answers();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->find(sip::HeaderId::Expires), "9");
  rig.b.answer(486);
  end_well(rig);
}

TEST(Expiry, TheNextTargetIsToldLessAndNoneIsTriedAfterIt) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.ring_timeout_s = 6;
  rig.a.invite(offer(rig, kTenSeconds));
  rig.b.answer(180);
  rig.pass(seconds(7));
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->find(sip::HeaderId::Expires), "4");
  rig.c.answer(180);
  rig.pass(seconds(4));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.c.has("CANCEL"));
  EXPECT_TRUE(rig.advisor.failures.size() == 1) << "the policy is not asked where else to go";
  end_well(rig);
}

TEST(Expiry, WithoutItNothingIsSaidAndTheCallRingsOn) {
  for (const char* headers : {"", "Expires: soon\r\n"}) {
    Rig rig;
    rig.a.invite(offer(rig, headers));
    EXPECT_FALSE(rig.b.take("INVITE")->find(sip::HeaderId::Expires));
    rig.b.answer(180);
    rig.pass(minutes(2));
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    EXPECT_TRUE(rig.a.has("200 INVITE"));
    rig.a.ack();
    rig.a.bye();
    end_well(rig);
  }
}

TEST(Expiry, SaysNothingOfTheSessionItself) {  // 20.19
  Rig rig;
  rig.a.invite(offer(rig, kTenSeconds));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.pass(minutes(1));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Expiry, WhatWasAcceptedInTimeIsAnswered) {
  Rig rig;
  rig.a.invite(offer(rig, kTenSeconds + kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(1));
  const auto progress = rig.a.take("183");
  rig.b.answer(200);  // the caller's PRACK is still to come
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.pass(seconds(11));
  EXPECT_FALSE(rig.a.has("487 INVITE"));
  rig.a.request("PRACK", {}, rack(*progress));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(Expiry, OfNothingAtAllReachesNobody) {
  Rig rig;
  rig.a.invite(offer(rig, "Expires: 0\r\n"));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.records.size(), 1U);
  end_well(rig);
}

TEST(Expiry, WhileThePolicyOrTheResolverOrTheRelayIsWaitedForEndsTheCallAsWell) {
  for (const int who : {0, 1}) {
    Rig rig;
    if (who == 0) {
      rig.slow_policy = true;
      rig.advisor.asks = 1;
    } else {
      rig.relay.mood = FakeRelay::Mood::Slow;
    }
    rig.a.invite(offer(rig, "Expires: 1\r\n"));
    rig.pass(milliseconds(1100));
    EXPECT_TRUE(rig.a.has("487 INVITE")) << who;
    EXPECT_FALSE(rig.b.has("INVITE"));
    rig.release_answers();
    rig.relay.mood = FakeRelay::Mood::Willing;
    rig.release_relay();
    end_well(rig);
  }
}

// 14.2: a re-INVITE is an INVITE.
TEST(Expiry, OfAReInviteGets487AndTheOtherPartyACancel) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), kTenSeconds);
  ASSERT_EQ(rig.b.pending_invites(), 1U);
  rig.b.answer(180);
  rig.pass(seconds(11));
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_EQ(rig.calls.connected(), 1U) << "the call goes on as it was";
  rig.a.bye();
  end_well(rig);
}

TEST(Expiry, OfAReInviteThatWasAnsweredIsOver) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), kTenSeconds);
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.pass(seconds(11));  // the ACK is late
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.counters().bugs, 0U);
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
