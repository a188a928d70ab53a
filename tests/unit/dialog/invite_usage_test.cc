// RFC 3261 13.3.1.4, 13.2.2.4, 14.1, 14.2: the 2xx and its ACK, and INVITEs that collide.

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "sbc/dialog/accepted_invite.h"
#include "sbc/dialog/ack_store.h"
#include "sbc/dialog/invite_gate.h"
#include "sbc/dialog/limits.h"

namespace sbc::dialog {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;
using Step = AcceptedInvite::Step;

constexpr Instant kStart{base::hours(1)};

TEST(AcceptedInviteTest, RepeatsFromT1ToT2AndGivesUpAfter64T1) {
  AcceptedInvite accepted(7);
  accepted.start(kStart);
  std::vector<int> resends;
  Step last = Step::Idle;
  Instant now = kStart;
  while (accepted.next_deadline() != base::kNever) {
    now = accepted.next_deadline();
    last = accepted.on_deadline(now);
    if (last == Step::Resend) resends.push_back(static_cast<int>((now - kStart) / milliseconds(1)));
  }
  EXPECT_EQ(resends, (std::vector<int>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(last, Step::GiveUp);
  EXPECT_EQ(now - kStart, seconds(32));
  EXPECT_EQ(accepted.on_deadline(now + seconds(1)), Step::Idle) << "once";
}

TEST(AcceptedInviteTest, AckOfThatInviteEndsIt) {
  AcceptedInvite accepted(7);
  accepted.start(kStart);
  EXPECT_FALSE(accepted.on_ack(6));
  EXPECT_TRUE(accepted.waiting());
  EXPECT_TRUE(accepted.on_ack(7));
  EXPECT_FALSE(accepted.on_ack(7)) << "repeated";
  EXPECT_EQ(accepted.next_deadline(), base::kNever);
  EXPECT_EQ(accepted.on_deadline(kStart + seconds(60)), Step::Idle);
}

TEST(AcceptedInviteTest, IdleUntilStartedAndWhenStopped) {
  AcceptedInvite accepted(1);
  EXPECT_EQ(accepted.next_deadline(), base::kNever);
  accepted.start(kStart);
  EXPECT_EQ(accepted.on_deadline(kStart + milliseconds(499)), Step::Idle);
  accepted.stop();
  EXPECT_EQ(accepted.on_deadline(kStart + seconds(1)), Step::Idle);
}

TEST(AckStoreTest, EachForkHasItsOwnAck) {
  AckStore store;
  store.remember("a", 1, {}, base::share("ACK a"), kStart);
  store.remember("b", 1, {}, base::share("ACK b"), kStart);
  store.remember("a", 2, {}, base::share("ACK a2"), kStart);
  EXPECT_EQ(*store.find("a", 1, kStart)->bytes, "ACK a");
  EXPECT_EQ(*store.find("b", 1, kStart)->bytes, "ACK b");
  EXPECT_EQ(*store.find("a", 2, kStart)->bytes, "ACK a2");
  EXPECT_EQ(store.find("c", 1, kStart), nullptr);
  store.remember("a", 1, {}, base::share("ACK new"), kStart);
  EXPECT_EQ(*store.find("a", 1, kStart)->bytes, "ACK new");
  EXPECT_EQ(store.size(), 3U);
}

TEST(AckStoreTest, LastsAsLongAsThe2xxMayBeRepeated) {
  AckStore store(seconds(32));
  store.remember("a", 1, {}, base::share("ACK"), kStart);
  EXPECT_NE(store.find("a", 1, kStart + milliseconds(31'999)), nullptr);
  EXPECT_EQ(store.find("a", 1, kStart + seconds(32)), nullptr);
  EXPECT_EQ(store.size(), 0U);
}

TEST(AckStoreTest, AtTheLimitAndOnePast) {
  AckStore store;
  for (std::size_t i = 0; i < kMaxStoredAcks; ++i)
    EXPECT_TRUE(store.remember(std::to_string(i), 1, {}, base::share("ACK"), kStart));
  EXPECT_NE(store.find("0", 1, kStart), nullptr);
  EXPECT_FALSE(store.remember("more", 1, {}, base::share("ACK"), kStart)) << "and it is said";
  EXPECT_EQ(store.size(), kMaxStoredAcks);
  EXPECT_EQ(store.find("0", 1, kStart), nullptr) << "the oldest went";
  EXPECT_NE(store.find("more", 1, kStart), nullptr);
}

TEST(InviteGateTest, TheirsWhileOursIsPendingIs491) {
  InviteGate gate;
  EXPECT_TRUE(gate.try_local_invite());
  EXPECT_FALSE(gate.try_local_invite());
  EXPECT_EQ(gate.on_remote_invite(), InviteGate::Verdict::RequestPending);
  gate.local_done();
  EXPECT_EQ(gate.on_remote_invite(), InviteGate::Verdict::Accept);
}

TEST(InviteGateTest, TheirSecondBeforeTheFirstIsAnsweredIs500) {
  InviteGate gate;
  EXPECT_EQ(gate.on_remote_invite(), InviteGate::Verdict::Accept);
  EXPECT_EQ(gate.on_remote_invite(), InviteGate::Verdict::TooEarly);
  gate.remote_answered();
  EXPECT_EQ(gate.on_remote_invite(), InviteGate::Verdict::Accept) << "a final response was sent: no 500";
}

TEST(InviteGateTest, OursWaitsUntilTheirsIsConfirmed) {
  InviteGate gate;
  gate.remote_answered();
  EXPECT_TRUE(gate.try_local_invite()) << "nothing was pending";
  gate.local_done();
  gate.on_remote_invite();
  EXPECT_FALSE(gate.try_local_invite());
  gate.remote_answered();
  EXPECT_FALSE(gate.remote_pending());
  EXPECT_FALSE(gate.try_local_invite()) << "14.1: not before the ACK";
  gate.remote_done();
  EXPECT_TRUE(gate.try_local_invite());
}

TEST(GlareTest, OwnerOfTheCallIdWaitsLonger) {
  base::SeededRandom random(3);
  std::set<base::Duration> owner;
  std::set<base::Duration> other;
  for (int i = 0; i < 20'000; ++i) {
    owner.insert(glare_wait(true, random));
    other.insert(glare_wait(false, random));
  }
  EXPECT_EQ(*owner.begin(), milliseconds(2100));
  EXPECT_EQ(*owner.rbegin(), milliseconds(4000));
  EXPECT_EQ(*other.begin(), milliseconds(0));
  EXPECT_EQ(*other.rbegin(), milliseconds(2000));
  for (const auto& all : {owner, other})
    for (const base::Duration wait : all) EXPECT_EQ(wait % milliseconds(10), base::Duration{});
}

TEST(GlareTest, RetryAfterIsBetween0And10Seconds) {
  base::SeededRandom random(4);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(retry_after_seconds(random));
  EXPECT_EQ(seen.size(), 11U);
  EXPECT_EQ(*seen.rbegin(), 10U);
}

}  // namespace
}  // namespace sbc::dialog
