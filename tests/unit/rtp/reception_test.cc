#include "media-relay/rtp/reception.h"

#include <gtest/gtest.h>

#include "media-relay/rtp/sequence.h"

namespace rtp {
namespace {

using base::Instant;
using base::milliseconds;

// A stream of one source: G.711 at 20 ms unless told otherwise.
struct Stream {
  Reception reception;
  Header header{};
  Instant now{base::seconds(1000)};
  std::uint32_t ticks = 160;
  base::Duration step = milliseconds(20);

  Stream() { header.ssrc = 1; }
  void send() { reception.on_packet(header, now); }
  void next() {
    ++header.sequence;
    header.timestamp += ticks;
    now += step;
  }
  void run(int packets) {
    for (int i = 0; i < packets; ++i) {
      send();
      next();
    }
  }
};

TEST(Sequence, WrapsAround) {
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(0, 65535), -1);
  EXPECT_EQ(sequence_distance(0, 32767), 32767);
  EXPECT_TRUE(is_newer(0, 65535));
  EXPECT_FALSE(is_newer(65535, 0));
  EXPECT_FALSE(is_newer(5, 5));
}

TEST(Reception, NothingIsLostOfACleanStream) {
  Stream s;
  s.run(500);
  EXPECT_EQ(s.reception.expected(), 500u);
  EXPECT_EQ(s.reception.lost(), 0);
  EXPECT_EQ(s.reception.jitter(), base::Duration{});
}

TEST(Reception, CountsGapsAsLost) {
  Stream s;
  s.run(10);
  for (int i = 0; i < 3; ++i) s.next();
  s.run(10);
  EXPECT_EQ(s.reception.expected(), 23u);
  EXPECT_EQ(s.reception.lost(), 3);
}

TEST(Reception, ALatePacketIsNotLost) {
  Stream s;
  s.run(10);
  const Header late = s.header;
  s.next();
  s.run(5);
  EXPECT_EQ(s.reception.lost(), 1);
  s.reception.on_packet(late, s.now);
  EXPECT_EQ(s.reception.lost(), 0);
}

// RFC 3550 6.4.1: duplicates may make the loss negative.
TEST(Reception, DuplicatesCountAsReceived) {
  Stream s;
  s.run(10);
  s.send();
  s.send();
  EXPECT_EQ(s.reception.lost(), -1);
}

TEST(Reception, CountsOverTheWrap) {
  Stream s;
  s.header.sequence = 65530;
  s.run(20);
  EXPECT_EQ(s.reception.expected(), 20u);
  EXPECT_EQ(s.reception.extended_highest(), 0x10000u + 13);
}

// RFC 3550 A.1, at the limits: MAX_DROPOUT ahead is a restart, one less is a gap.
TEST(Reception, AGapIsAGapUpToTheDropout) {
  Stream s;
  s.run(10);
  s.header.sequence = static_cast<std::uint16_t>(9 + kMaxDropout - 1);
  s.send();
  EXPECT_EQ(s.reception.expected(), 10u + kMaxDropout - 1);

  Stream t;
  t.run(10);
  t.header.sequence = static_cast<std::uint16_t>(9 + kMaxDropout);
  t.send();
  EXPECT_EQ(t.reception.expected(), 10u);  // one stray packet changes nothing
  t.next();
  t.run(5);
  EXPECT_EQ(t.reception.lost(), 0);  // a second in sequence starts a new run
  EXPECT_EQ(t.reception.received(), 15u);
}

TEST(Reception, AStepBackIsLateUpToTheMisorder) {
  Stream s;
  s.header.sequence = 1000;
  s.run(200);  // highest 1199
  const auto before = s.reception.received();
  s.header.sequence = static_cast<std::uint16_t>(1199 - kMaxMisorder + 1);
  s.send();
  EXPECT_EQ(s.reception.received(), before + 1);
  s.header.sequence = static_cast<std::uint16_t>(1199 - kMaxMisorder);
  s.send();
  EXPECT_EQ(s.reception.received(), before + 1);
}

// RFC 3550 section 8: after a transfer or music on hold another source speaks; its numbers start anywhere.
TEST(Reception, AnotherSourceStartsAfreshAndKeepsTheSums) {
  Stream s;
  s.run(10);
  s.next();  // one lost
  s.run(10);
  s.header.ssrc = 2;
  s.header.sequence = 40000;
  s.header.timestamp = 7;
  s.run(10);
  EXPECT_EQ(s.reception.ssrc(), 2u);
  EXPECT_EQ(s.reception.ssrc_changes(), 1u);
  EXPECT_EQ(s.reception.expected(), 31u);
  EXPECT_EQ(s.reception.lost(), 1);
}

// RFC 3550 A.8: J += (|D| - J) / 16. Alternating 5 ms early and late makes D 10 ms each time.
TEST(Reception, JitterConvergesToTheMeanDifference) {
  Stream s;
  for (int i = 0; i < 400; ++i) {
    s.reception.on_packet(s.header, s.now + (i % 2 == 0 ? milliseconds(5) : -milliseconds(5)));
    s.next();
  }
  EXPECT_NEAR(base::to_seconds(s.reception.jitter()), 0.010, 0.0005);
}

TEST(Reception, JitterIgnoresPacketsOfOneTimestamp) {
  Stream s;
  s.run(50);
  for (int i = 0; i < 50; ++i) {  // a telephone-event of one second: one timestamp (RFC 4733 2.3)
    s.send();
    ++s.header.sequence;
    s.now += milliseconds(20);
  }
  s.header.timestamp += 160 * 50;
  s.run(50);
  EXPECT_EQ(s.reception.jitter(), base::Duration{});
}

TEST(Reception, ALeapOfTheTimestampIsNotJitter) {
  Stream s;
  s.run(50);
  s.header.timestamp += 1u << 31;
  s.run(50);
  EXPECT_EQ(s.reception.jitter(), base::Duration{});
}

TEST(Reception, FindsTheClockOfADynamicPayloadType) {
  for (const std::uint32_t rate : {8000u, 16000u, 48000u, 90000u}) {
    Stream s;
    s.header.payload_type = 111;
    s.ticks = rate / 50;
    for (int i = 0; i < 600; ++i) {
      s.reception.on_packet(s.header, s.now + (i % 2 == 0 ? milliseconds(4) : -milliseconds(4)));
      s.next();
    }
    EXPECT_NEAR(base::to_seconds(s.reception.jitter()), 0.008, 0.0005) << rate;
  }
}

TEST(ClockEstimator, IsNotDisturbedByEventsInBetween) {
  ClockEstimator clock;
  Instant now{};
  std::uint32_t timestamp = 0;
  for (int i = 0; i < 100; ++i) clock.observe(111, timestamp += 960, now += milliseconds(20));
  EXPECT_EQ(clock.rate(), 48000u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(clock.observe(101, timestamp, now += milliseconds(20)), 0u);
  EXPECT_EQ(clock.observe(111, timestamp, now), 48000u);
}

TEST(ClockEstimator, KnowsTheAssignedRates) {
  EXPECT_EQ(static_clock_rate(0), 8000u);
  EXPECT_EQ(static_clock_rate(9), 8000u);  // G.722, RFC 3551 4.5.2
  EXPECT_EQ(static_clock_rate(10), 44100u);
  EXPECT_EQ(static_clock_rate(34), 90000u);
  EXPECT_EQ(static_clock_rate(96), 0u);
}

}  // namespace
}  // namespace rtp
