// Who is learned, when, and who is not (RFC 7362 section 5, RFC 4961).

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

// The phone behind its NAT: from where its packets really come.
const base::Endpoint kNat = endpoint("198.51.100.99:31000");
const base::Endpoint kNatRtcp = endpoint("198.51.100.99:31044");
const base::Endpoint kNatMoved = endpoint("198.51.100.99:40404");

void latch(Rig& rig, const base::Endpoint& source = kNat, std::uint32_t ssrc = 7) {
  EXPECT_EQ(rig.rtp(Side::A, source, ssrc).dropped, Drop::Probation);
  EXPECT_EQ(rig.rtp(Side::A, source, ssrc).dropped, std::nullopt);
}

TEST(Latch, LearnsASourceFromTwoPacketsInSequence) {
  Rig rig(learning_spec());
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA);  // until then: the signalled address
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, Drop::Probation);
  EXPECT_TRUE(rig.told<Latched>().empty());
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
  EXPECT_EQ(rig.told<Latched>(), (std::vector<Latched>{{Side::A, Component::Rtp, kNat}}));
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, kNat);
}

TEST(Latch, NeedsNoProofFromTheSignalledSource) {
  Rig rig(learning_spec());
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  EXPECT_EQ(rig.told<Latched>(), (std::vector<Latched>{{Side::A, Component::Rtp, kPhoneA}}));
}

// trap 55: a peer that sends from elsewhere than it listens.
TEST(Latch, HearsOnePlaceAndSendsToAnother) {
  Spec spec = learning_spec();
  spec.a.latch = LatchMode::Hear;
  spec.a.latch_from = {base::Prefix::parse("198.51.100.99/32").value()};
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::NotAllowed);
  latch(rig);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA) << "not to where it speaks";
  EXPECT_EQ(rig.rtcp(Side::A, kNatRtcp).dropped, std::nullopt);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).to, kPhoneARtcp);
  Spec moved = spec;
  moved.a.remote_rtp = endpoint("198.51.100.12:4000");
  rig.flow.replace(moved, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, moved.a.remote_rtp);
}

TEST(Latch, BlindPacketsLearnNothing) {  // trap 50: a stranger's packets.
  Rig rig(learning_spec());
  for (std::uint32_t i = 0; i < 50; ++i) {  // another SSRC each time, or far apart in sequence
    EXPECT_EQ(rig.rtp(Side::A, kStranger, 1000 + i).dropped, Drop::Probation);
    rig.sequence += 50;
    EXPECT_EQ(rig.rtp(Side::A, kStranger, 1).dropped, Drop::Probation);
  }
  EXPECT_TRUE(rig.events.empty());
}

TEST(Latch, NeverFlaps) {  // trap 50: a stranger's packets.
  Rig rig(learning_spec());
  latch(rig);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kStranger, 8).dropped, Drop::WrongSource);
    EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 7).dropped, Drop::WrongSource);
    EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
    rig.pass(milliseconds(200));  // out of the window
  }
  rig.pass(seconds(2));  // into silence: whoever does not know the stream gains nothing by it
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rig.rtp(Side::A, kStranger, 8).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
  EXPECT_EQ(rig.told<Latched>().size(), 1u);
  EXPECT_EQ(rig.drops(Side::A, Drop::WrongSource), 300u);
}

TEST(Latch, LearnsInsideTheWindowOnly) {
  Spec spec = learning_spec();
  Rig inside(spec);
  inside.pass(spec.latch_window - base::Duration(1));
  latch(inside);
  Rig outside(spec);
  outside.pass(spec.latch_window);
  EXPECT_EQ(outside.rtp(Side::A, kNat).dropped, Drop::WindowClosed);
  EXPECT_EQ(outside.rtp(Side::A, kNat).dropped, Drop::WindowClosed);
  EXPECT_EQ(outside.rtp(Side::A, kPhoneA).dropped, std::nullopt);  // the signalled source is known, not learned
}

TEST(Latch, SignallingReopensTheWindow) {
  Rig rig(learning_spec());
  rig.pass(seconds(60));
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, Drop::WindowClosed);
  rig.flow.replace(learning_spec(), rig.now);
  latch(rig);
}

// trap 55.
TEST(Latch, LearnsFromAllowedAddressesOnly) {
  Spec spec = learning_spec();
  spec.a.latch_from = {*base::Prefix::parse("203.0.113.0/24"), *base::Prefix::parse("198.51.100.99")};
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::NotAllowed);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::NotAllowed);
  latch(rig);
}

// A phone behind a NAT signals its inside address: nothing may be sent there, it is somebody else's on this side.
TEST(Latch, DoesNotSendToASignalledAddressThatMayNotBeLearned) {
  Spec spec = learning_spec();
  spec.a.remote_rtp = endpoint("192.168.1.20:4000");
  spec.a.latch_from = {*base::Prefix::parse("198.51.100.99")};
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).dropped, Drop::NoDestination);
  latch(rig);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
}

TEST(Latch, StrangersDoNotKeepTheTrueSourceOut) {
  Rig rig(learning_spec());
  std::uint16_t own = 1;
  for (int i = 0; i < 2; ++i) {
    for (std::uint16_t s = 0; s < kLatchCandidates - 1; ++s) {
      rig.sequence = static_cast<std::uint16_t>(rig.sequence + 1000);
      rig.rtp(Side::A, endpoint(("192.0.2.66:" + std::to_string(1000 + s)).c_str()), 5);
    }
    rig.sequence = own++;
    const auto r = rig.rtp(Side::A, kNat);
    EXPECT_EQ(r.dropped, i == 0 ? std::optional(Drop::Probation) : std::nullopt);
  }
}

// The signalled address outranks a stranger who was faster, while the window lasts.
TEST(Latch, TheSignalledSourceDisplacesAFasterStranger) {
  Rig rig(learning_spec());
  latch(rig, kStranger, 1);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, 2).dropped, std::nullopt);
  EXPECT_EQ(rig.rtp(Side::A, kStranger, 1).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA);

  Rig late(learning_spec());
  latch(late, kStranger, 1);
  late.pass(kDefaultLatchWindow);
  EXPECT_EQ(late.rtp(Side::A, kPhoneA, 2).dropped, Drop::WrongSource);
}

// A re-INVITE opens the window again, but is no chance to steal a call that is being heard.
TEST(Latch, AReopenedWindowDoesNotGiveALiveCallAway) {
  Rig rig(learning_spec());
  latch(rig);
  rig.flow.replace(learning_spec(), rig.now);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kNat, 7).dropped, std::nullopt);
    EXPECT_EQ(rig.rtp(Side::A, kStranger, 8).dropped, Drop::WrongSource);
    rig.pass(milliseconds(20));
  }
}

// Mid-call the phone's NAT gives it another port: the SSRC goes on (trap of Wi-Fi to mobile).
TEST(Latch, AReopenedWindowFollowsTheSameSourceElsewhere) {
  Rig rig(learning_spec());
  latch(rig);
  rig.flow.replace(learning_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 7).dropped, Drop::Probation);
  EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 7).dropped, std::nullopt);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNatMoved);
  EXPECT_EQ(rig.rtp(Side::A, kNat, 7).dropped, Drop::WrongSource);  // and not back again
}

TEST(Latch, AReopenedWindowReplacesASilentSource) {
  Rig rig(learning_spec());
  latch(rig);
  rig.flow.replace(learning_spec(), rig.now);
  rig.pass(kRelearnSilence - base::Duration(1));
  EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 8).dropped, Drop::WrongSource);
  rig.pass(base::Duration(1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 8).dropped, i < 2 ? std::optional(Drop::Probation) : std::nullopt);
    rig.pass(milliseconds(20));
  }
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt) << "it was silent only, and goes on";
  EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 8).dropped, Drop::WrongSource);
}

// On hold it is to be silent, which is nobody's chance.
TEST(Latch, AHoldMovesNobody) {
  Rig rig(learning_spec());
  latch(rig);
  Spec held = learning_spec();
  held.a.receive = false;
  rig.flow.replace(held, rig.now);
  for (int i = 0; i < 100; ++i) {
    rig.pass(milliseconds(20));
    EXPECT_EQ(rig.rtp(Side::A, kNatMoved, 8).dropped, Drop::WrongSource);
  }
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
}

// trap 50: who was there before the peer had been described gives way.
TEST(Latch, WhoWasThereBeforeTheAnswerGivesWay) {
  Spec ringing = learning_spec();
  ringing.a.remote_rtp.reset();
  Rig rig(ringing);
  latch(rig, kStranger, 66);
  rig.pass(seconds(3));
  rig.flow.replace(learning_spec(), rig.now);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kStranger, 66).dropped, std::nullopt);
    rig.sequence = static_cast<std::uint16_t>(1000 + i);
    EXPECT_EQ(rig.rtp(Side::A, kNat, 7).dropped, i < 2 ? std::optional(Drop::Probation) : std::nullopt);
    rig.pass(milliseconds(20));
  }
  EXPECT_EQ(rig.rtp(Side::A, kStranger, 66).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
}

// A private address that was signalled and may not be learned is nobody's to speak from.
TEST(Latch, ASignalledAddressThatMayNotBeLearnedDisplacesNobody) {
  Spec spec = learning_spec();
  spec.a.latch_from = {base::Prefix::parse("198.51.100.99").value()};
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, 66).dropped, std::nullopt) << "while nobody else is there";
  latch(rig);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, 66).dropped, Drop::WrongSource);
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, 66).dropped, Drop::NotAllowed);
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
}

TEST(Latch, ForgetsWhenTheRemoteMoves) {
  Rig rig(learning_spec());
  latch(rig);
  Spec moved = learning_spec();
  moved.a.remote_rtp = endpoint("198.51.100.11:4000");
  rig.flow.replace(moved, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, endpoint("198.51.100.11:4000"));
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, std::nullopt);
  latch(rig, kNatMoved, 9);
}

TEST(Latch, AHoldSendsNothingAndForgetsNothing) {
  Rig rig(learning_spec());
  latch(rig);
  Spec held = learning_spec();
  held.a.remote_rtp = endpoint("0.0.0.0:4000");
  rig.flow.replace(held, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination);
  rig.pass(seconds(60));
  rig.flow.replace(learning_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
}

TEST(Latch, LearningEndsWhenSignallingSaysStrict) {
  Rig rig(learning_spec());
  latch(rig);
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA);
}

TEST(Latch, RtcpFollowsTheAddressThatRtpWasLearnedFrom) {
  Rig rig(learning_spec());
  latch(rig);
  // The signalled RTCP address is as wrong as the signalled RTP address was.
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).dropped, Drop::NoDestination);
  EXPECT_EQ(rig.rtcp(Side::A, kStranger).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtcp(Side::A, kNatRtcp).dropped, std::nullopt);
  EXPECT_EQ(rig.told<Latched>().back(), (Latched{Side::A, Component::Rtcp, kNatRtcp}));
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).to, kNatRtcp);
  EXPECT_EQ(rig.rtcp(Side::A, endpoint("198.51.100.99:31046")).dropped, Drop::WrongSource);
}

// RFC 3550 6.2: the first report comes seconds after the first packet.
TEST(Latch, TheWindowForRtcpCountsFromTheLearningOfRtp) {
  Rig rig(learning_spec());
  rig.pass(kDefaultLatchWindow - milliseconds(20));
  latch(rig);
  rig.pass(kDefaultLatchWindow - base::Duration(1));
  EXPECT_EQ(rig.rtcp(Side::A, kNatRtcp).dropped, std::nullopt);

  Rig late(learning_spec());
  latch(late);
  late.pass(kDefaultLatchWindow);
  EXPECT_EQ(late.rtcp(Side::A, kNatRtcp).dropped, Drop::WindowClosed);
}

TEST(Latch, RtcpLearnedBeforeRtpYieldsToIt) {
  Rig rig(learning_spec());
  EXPECT_EQ(rig.rtcp(Side::A, kStranger).dropped, Drop::Probation);
  EXPECT_EQ(rig.rtcp(Side::A, kStranger).dropped, std::nullopt);
  latch(rig);
  EXPECT_EQ(rig.rtcp(Side::A, kStranger).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtcp(Side::A, kNatRtcp).dropped, std::nullopt);
}

TEST(Latch, MultiplexedRtcpGoesWhereRtpGoes) {
  Spec spec = learning_spec();
  spec.a.rtcp_mux = true;
  Rig rig(spec);
  latch(rig);
  EXPECT_EQ(rig.rtcp(Side::A, kNat, Component::Rtp).dropped, std::nullopt);
  EXPECT_EQ(rig.rtcp(Side::A, kStranger, Component::Rtp).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).to, kNat);
}

TEST(Latch, ASourceThatMayChangeItsSsrcKeepsItsLatch) {
  Rig rig(learning_spec());
  latch(rig);
  EXPECT_EQ(rig.rtp(Side::A, kNat, 99).dropped, std::nullopt);
  EXPECT_EQ(rig.flow.stats(rig.now).a().ssrc_changes, 1u);
}

// Learned while the remote was not yet known (early media before the answer): the answer confirms, it does not disturb.
TEST(Latch, AnAnswerThatComesAfterTheMediaKeepsWhatWasLearned) {
  Spec spec = learning_spec();
  spec.a.remote_rtp.reset();
  Rig rig(spec);
  latch(rig);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
  rig.flow.replace(learning_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
}

}  // namespace
}  // namespace flow
