// One stream at a time from a source whose address anybody could forge.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

constexpr std::uint32_t kTalker = 7;
constexpr std::uint32_t kForger = 66;
constexpr std::uint32_t kMusic = 12;

Spec one_stream_spec() {
  Spec spec = strict_spec();
  spec.a.one_stream = true;
  return spec;
}

// A packet of A's, 20 ms after the one before; whether it passes.
bool passes(Rig& rig, std::uint32_t ssrc, base::Duration after = milliseconds(20)) {
  rig.pass(after);
  const auto result = rig.rtp(Side::A, kPhoneA, ssrc);
  EXPECT_TRUE(!result.dropped || result.dropped == Drop::WrongStream);
  return !result.dropped;
}

TEST(OneStream, AForgedAddressIsNotEnoughWhileThePeerTalks) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(passes(rig, kForger, milliseconds(10)));
    EXPECT_TRUE(passes(rig, kTalker, milliseconds(10)));
  }
  EXPECT_EQ(rig.drops(Side::A, Drop::WrongStream), 200U);
  EXPECT_EQ(rig.flow.stats(rig.now).a().ssrc, kTalker) << "nor do its packets count";
}

TEST(OneStream, SignallingIsNoChanceForAForger) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  for (int i = 0; i < 20; ++i) {
    rig.flow.replace(one_stream_spec(), rig.now);
    EXPECT_FALSE(passes(rig, kForger, milliseconds(1)));
    EXPECT_FALSE(passes(rig, kForger, milliseconds(1)));
    EXPECT_TRUE(passes(rig, kTalker));
  }
}

TEST(OneStream, AnotherStreamIsHeardAfterSilence) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_TRUE(passes(rig, kMusic)) << "100 ms after the last of the talker";
  EXPECT_FALSE(passes(rig, kForger));
  EXPECT_TRUE(passes(rig, kTalker)) << "who was heard before is no newcomer";
  EXPECT_TRUE(passes(rig, kTalker));
}

TEST(OneStream, ASinglePacketAfterSilenceChangesNothing) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  rig.pass(seconds(1));
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_FALSE(passes(rig, 1000 + i)) << "another one each time";
  rig.sequence = static_cast<std::uint16_t>(rig.sequence + 100);
  EXPECT_TRUE(passes(rig, kTalker));
}

TEST(OneStream, AForgerWhoUsedAPauseIsSilencedByTheNextWord) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  rig.pass(seconds(1));
  EXPECT_FALSE(passes(rig, kForger));
  EXPECT_TRUE(passes(rig, kForger));
  EXPECT_TRUE(passes(rig, kTalker));
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(passes(rig, kForger, milliseconds(10)));
    EXPECT_TRUE(passes(rig, kTalker, milliseconds(10)));
  }
}

TEST(OneStream, AnotherPlaceBeginsAnew) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  Spec moved = one_stream_spec();
  moved.a.remote_rtp = kStranger;
  rig.flow.replace(moved, rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kStranger, kMusic).dropped, std::nullopt);
}

// Somebody sends all the time: the peer's pauses must not be his chance.
TEST(OneStream, APauseIsNoChanceForWhoSendsAtTheSameTime) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  for (unsigned i = 0; i < kRivalPackets; ++i) {
    EXPECT_FALSE(passes(rig, kForger, milliseconds(10)));
    EXPECT_TRUE(passes(rig, kTalker, milliseconds(10)));
  }
  for (int i = 0; i < 450; ++i) EXPECT_FALSE(passes(rig, kForger)) << i;
  EXPECT_TRUE(passes(rig, kTalker)) << "after nine seconds";
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(passes(rig, 1000)) << "nor under another name";
}

TEST(OneStream, APeerThatIsGoneForLongMayHaveASuccessor) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  for (unsigned i = 0; i < kRivalPackets; ++i) {
    EXPECT_FALSE(passes(rig, kForger, milliseconds(10)));
    EXPECT_TRUE(passes(rig, kTalker, milliseconds(10)));
  }
  rig.pass(kContested);
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_TRUE(passes(rig, kMusic));
}

// A gateway that changes to music on hold, some packets of the old stream being late.
TEST(OneStream, LatePacketsOfTheOldStreamDoNotKeepItsSuccessorOut) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kTalker));
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_TRUE(passes(rig, kTalker, milliseconds(1)));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_TRUE(passes(rig, kMusic));
}

// RFC 5576.
TEST(OneStream, WhereThePeerNamesItsStreamsNoOtherIsHeard) {
  for (const LatchMode mode : {LatchMode::Strict, LatchMode::Learn}) {
    Spec spec = one_stream_spec();
    spec.a.latch = mode;
    spec.a.sources = {kTalker, kMusic};
    Rig rig(spec);
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(passes(rig, kForger)) << "before the peer's first packet";
    EXPECT_TRUE(rig.told<FirstPacket>().empty());
    EXPECT_TRUE(passes(rig, kTalker));
    rig.pass(seconds(60));
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(passes(rig, kForger)) << "in a pause";
    EXPECT_FALSE(passes(rig, kMusic));
    EXPECT_TRUE(passes(rig, kMusic)) << "a stream of the peer's own";
  }
}

TEST(OneStream, WhatSignallingNamesLaterEndsAForger) {
  Rig rig(one_stream_spec());
  ASSERT_TRUE(passes(rig, kForger));
  Spec named = one_stream_spec();
  named.a.sources = {kTalker};
  rig.flow.replace(named, rig.now);
  EXPECT_FALSE(passes(rig, kForger));
  EXPECT_TRUE(passes(rig, kTalker));
}

// Video has several streams at a time, media and its repairs.
TEST(OneStream, StreamsThatAreNamedMayComeAtATime) {
  Spec spec = strict_spec();
  spec.a.sources = {kTalker, kMusic};
  Rig rig(spec);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(passes(rig, kTalker));
    EXPECT_TRUE(passes(rig, kMusic, milliseconds(1)));
    EXPECT_FALSE(passes(rig, kForger, milliseconds(1)));
  }
}

// RFC 4103: nobody types all the time.
TEST(OneStream, APauseOfTextIsNoChanceForAForger) {
  Spec spec = one_stream_spec();
  spec.stream_silence = kTextSilence;
  Rig rig(spec);
  ASSERT_TRUE(passes(rig, kTalker));
  rig.pass(seconds(30));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(passes(rig, kForger));
  EXPECT_TRUE(passes(rig, kTalker));
  rig.pass(kTextSilence);
  EXPECT_FALSE(passes(rig, kMusic));
  EXPECT_TRUE(passes(rig, kMusic)) << "who is gone for so long has a successor";
}

TEST(OneStream, IsAskedForByName) {
  Rig rig(strict_spec());
  EXPECT_TRUE(passes(rig, kTalker));
  EXPECT_TRUE(passes(rig, kMusic)) << "video comes in several";
}

// Evidence of a forged packet must not help its sender to move the peer.
TEST(OneStream, AForgedStreamDoesNotVouchForAnotherAddress) {
  Spec spec = learning_spec();
  spec.a.one_stream = true;
  Rig rig(spec);
  ASSERT_EQ(rig.rtp(Side::A, kPhoneA, kTalker).dropped, std::nullopt);
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, kForger).dropped, Drop::WrongStream);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rig.rtp(Side::A, kStranger, kForger).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, kTalker).dropped, std::nullopt);
}

// RTCP with one report block, or feedback, on a stream.
std::string report_on(std::uint32_t ssrc, char sender, bool feedback) {
  std::string out = feedback ? std::string("\x81\xce\x00\x02\x00\x00\x00", 7) + sender
                             : std::string("\x81\xc9\x00\x07\x00\x00\x00", 7) + sender;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(ssrc >> shift & 0xff);
  if (!feedback) out.append(20, '\0');
  return out;
}

// trap 50: who names the SSRC that we send to the peer is the peer: nobody else is sent it.
TEST(OneStream, WhoReportsOnWhatItHearsIsThePeer) {
  for (const bool muxed : {false, true})
    for (const bool feedback : {false, true}) {
      Spec spec = one_stream_spec();
      spec.a.rtcp_mux = muxed;
      Rig rig(spec);
      const Component port = muxed ? Component::Rtp : Component::Rtcp;
      const base::Endpoint from = muxed ? kPhoneA : kPhoneARtcp;
      constexpr std::uint32_t kSent = 0xabcdef01;
      ASSERT_EQ(rig.rtp(Side::B, kPhoneB, kSent).dropped, std::nullopt);
      for (int i = 0; i < 200; ++i) EXPECT_TRUE(passes(rig, kForger)) << "who was first, and for long";
      EXPECT_EQ(rig.rtcp(Side::A, from, port, kTalker).dropped, Drop::WrongStream);
      EXPECT_FALSE(passes(rig, kTalker));
      EXPECT_EQ(rig.send(Side::A, port, from, report_on(kSent, kTalker, feedback)).dropped, std::nullopt);
      EXPECT_TRUE(passes(rig, kTalker));
      EXPECT_FALSE(passes(rig, kForger));
      EXPECT_EQ(rig.send(Side::A, port, from, report_on(kSent + 1, kForger, feedback)).dropped, Drop::WrongStream);
      EXPECT_FALSE(passes(rig, kForger));
      EXPECT_TRUE(passes(rig, kTalker));
    }
}

TEST(OneStream, RtcpOfNobodyIsNotHeardBeforeThePeerIs) {
  Spec spec = one_stream_spec();
  spec.a.rtcp_mux = true;
  Rig rig(spec);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA, Component::Rtp, kForger).dropped, Drop::WrongStream);
  EXPECT_TRUE(passes(rig, kMusic));
  rig.pass(milliseconds(1000));
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA, Component::Rtp, kForger).dropped, Drop::WrongStream) << "nor in its pauses";
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA, Component::Rtp, kMusic).dropped, std::nullopt);
  EXPECT_TRUE(passes(rig, kMusic));
}

// trap 50: a stranger's packets.
TEST(OneStream, NobodyReportsInAPeersNameWhileItTalks) {
  for (const bool muxed : {false, true}) {
    Spec spec = one_stream_spec();
    spec.a.rtcp_mux = muxed;
    Rig rig(spec);
    const Component port = muxed ? Component::Rtp : Component::Rtcp;
    const base::Endpoint from = muxed ? kPhoneA : kPhoneARtcp;
    ASSERT_TRUE(passes(rig, kTalker));
    EXPECT_EQ(rig.rtcp(Side::A, from, port, kForger).dropped, Drop::WrongStream);
    EXPECT_EQ(rig.rtcp(Side::A, kStranger, port, kForger).dropped, Drop::WrongSource);
    EXPECT_EQ(rig.rtcp(Side::A, from, port, kTalker).dropped, std::nullopt);
    EXPECT_TRUE(passes(rig, kTalker));
    EXPECT_EQ(rig.flow.stats(rig.now).a().rtcp_packets_in, 1U) << "nor are forged ones read";
  }
}

TEST(OneStream, NobodyMovesTheReportsOfAPeerThatTalks) {
  Spec spec = learning_spec();
  spec.a.one_stream = true;
  Rig rig(spec);
  ASSERT_TRUE(passes(rig, kTalker));
  const base::Endpoint aside = endpoint("198.51.100.10:9999");
  EXPECT_EQ(rig.rtcp(Side::A, aside, Component::Rtcp, kForger).dropped, Drop::WrongStream);
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtcp, std::nullopt);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneARtcp, Component::Rtcp, kTalker).dropped, std::nullopt);
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtcp, kPhoneARtcp);
}

}  // namespace
}  // namespace flow
