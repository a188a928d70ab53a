#include "media-relay/recording/track.h"

#include <gtest/gtest.h>

#include "packets.h"

namespace recording {
namespace {

constexpr std::uint8_t kLoud = 0x80;  // mu-law: 32124

class Side {
 public:
  explicit Side(unsigned rate = 8000) : track(rate) {}
  std::optional<std::int64_t> place(const Rtp& fields, base::Duration since, std::size_t bytes = 160) {
    const auto packet = rtp(fields, bytes, kLoud);
    const auto header = rtp::read_header(packet);
    const auto placed = track.take(*header, std::span(packet).subspan(12), since);
    if (!placed) return std::nullopt;
    samples.assign(placed->samples.begin(), placed->samples.end());
    return placed->at;
  }
  Track track;
  std::vector<codec::Sample> samples;
};

constexpr base::Duration ms(int n) {
  return base::milliseconds(n);
}

TEST(Track, TheTimestampSaysWhereAudioBelongsAndNotItsJitter) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 1, .timestamp = 1000}, ms(100)), 800);
  EXPECT_EQ(side.samples, std::vector<codec::Sample>(160, 32124));
  EXPECT_EQ(side.place({.sequence = 2, .timestamp = 1160}, ms(155)), 960) << "late by 35 ms";
  EXPECT_EQ(side.place({.sequence = 3, .timestamp = 1320}, ms(140)), 1120);
}

TEST(Track, AGapStaysAGap) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 1, .timestamp = 0}, ms(0)), 0);
  EXPECT_EQ(side.place({.sequence = 6, .timestamp = 800}, ms(100)), 800) << "four were lost";
  EXPECT_EQ(side.place({.sequence = 7, .timestamp = 8800}, ms(1100)), 8800) << "a pause";
}

TEST(Track, TimestampsThatStandStillOrLeapGiveWayToTheTimeOfArrival) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 1, .timestamp = 0}, ms(0)), 0);
  EXPECT_EQ(side.place({.sequence = 2, .timestamp = 160}, ms(5000)), 40'000);
  EXPECT_EQ(side.place({.sequence = 3, .timestamp = 320}, ms(5020)), 40'160) << "and go on from there";
  EXPECT_EQ(side.place({.sequence = 4, .timestamp = 0x80000000}, ms(5040)), 40'320);
}

TEST(Track, AnotherSourceBeginsWhenItComes) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 9, .timestamp = 0, .ssrc = 7}, ms(0)), 0);
  EXPECT_EQ(side.place({.sequence = 1, .timestamp = 99'999, .ssrc = 8}, ms(30)), 240);
}

TEST(Track, TimestampsWrap) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 0xffff, .timestamp = 0xffffff60}, ms(0)), 0);
  EXPECT_EQ(side.place({.sequence = 0, .timestamp = 0}, ms(20)), 160);
}

TEST(Track, WhatIsNoKnownAudioIsLeftOut) {
  Side side;
  EXPECT_EQ(side.place({.payload_type = 101}, ms(0)), std::nullopt);
  EXPECT_EQ(side.place({.payload_type = 13}, ms(0)), std::nullopt);
  side.track.set_formats({{codec::Coding::Pcmu, 101}});
  EXPECT_EQ(side.place({.payload_type = 101}, ms(0)), 0);
}

// A sound of ours has the payload type of its listener, which is another codec's, or none, of the side.
TEST(Track, ACodecThatIsKnownOtherwiseNeedsNoPayloadType) {
  Side side;
  side.track.set_formats({{codec::Coding::G722, 101}});
  const auto packet = rtp({.payload_type = 101}, 160, kLoud);
  const auto placed =
      side.track.take(*rtp::read_header(packet), std::span(packet).subspan(12), ms(0), codec::Coding::Pcmu);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->samples.size(), 160U);
  EXPECT_EQ(placed->samples[0], 32'124);
}

TEST(Track, WhatComesBehindALaterPacketIsLeftOut) {
  Side side;
  EXPECT_EQ(side.place({.sequence = 2, .timestamp = 160}, ms(20)), 160);
  EXPECT_EQ(side.place({.sequence = 1, .timestamp = 0}, ms(25)), std::nullopt);
  EXPECT_EQ(side.place({.sequence = 2, .timestamp = 160}, ms(26)), std::nullopt) << "a duplicate";
}

TEST(Track, RatesMeetOnOneLineOfTime) {
  Side narrow(16'000);
  EXPECT_EQ(narrow.place({.sequence = 1, .timestamp = 0}, ms(100)), 1600);
  EXPECT_NEAR(static_cast<double>(narrow.samples.size()), 320, 2);
  EXPECT_EQ(narrow.place({.sequence = 2, .timestamp = 160}, ms(120)), 1920);
  // RFC 3551 4.5.2: G.722 counts at 8000 and has 16000 samples a second.
  Side wide(16'000);
  EXPECT_EQ(wide.place({.payload_type = 9, .sequence = 1, .timestamp = 0}, ms(100)), 1600);
  EXPECT_EQ(wide.samples.size(), 320U);
  EXPECT_EQ(wide.place({.payload_type = 9, .sequence = 2, .timestamp = 160}, ms(120)), 1920);
}

}  // namespace
}  // namespace recording
