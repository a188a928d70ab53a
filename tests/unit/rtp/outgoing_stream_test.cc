#include "media-relay/rtp/outgoing_stream.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace rtp {
namespace {

constexpr std::uint32_t kSsrc = 0xc0ffee;
constexpr std::uint32_t kClock = 8000;

Header packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
  Header h;
  h.ssrc = ssrc;
  h.sequence = sequence;
  h.timestamp = timestamp;
  return h;
}

// A phone whose packets of 20 ms go through a stream.
struct Rig {
  OutgoingStream stream{kSsrc, 100, 1000};
  base::Instant now{base::seconds(9)};

  std::optional<Stamp> relay(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
    const auto stamp = stream.relay(packet(ssrc, sequence, timestamp), kClock, now);
    now += base::milliseconds(20);
    return stamp;
  }
};

// trap 58
TEST(OutgoingStream, BeginsAsASourceThatItAdopts) {
  Rig rig;
  ASSERT_TRUE(rig.stream.fresh());
  rig.stream.adopt(packet(7, 40'000, 5000));
  const auto first = rig.relay(7, 40'000, 5000);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(rig.stream.fresh());
  EXPECT_EQ(rig.stream.ssrc(), 7U);
  EXPECT_EQ(first->sequence, 40'000);
  EXPECT_EQ(first->timestamp, 5000U);
  const auto other = rig.relay(8, 3, 77);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(rig.stream.ssrc(), 7U);
  EXPECT_EQ(other->sequence, 40'001);
}

TEST(OutgoingStream, BeginsAtItsOwnNumbers) {
  Rig rig;
  const auto first = rig.relay(7, 40'000, 5000);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->sequence, 100);
  EXPECT_EQ(first->timestamp, 1000U);
  EXPECT_TRUE(first->first);
  const auto second = rig.relay(7, 40'001, 5160);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->sequence, 101);
  EXPECT_EQ(second->timestamp, 1160U);
  EXPECT_FALSE(second->first);
}

// RFC 3711 3.3.1: the first numbers must not be near the end of a rollover.
TEST(OutgoingStream, BeginsInTheLowerHalf) {
  OutgoingStream stream(kSsrc, 0xffff, 0);
  EXPECT_LT(stream.relay(packet(7, 1, 1), kClock, {})->sequence, 0x8000);
}

// trap 58: SSRC change or jump on transfer or music on hold: our SSRC stays, numbers go on, nothing looks replayed.
TEST(OutgoingStream, AnotherSourceGoesOnWhereTheOldOneWas) {
  Rig rig;
  rig.relay(7, 40'000, 5000);
  rig.relay(7, 40'001, 5160);
  const auto stamp = rig.relay(8, 3, 0x90000000);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->sequence, 102);
  EXPECT_EQ(stamp->timestamp, 1320U);
  EXPECT_TRUE(stamp->first);
  EXPECT_EQ(rig.relay(8, 4, 0x90000000 + 160)->timestamp, 1480U);
}

TEST(OutgoingStream, TheTimeBetweenTwoSourcesIsKept) {
  Rig rig;
  rig.relay(7, 40'000, 5000);
  rig.now += base::seconds(2) - base::milliseconds(20);
  EXPECT_EQ(rig.relay(8, 3, 77)->timestamp, 1000U + 16'000U);
}

// A source that follows within a millisecond must not stand on top of the audio before it.
TEST(OutgoingStream, AFastChangeStillAdvancesByAPacket) {
  Rig rig;
  rig.relay(7, 1, 0);
  rig.relay(7, 2, 160);
  rig.now -= base::milliseconds(19);
  EXPECT_EQ(rig.relay(8, 900, 5)->timestamp, 1000U + 320U);
}

TEST(OutgoingStream, LossStaysVisibleAndLatePacketsKeepTheirPlace) {
  Rig rig;
  rig.relay(7, 10, 0);
  EXPECT_EQ(rig.relay(7, 13, 480)->sequence, 103);
  EXPECT_EQ(rig.relay(7, 12, 320)->sequence, 102);
  EXPECT_EQ(rig.relay(7, 13, 480)->sequence, 103) << "a duplicate stays one";
  EXPECT_EQ(rig.relay(7, 14, 640)->sequence, 104);
}

TEST(OutgoingStream, StragglersOfTheSourceBeforeHaveNoPlace) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.relay(8, 500, 0);
  EXPECT_FALSE(rig.relay(7, 11, 160).has_value());
  EXPECT_EQ(rig.relay(8, 501, 160)->sequence, 102);
  // Later it is no straggler: it speaks again.
  rig.now += base::seconds(1);
  EXPECT_TRUE(rig.relay(7, 70, 9600)->first);
}

// RFC 3550 A.1: one packet out of range is an error, two in sequence are a restart.
TEST(OutgoingStream, ARestartOfTheNumbersNeedsTwoPackets) {
  Rig rig;
  rig.relay(7, 10, 0);
  EXPECT_FALSE(rig.relay(7, 20'000, 0).has_value());
  EXPECT_EQ(rig.relay(7, 11, 160)->sequence, 101) << "a stray packet changes nothing";
  EXPECT_FALSE(rig.relay(7, 50'000, 5).has_value());
  const auto stamp = rig.relay(7, 50'001, 165);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->sequence, 102);
  EXPECT_TRUE(stamp->first);
  EXPECT_GT(stamp->timestamp, 1160U);
}

TEST(OutgoingStream, ALeapOfTheTimestampsIsLevelled) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.relay(7, 11, 160);
  const auto ahead = rig.relay(7, 12, 0x40000000);
  EXPECT_EQ(ahead->timestamp, 1320U);
  EXPECT_TRUE(ahead->first);
  EXPECT_EQ(rig.relay(7, 13, 0x40000000 + 160)->timestamp, 1480U);
  EXPECT_EQ(rig.relay(7, 14, 100)->timestamp, 1640U) << "and back";
}

// RFC 3551 4.1: silence suppression lets the timestamps run while nothing is sent.
TEST(OutgoingStream, SilenceIsNoLeap) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.now += base::seconds(20);
  const auto stamp = rig.relay(7, 11, 160'160);
  EXPECT_EQ(stamp->timestamp, 161'160U);
  EXPECT_FALSE(stamp->first);
}

TEST(OutgoingStream, WhatIsSwallowedLeavesNoGap) {
  Rig rig;
  rig.relay(7, 10, 0);
  for (std::uint16_t n = 11; n < 15; ++n) rig.stream.swallow(packet(7, n, 160));
  EXPECT_EQ(rig.relay(7, 15, 800)->sequence, 101);
  EXPECT_EQ(rig.relay(7, 10, 0)->sequence, 100) << "what came before keeps its number";
  EXPECT_EQ(rig.relay(7, 16, 960)->sequence, 102);
}

TEST(OutgoingStream, PacketsOfOurOwnStandBetweenThoseOfTheSource) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.relay(7, 11, 160);
  const std::uint32_t at = rig.stream.timestamp_at(rig.now);
  EXPECT_EQ(at, 1320U);
  for (std::uint16_t n = 0; n < 3; ++n) {
    EXPECT_EQ(rig.stream.own_event(at).sequence, 102 + n);
    rig.stream.swallow(packet(7, static_cast<std::uint16_t>(12 + n), 320));
    rig.now += base::milliseconds(20);
  }
  const auto stamp = rig.relay(7, 15, 800);
  EXPECT_EQ(stamp->sequence, 105);
  EXPECT_EQ(stamp->timestamp, 1800U) << "the source's clock has run on";
  EXPECT_FALSE(stamp->first);
  EXPECT_EQ(rig.relay(7, 11, 160)->sequence, 101);
}

// A source whose clock stood still while we played something must not go back in time.
TEST(OutgoingStream, ASourceThatStoodStillGoesOnBehindOurOwn) {
  Rig rig;
  rig.relay(7, 10, 0);
  std::uint32_t at = rig.stream.timestamp_at(rig.now);
  for (int i = 0; i < 50; ++i, at += 160) {
    rig.stream.own(at, kClock, rig.now);
    rig.now += base::milliseconds(20);
  }
  const auto stamp = rig.relay(7, 11, 160);
  EXPECT_EQ(stamp->sequence, 151);
  EXPECT_EQ(stamp->timestamp, 1000U + 51 * 160);
}

TEST(OutgoingStream, NumbersWrap) {
  OutgoingStream::State state;
  state.next = 0xffff;
  OutgoingStream stream(state);
  base::Instant now{};
  EXPECT_EQ(stream.relay(packet(7, 0xfffe, 0xffffff00), kClock, now)->sequence, 0xffff);
  EXPECT_EQ(stream.relay(packet(7, 0xffff, 0xffffffa0), kClock, now)->sequence, 0);
  EXPECT_EQ(stream.relay(packet(7, 0, 0x40), kClock, now)->sequence, 1);
  // RFC 3550 A.1: the source's listener would have counted one wrap.
  EXPECT_EQ(stream.source_sequence(1), 0x10000U);
  EXPECT_EQ(stream.source_sequence(0), 0xffffU);
}

TEST(OutgoingStream, ReportsAreOnTheSourcesNumbers) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.stream.swallow(packet(7, 11, 160));
  rig.relay(7, 12, 320);
  EXPECT_EQ(rig.stream.source_sequence(100), 10U);
  EXPECT_EQ(rig.stream.source_sequence(101), 12U);
  rig.stream.own_event(0);
  EXPECT_EQ(rig.stream.source_sequence(102), 12U) << "a number of ours stands for the source's last one";
  EXPECT_FALSE(rig.stream.source_sequence(99).has_value());
  rig.relay(8, 700, 0);
  EXPECT_FALSE(rig.stream.source_sequence(101).has_value()) << "that was another source";
  EXPECT_EQ(rig.stream.source_sequence(103), 700U);
}

// Kept over a restart of the relay.
TEST(OutgoingStream, GoesOnFromItsState) {
  Rig rig;
  rig.relay(7, 10, 0);
  rig.stream.swallow(packet(7, 11, 160));
  OutgoingStream again(rig.stream.state());
  const auto stamp = again.relay(packet(7, 12, 320), kClock, rig.now);
  EXPECT_EQ(stamp->sequence, 101);
  EXPECT_EQ(stamp->timestamp, 1320U);
}

// Whatever comes in, no number is given to two different packets, and in order they never go back.
TEST(OutgoingStream, NoNumberIsGivenTwice) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    Rig rig;
    std::uint32_t ssrc = 7;
    std::uint16_t sequence = static_cast<std::uint16_t>(random());
    std::set<std::uint32_t> given;
    for (int i = 0; i < 2000; ++i) {
      const auto what = random() % 40;
      if (what == 0) ssrc = static_cast<std::uint32_t>(random());
      if (what == 1) sequence = static_cast<std::uint16_t>(sequence + 5000);
      ++sequence;
      std::optional<Stamp> stamp;
      if (what == 2) {
        stamp = rig.stream.own_event(1);
      } else if (what == 3) {
        rig.stream.swallow(packet(ssrc, sequence, i * 160U));
      } else if (what != 4) {
        stamp = rig.relay(ssrc, sequence, static_cast<std::uint32_t>(i) * 160U);
      }
      if (!stamp) continue;
      EXPECT_TRUE(given.insert(stamp->sequence).second) << "round " << round << " packet " << i;
    }
  }
}

}  // namespace
}  // namespace rtp
