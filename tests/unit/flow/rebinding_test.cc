// Trap 52: a NAT moves its phone in the middle of a call, and nobody signals (RFC 7362 section 5 on who must not).

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

const base::Endpoint kNat = endpoint("198.51.100.99:31000");
const base::Endpoint kNatMoved = endpoint("198.51.100.99:40404");
const base::Endpoint kNatAgain = endpoint("198.51.100.99:50505");

// In a call that has lasted for a while.
class Rebinding : public testing::Test {
 protected:
  Rebinding() : rig(spec()) {
    rig.rtp(Side::A, kNat);
    EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
    EXPECT_EQ(rig.rtcp(Side::A, endpoint("198.51.100.99:31044")).dropped, std::nullopt);
    rig.pass(seconds(60));
    EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
  }
  static Spec spec() {
    Spec spec = learning_spec();
    spec.a.latch_from = {*base::Prefix::parse("198.51.100.99")};
    return spec;
  }
  std::vector<std::optional<Drop>> burst(const base::Endpoint& from, std::uint32_t ssrc = 7) {
    return {rig.rtp(Side::A, from, ssrc).dropped, rig.rtp(Side::A, from, ssrc).dropped,
            rig.rtp(Side::A, from, ssrc).dropped};
  }
  const std::vector<std::optional<Drop>> kFollowed{Drop::Probation, Drop::Probation, std::nullopt};
  const std::vector<std::optional<Drop>> kRefused{3, Drop::WrongSource};
  Rig rig;
};

// trap 52: the stream goes on from another port, and is followed there.
TEST_F(Rebinding, AStreamThatGoesOnElsewhereIsFollowed) {
  rig.pass(kRelearnSilence);
  EXPECT_EQ(burst(kNatMoved), kFollowed);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNatMoved);
  EXPECT_EQ(rig.told<Latched>().back(), (Latched{Side::A, Component::Rtp, kNatMoved, true}));
}

TEST_F(Rebinding, AfterLostPacketsAsWell) {
  rig.pass(seconds(20));
  rig.sequence = static_cast<std::uint16_t>(rig.sequence + 1000);
  EXPECT_EQ(burst(kNatMoved), kFollowed);
}

// trap 50: nobody who only knows addresses and ports gets the call in this way.
TEST_F(Rebinding, AnotherStreamIsNot) {
  rig.pass(seconds(2));
  EXPECT_EQ(burst(kNatMoved, 8), kRefused);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
}

TEST_F(Rebinding, NorOneFromFarAwayInItsNumbers) {
  rig.pass(seconds(2));
  rig.sequence = static_cast<std::uint16_t>(rig.sequence + kMaxReboundGap);
  EXPECT_EQ(burst(kNatMoved), kRefused);
  rig.sequence = static_cast<std::uint16_t>(rig.sequence - kMaxReboundGap - 100);
  EXPECT_EQ(burst(kNatMoved), kRefused);
}

TEST_F(Rebinding, NorFromWhereNobodyMayBeLearned) {
  rig.pass(seconds(2));
  EXPECT_EQ(burst(endpoint("198.51.100.98:31000")), kRefused);
}

TEST_F(Rebinding, NorWhileTheOneThatIsHeardSpeaks) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
    EXPECT_EQ(rig.rtp(Side::A, kNatMoved).dropped, Drop::WrongSource);
    rig.pass(milliseconds(20));
  }
}

// trap 52: two paths that take turns are no NAT, and do not toss the call to and fro.
TEST_F(Rebinding, TwoThatTakeTurnsDoNotFlap) {
  rig.pass(kRelearnSilence);
  EXPECT_EQ(burst(kNatMoved), kFollowed);
  rig.pass(kRelearnSilence);
  EXPECT_EQ(burst(kNatAgain), kRefused);
  EXPECT_EQ(rig.rtp(Side::A, kNatMoved).dropped, std::nullopt);
  rig.pass(kReboundPause);
  EXPECT_EQ(burst(kNatAgain), kFollowed);
}

// RTCP has a binding of its own, which has moved as well.
TEST_F(Rebinding, RtcpIsLearnedAnew) {
  rig.pass(kRelearnSilence);
  EXPECT_EQ(burst(kNatMoved), kFollowed);
  const base::Endpoint moved = endpoint("198.51.100.99:40444");
  EXPECT_EQ(rig.rtcp(Side::A, moved).dropped, std::nullopt);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).to, moved);
}

TEST_F(Rebinding, IsNoMatterForWhoIsWhereItSays) {
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  rig.pass(seconds(6));
  EXPECT_EQ(burst(endpoint("198.51.100.10:4002")), kRefused);
}

// trap 51: both sides wait for the other one's first packet.
class Piercing : public testing::Test {
 protected:
  // Empty datagrams and where they went, within the time.
  std::vector<base::Endpoint> sent(base::Duration within) {
    std::vector<base::Endpoint> out;
    const base::Instant end = rig.now + within;
    while (rig.flow.next_deadline() <= end) {
      rig.now = rig.flow.next_deadline();
      rig.flow.on_deadline(rig.now, rig.events);
      for (const auto& datagram : rig.flow.attend(rig.events)) {
        EXPECT_TRUE(datagram.bytes.empty());
        EXPECT_EQ(datagram.port.value, Rig::kPortNumbers[0][0]);
        out.push_back(datagram.destination);
      }
    }
    rig.now = end;
    return out;
  }
  Rig rig{learning_spec()};
};

// trap 51: the border begins, toward the address that was signalled, and stops when it is heard.
TEST_F(Piercing, ThePeerIsSentEmptyDatagramsUntilItIsHeard) {
  EXPECT_EQ(sent(milliseconds(600)), (std::vector<base::Endpoint>(3, kPhoneA)));
  rig.rtp(Side::A, kPhoneA);
  EXPECT_EQ(sent(seconds(10)), std::vector<base::Endpoint>{});
}

TEST_F(Piercing, AFewTimesOnlyAndThenNowAndThen) {
  EXPECT_EQ(sent(kPierceInterval * kMaxPierces).size(), kMaxPierces);
  EXPECT_EQ(sent(seconds(60)).size(), 4u);
}

// trap 32: a held phone gets no media, and its NAT would forget it (RFC 6263).
// trap 51.
TEST_F(Piercing, WhoIsSentNothingKeepsItsBinding) {
  rig.rtp(Side::A, kNat);
  rig.rtp(Side::A, kNat);
  EXPECT_EQ(rig.flow.attend(rig.events).size(), 1U) << "the one that was held back, to the other side";
  EXPECT_EQ(sent(seconds(61)), (std::vector<base::Endpoint>(4, kNat)));
}

TEST_F(Piercing, WhoIsSentMediaNeedsNoMore) {
  rig.rtp(Side::A, kPhoneA);
  for (int i = 0; i < 60; ++i) {
    rig.rtp(Side::B, kPhoneB);
    EXPECT_TRUE(sent(seconds(1)).empty());
  }
}

TEST_F(Piercing, NobodyIsSentAnythingWhoMayNotBeLearned) {
  Spec spec = learning_spec();
  spec.a.latch_from = {*base::Prefix::parse("198.51.100.99")};
  rig.flow.replace(spec, rig.now);
  EXPECT_TRUE(sent(seconds(60)).empty());
}

TEST_F(Piercing, NorWhoIsWhereItSays) {
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_TRUE(sent(seconds(60)).empty());
}

TEST_F(Piercing, ANewAddressIsPiercedAnew) {
  sent(seconds(30));
  Spec moved = learning_spec();
  moved.a.remote_rtp = endpoint("198.51.100.11:4000");
  rig.flow.replace(moved, rig.now);
  EXPECT_EQ(sent(milliseconds(300)), (std::vector<base::Endpoint>(2, endpoint("198.51.100.11:4000"))));
}

}  // namespace
}  // namespace flow
