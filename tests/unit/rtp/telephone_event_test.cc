#include "media-relay/rtp/telephone_event.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "bytes.h"

namespace rtp {
namespace {

struct Sender {
  std::uint32_t ssrc = 7;
  std::uint16_t sequence = 0;
  base::Instant now{base::seconds(3)};
  DigitReader reader;
  std::vector<HeardDigit> heard;

  void send(std::uint32_t timestamp, const TelephoneEvent& event, std::uint32_t clock = 8000) {
    std::array<std::byte, 4> payload{};
    write_event(payload, event);
    Header h;
    h.ssrc = ssrc;
    h.sequence = ++sequence;
    h.timestamp = timestamp;
    if (const auto digit = reader.on_event(h, payload, clock, now)) heard.push_back(*digit);
    now += base::milliseconds(20);
  }
  void pass(base::Duration d) {
    now += d;
    if (const auto digit = reader.on_deadline(now)) heard.push_back(*digit);
  }
};

constexpr HeardDigit kFive{'5', base::milliseconds(100)};

TEST(TelephoneEvent, IsReadAndWritten) {
  const auto bytes = bytes_of({11, 0x8a, 0x03, 0x20});
  const auto event = read_event(bytes);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(*event, (TelephoneEvent{11, true, 10, 800}));
  std::vector<std::byte> again(4);
  write_event(again, *event);
  EXPECT_EQ(again, bytes);
  EXPECT_FALSE(read_event(std::span(bytes).first(3)).has_value());
}

TEST(TelephoneEvent, DigitsAndCodes) {
  const std::string all = "0123456789*#ABCD!";
  for (std::uint8_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(digit_of(i), all[i]);
    EXPECT_EQ(event_of(all[i]), i);
  }
  EXPECT_EQ(event_of('a'), 12);
  EXPECT_FALSE(digit_of(17).has_value());
  EXPECT_FALSE(event_of('x').has_value());
}

// RFC 4733 2.5.1.4: the last packet comes three times, and is one digit.
TEST(DigitReader, TellsADigitOnceWhenItEnds) {
  Sender s;
  s.send(1000, {5, false, 10, 160});
  s.send(1000, {5, false, 10, 480});
  EXPECT_TRUE(s.heard.empty());
  for (int i = 0; i < 3; ++i) s.send(1000, {5, true, 10, 800});
  s.pass(base::seconds(1));
  EXPECT_EQ(s.heard, std::vector{kFive});
}

// RFC 4733 2.5.2.2: packets describe the event fully, so any of them may be lost.
TEST(DigitReader, AnyPacketMayBeLost) {
  Sender only_end;
  only_end.send(1000, {5, true, 10, 800});
  EXPECT_EQ(only_end.heard, std::vector{kFive});
  Sender no_end;
  no_end.send(1000, {5, false, 10, 800});
  no_end.pass(base::milliseconds(100));
  EXPECT_TRUE(no_end.heard.empty());
  no_end.pass(base::milliseconds(200));
  EXPECT_EQ(no_end.heard, std::vector{kFive});
  EXPECT_EQ(no_end.reader.next_deadline(), base::kNever);
  no_end.send(1000, {5, true, 10, 800});
  EXPECT_EQ(no_end.heard.size(), 1U) << "already told";
}

TEST(DigitReader, TheNextDigitEndsTheOneBefore) {
  Sender s;
  s.send(1000, {5, false, 10, 800});
  s.send(4000, {5, false, 10, 160});
  s.send(4000, {5, true, 10, 800});
  EXPECT_EQ(s.heard, (std::vector{kFive, kFive}));
}

TEST(DigitReader, LatePacketsOfAnEarlierDigitAreIgnored) {
  Sender s;
  s.send(1000, {5, true, 10, 800});
  s.send(4000, {6, false, 10, 160});
  s.send(1000, {5, true, 10, 800});
  s.send(4000, {6, true, 10, 800});
  ASSERT_EQ(s.heard.size(), 2U);
  EXPECT_EQ(s.heard[1].digit, '6');
}

// RFC 4733 2.5.2.3: segments without a gap are one event.
TEST(DigitReader, SegmentsAreOneDigit) {
  Sender s;
  s.send(1000, {1, false, 10, 0xffff});
  s.send(1000 + 0xffff, {1, false, 10, 160});
  s.send(1000 + 0xffff, {1, true, 10, 800});
  ASSERT_EQ(s.heard.size(), 1U);
  EXPECT_EQ(s.heard[0].duration, base::milliseconds((0xffff + 800) / 8));
}

TEST(DigitReader, ClocksAreHeeded) {
  Sender s;
  s.send(1000, {5, true, 10, 4800}, 48'000);
  EXPECT_EQ(s.heard, std::vector{kFive});
}

TEST(DigitReader, AnotherSourceStartsAfresh) {
  Sender s;
  s.send(90'000, {5, true, 10, 800});
  s.ssrc = 8;
  s.send(1000, {5, true, 10, 800});
  EXPECT_EQ(s.heard, (std::vector{kFive, kFive}));
}

TEST(DigitReader, OtherEventsAreNoDigits) {
  Sender s;
  s.send(1000, {36, true, 10, 800});  // a fax's tone
  s.pass(base::seconds(1));
  EXPECT_TRUE(s.heard.empty());
}

struct Scaled {
  EventScaler scaler;
  std::uint32_t behind = 0;
  TelephoneEvent scale(std::uint32_t timestamp, TelephoneEvent event, std::uint32_t from, std::uint32_t to) {
    std::array<std::byte, 4> payload{};
    write_event(payload, event);
    Header h;
    h.timestamp = timestamp;
    behind = scaler.scale(h, payload, from, to);
    return *read_event(payload);
  }
};

// trap 35: telephone-event at 8000 on one leg and 48000 on the other: durations are rescaled, the end stays an end.
TEST(EventScaler, DurationsFollowTheClock) {
  Scaled s;
  EXPECT_EQ(s.scale(0, {5, false, 10, 160}, 8000, 48'000), (TelephoneEvent{5, false, 10, 960}));
  EXPECT_EQ(s.scale(0, {5, true, 10, 800}, 8000, 48'000), (TelephoneEvent{5, true, 10, 4800}));
  EXPECT_EQ(s.scale(9, {5, true, 10, 4800}, 48'000, 8000), (TelephoneEvent{5, true, 10, 800}));
  EXPECT_EQ(s.behind, 0U);
}

// RFC 4733 2.5.1.3: 0xFFFF without the E bit, and only then the next segment, whose timestamp is the end of this one.
// trap 35
TEST(EventScaler, WhatNoLongerFitsBecomesSegments) {
  Scaled s;
  EXPECT_EQ(s.scale(0, {5, false, 10, 10'900}, 8000, 48'000).duration, 65'400);
  EXPECT_EQ(s.scale(0, {5, true, 10, 11'000}, 8000, 48'000), (TelephoneEvent{5, false, 10, 0xffff}));
  EXPECT_EQ(s.behind, 0U);
  EXPECT_EQ(s.scale(0, {5, true, 10, 11'000}, 8000, 48'000), (TelephoneEvent{5, true, 10, 66'000 - 0xffff}));
  EXPECT_EQ(s.behind, 0xffffU);
}

TEST(EventScaler, ShortPayloadsStayAsTheyAre) {
  EventScaler scaler;
  auto bytes = bytes_of({5, 0x8a, 3});
  EXPECT_EQ(scaler.scale({}, bytes, 8000, 48'000), 0U);
  EXPECT_EQ(bytes, bytes_of({5, 0x8a, 3}));
}

}  // namespace
}  // namespace rtp
