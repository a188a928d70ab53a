// Fax (T.38 over UDPTL) through a flow: whole packets only, from the right source only, and nothing of RTP.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

const base::Endpoint kNat = endpoint("198.51.100.99:31000");
const base::Endpoint kNatFax = endpoint("198.51.100.99:32000");

Spec fax(Spec spec) {
  spec.transport = Transport::Udptl;
  return spec;
}

// One octet of IFP, no earlier packets.
std::string udptl(std::uint16_t sequence) {
  return {static_cast<char>(sequence >> 8), static_cast<char>(sequence & 0xff), '\x01', '\x02', '\0', '\0'};
}

TEST(Udptl, PacketsPassBothWaysUnaltered) {
  Rig rig(fax(strict_spec()));
  const auto there = rig.send(Side::A, Component::Rtp, kPhoneA, udptl(0));
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.to, kPhoneB);
  EXPECT_EQ(there.bytes, udptl(0));
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, udptl(0x8000)).to, kPhoneA) << "version bits of RTP say nothing";
  EXPECT_EQ(rig.told<FirstPacket>().size(), 2u);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_in, 1u);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_out, 1u);
}

TEST(Udptl, WhatIsNoWholePacketIsDroppedAndLearnsNothing) {
  Rig rig(fax(learning_spec()));
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::MalformedUdptl);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA, Component::Rtp).dropped, Drop::MalformedUdptl);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneARtcp).dropped, Drop::WrongPort);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, udptl(1) + "x").dropped, Drop::MalformedUdptl);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, "").dropped, Drop::Empty);
  EXPECT_TRUE(rig.events.empty());
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_in, 0u);
  EXPECT_EQ(rig.drops(Side::A, Drop::MalformedUdptl), 3u);
}

TEST(Udptl, AStrangerIsNotHeard) {
  Rig rig(fax(strict_spec()));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, udptl(1)).dropped, Drop::WrongSource);
}

// trap 38: a source without SSRC is learned by packets in sequence.
TEST(Udptl, ASourceIsLearnedFromTwoPacketsInSequence) {
  Rig rig(fax(learning_spec()));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNatFax, udptl(0)).dropped, Drop::Probation);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNatFax, udptl(1)).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, udptl(0)).to, kNatFax);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, udptl(2)).dropped, Drop::WrongSource);
}

// trap 38: after the re-INVITE to fax the phone is where its audio was learned from, whatever port it uses now.
TEST(Udptl, AfterAudioOnlyTheHostThatWasLearnedIsHeard) {
  Rig rig(learning_spec());
  rig.rtp(Side::A, kNat);
  ASSERT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
  Spec spec = fax(learning_spec());
  spec.a.remote_rtp = endpoint("198.51.100.10:4100");  // a new port of its own
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, udptl(0)).dropped, Drop::NotAllowed);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, udptl(1)).dropped, Drop::NotAllowed);
  rig.send(Side::A, Component::Rtp, kNatFax, udptl(0));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNatFax, udptl(1)).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, udptl(0)).to, kNatFax);
}

TEST(Udptl, InAReopenedWindowASequenceNumberIsNoProof) {
  Rig rig(learning_spec());
  rig.rtp(Side::A, kNat);
  ASSERT_EQ(rig.rtp(Side::A, kNat).dropped, std::nullopt);
  rig.flow.replace(fax(learning_spec()), rig.now);  // the port is kept
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, udptl(0)).dropped, std::nullopt);
  rig.pass(milliseconds(200));
  for (std::uint16_t n = 1; n < 8; ++n)
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNatFax, udptl(n)).dropped, Drop::WrongSource);
  rig.pass(seconds(2));  // fax is often silent for that long
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, udptl(8)).dropped, Drop::NotAllowed);
}

// Whether a packet of A's, from the right address, passes.
bool passes(Rig& rig, std::uint16_t number, base::Duration after = milliseconds(20)) {
  rig.pass(after);
  const auto dropped = rig.send(Side::A, Component::Rtp, kPhoneA, udptl(number)).dropped;
  EXPECT_TRUE(!dropped || dropped == Drop::WrongStream);
  return !dropped;
}

// trap 38: a forged address is not enough, its numbers are not those of the machine that speaks.
TEST(Udptl, NumbersThatAreFarAwayAreNobodys) {
  Rig rig(fax(strict_spec()));
  for (std::uint16_t n = 0; n < 200; ++n) {
    EXPECT_TRUE(passes(rig, static_cast<std::uint16_t>(65'500 + n)));
    EXPECT_FALSE(passes(rig, static_cast<std::uint16_t>(30'000 + n), milliseconds(1)));
  }
  EXPECT_EQ(rig.drops(Side::A, Drop::WrongStream), 200U);
  rig.flow.replace(fax(strict_spec()), rig.now);
  EXPECT_FALSE(passes(rig, 30'200)) << "signalling is no chance either";
  EXPECT_FALSE(passes(rig, 30'201));
  EXPECT_TRUE(passes(rig, 165));
}

TEST(Udptl, LostAndLatePacketsAreTheMachinesOwn) {
  Rig rig(fax(strict_spec()));
  for (const unsigned n : {7U, 9U, 8U, 8U, 20U, 36U}) EXPECT_TRUE(passes(rig, static_cast<std::uint16_t>(n))) << n;
}

TEST(Udptl, AMachineThatBeginsAnewIsHeardAfterItsPause) {
  Rig rig(fax(strict_spec()));
  EXPECT_TRUE(passes(rig, 500));
  EXPECT_FALSE(passes(rig, 0, kFaxSilence));
  EXPECT_FALSE(passes(rig, 1));
  EXPECT_TRUE(passes(rig, 2));
  EXPECT_TRUE(passes(rig, 3));
  EXPECT_TRUE(passes(rig, 501)) << "who was heard before comes back at once";
  EXPECT_FALSE(passes(rig, 4));
}

// trap 38: a forger who sends all numbers in turn passes by: the machine is heard, before, meanwhile and afterwards.
TEST(Udptl, ASweepOverAllNumbersDoesNotTakeThePlaceAlong) {
  for (const int step : {1, -1, 5, 16}) {
    SCOPED_TRACE(step);
    Rig rig(fax(strict_spec()));
    std::uint16_t own = 1000;
    std::uint16_t forged = static_cast<std::uint16_t>(own - 300 * step);
    unsigned passed = 0;
    for (int i = 0; i < 600; ++i) {
      EXPECT_TRUE(passes(rig, ++own)) << i;
      for (int n = 0; n < 120; ++n) {  // six thousand a second
        forged = static_cast<std::uint16_t>(forged + step);
        passed += passes(rig, forged, {}) ? 1 : 0;
      }
    }
    // 72,000 packets: each time around no more than a few are near.
    EXPECT_LE(passed, step == 1 || step == -1 ? 50U : 25U * 16U);
  }
}

// trap 38
TEST(Udptl, AForgerWhoJumpsInAPauseDoesNotKeepTheMachineOut) {
  Rig rig(fax(strict_spec()));
  EXPECT_TRUE(passes(rig, 500));
  for (std::uint16_t i = 0; i < 5; ++i) passes(rig, static_cast<std::uint16_t>(30000 + i), seconds(2));
  for (std::uint16_t i = 0; i < 50; ++i) {
    EXPECT_TRUE(passes(rig, static_cast<std::uint16_t>(501 + i)));
    EXPECT_FALSE(passes(rig, static_cast<std::uint16_t>(30005 + i), milliseconds(1)));
  }
}

// What audio came between two faxes says nothing of their numbers.
TEST(Udptl, AnotherFaxAfterAudioBeginsAtOnce) {
  Rig rig(fax(strict_spec()));
  EXPECT_TRUE(passes(rig, 500));
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  rig.flow.replace(fax(strict_spec()), rig.now);
  EXPECT_TRUE(passes(rig, 0));
}

TEST(Udptl, AudioComesBack) {
  Rig rig(strict_spec());
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  rig.flow.replace(fax(strict_spec()), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::MalformedUdptl);
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).to, kPhoneB);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, udptl(3)).dropped, Drop::Stun);
}

TEST(Udptl, ASideThatOnlyReceivesIsNoFault) {
  Spec spec = fax(strict_spec());
  spec.one_sided_timeout = seconds(5);
  spec.media_timeout = seconds(30);
  Rig rig(spec);
  for (std::uint16_t n = 0; n < 60; ++n) {
    rig.send(Side::A, Component::Rtp, kPhoneA, udptl(n));
    rig.pass_with_deadlines(seconds(1));
  }
  EXPECT_TRUE(rig.told<OneSided>().empty());
  EXPECT_TRUE(rig.told<MediaLost>().empty());
  rig.pass_with_deadlines(seconds(31));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(Udptl, HoldIsKept) {
  Spec spec = fax(strict_spec());
  spec.a.receive = false;
  spec.a.remote_rtp = endpoint("0.0.0.0:4000");
  Rig rig(spec);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, udptl(0)).dropped, Drop::NoDestination);
}

TEST(Udptl, HasNeitherKeysNorIce) {
  Spec spec = fax(strict_spec());
  spec.a.rtcp_mux = true;
  EXPECT_NE(check(spec), "");
  spec.a.rtcp_mux = false;
  EXPECT_EQ(check(spec), "");
  spec.b.srtp = Srtp{};
  EXPECT_NE(check(spec), "");
}

}  // namespace
}  // namespace flow
