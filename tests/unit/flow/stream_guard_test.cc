// The guard alone: streams that are not as even as in a textbook, and others beside them.

#include "media-relay/flow/stream_guard.h"

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

constexpr std::uint32_t kTalker = 7;
constexpr std::uint32_t kOther = 66;
constexpr std::uint32_t kThird = 12;
// The numbers of a stream as they come, from 0: each packet twice, and each two of them swapped.
using Order = std::uint16_t (*)(unsigned);
std::uint16_t even(unsigned n) {
  return static_cast<std::uint16_t>(n + 1);
}
std::uint16_t doubled(unsigned n) {
  return static_cast<std::uint16_t>(n / 2 + 1);
}
std::uint16_t swapped(unsigned n) {
  return static_cast<std::uint16_t>(n % 2 == 0 ? n + 2 : n);
}

class Ear {
 public:
  explicit Ear(bool video = false) {
    rules.one_stream = rules.steady = true;
    rules.probation = !video;
    guard.open(rules, now);
  }
  bool hears(std::uint32_t ssrc, std::uint16_t sequence) {
    if (!guard.goes_on(ssrc)) return !guard.admit(ssrc, sequence, now);
    guard.note(sequence, now);
    return true;
  }
  // So many of the packets are lost, in this time.
  unsigned lost(base::Duration time, std::vector<std::uint32_t> talkers, base::Duration step = milliseconds(20),
                Order order = even) {
    unsigned out = 0;
    for (const base::Instant end = now + time; now < end; now += step, ++count)
      for (const std::uint32_t ssrc : talkers) out += hears(ssrc, order(count)) ? 0 : 1;
    return out;
  }
  void may_send(bool listening) {
    rules.listening = listening;
    guard.open(rules, now);
  }

  StreamGuard::Rules rules;
  StreamGuard guard;
  base::Instant now{seconds(5000)};
  unsigned count = 0;
};

// Networks double packets, and swap them.
TEST(StreamGuard, CopiesAndOvertakenPacketsBreakNoProof) {
  for (const Order order : {doubled, swapped}) {
    Ear ear;
    EXPECT_LE(ear.lost(seconds(3), {kTalker}, milliseconds(10), order), 6U) << "the first stream";
    EXPECT_LE(ear.lost(seconds(3), {kThird}, milliseconds(10), order), 16U) << "the next one";
    EXPECT_TRUE(ear.guard.goes_on(kThird));
  }
}

// Nor do they prove anything.
TEST(StreamGuard, CopiesProveNothing) {
  Ear ear;
  for (int i = 0; i < 100; ++i, ear.now += milliseconds(20)) EXPECT_FALSE(ear.hears(kOther, 5));
}

// An announcement beside an agent who was there first.
TEST(StreamGuard, WhoLostIsHeardWhenTheWinnerIsGone) {
  Ear ear;
  ear.lost(milliseconds(300), {kTalker});
  ear.lost(seconds(5), {kTalker, kOther});
  ASSERT_TRUE(ear.guard.goes_on(kOther)) << "the later one";
  ear.lost(kContested + seconds(1), {kTalker});
  EXPECT_TRUE(ear.guard.goes_on(kTalker));
  EXPECT_EQ(ear.lost(seconds(1), {kTalker}), 0U);
}

TEST(StreamGuard, ASuspectWhoLostIsHeardWhenTheWinnerIsGone) {
  Ear ear;
  ear.may_send(false);
  ear.lost(seconds(1), {kTalker});
  ear.may_send(true);
  ear.lost(seconds(1), {kTalker});
  ASSERT_TRUE(ear.guard.goes_on(kTalker)) << "nobody better came";
  ear.lost(seconds(5), {kTalker, kOther});
  ASSERT_TRUE(ear.guard.goes_on(kOther));
  ear.lost(kContested + seconds(1), {kTalker});
  EXPECT_TRUE(ear.guard.goes_on(kTalker));
}

TEST(StreamGuard, ShortStreamsDoNotTakeTheWayHomeFromThePeer) {
  Ear ear;
  ear.lost(seconds(5), {kThird});  // announcement
  ear.lost(seconds(60), {kTalker});
  ASSERT_TRUE(ear.guard.goes_on(kTalker));
  ear.lost(seconds(3), {kOther});
  ear.lost(seconds(3), {kOther + 1});
  ASSERT_TRUE(ear.guard.goes_on(kOther + 1));
  EXPECT_EQ(ear.lost(seconds(1), {kTalker}), 0U) << "at once";
}

TEST(StreamGuard, VideoOfOneFrameASecondIsHeard) {
  Ear ear(true);
  EXPECT_EQ(ear.lost(seconds(10), {kTalker}, seconds(1)), 0U);
  EXPECT_LE(ear.lost(seconds(10), {kOther}, seconds(1)), 2U);
}

TEST(StreamGuard, MusicIsNoPauseOfTheTalkers) {
  Ear ear;
  ear.lost(seconds(5), {kTalker});
  EXPECT_LE(ear.lost(seconds(40), {kThird}), 5U);
  EXPECT_EQ(ear.lost(seconds(5), {kTalker}), 0U);
  EXPECT_LE(ear.lost(seconds(5), {kOther}), 5U);
}

// 200 OK passes two proxies, the phone's audio does not.
TEST(StreamGuard, WhoIsALittleEarlyIsNoSuspect) {
  Ear ear;
  ear.may_send(false);
  ear.lost(milliseconds(400), {kTalker});
  ear.may_send(true);
  EXPECT_LE(ear.lost(seconds(1), {kTalker}), 2U);
}

std::vector<std::uint32_t> crowd(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(first + i);
  return out;
}

TEST(StreamGuard, ManySuspectsLeaveRoomForThePeer) {
  for (const std::uint32_t many : {8U, 9U, 20U, 64U, 100U}) {
    SCOPED_TRACE(many);
    Ear ear;
    const auto forgers = crowd(1000, many);
    ear.may_send(false);
    ear.lost(seconds(3), forgers);
    ear.may_send(true);
    EXPECT_EQ(ear.lost(milliseconds(200), forgers), many * 10) << "none is heard";
    unsigned heard = 0;
    for (int i = 0; i < 200; ++i, ear.now += milliseconds(20), ++ear.count) {
      for (const std::uint32_t ssrc : forgers) EXPECT_FALSE(ear.hears(ssrc, even(ear.count)));
      heard += ear.hears(kTalker, even(ear.count)) ? 1 : 0;
    }
    if (many <= kEarlyStreams) {
      EXPECT_GE(heard, 130U);
    }
  }
}

// Strangers who could never be the peer do not make it wait.
TEST(StreamGuard, StrangersFromElsewhereAreNoAttack) {
  Spec spec = strict_spec();
  spec.a.one_stream = spec.steady = spec.probation = true;
  Rig rig(spec);
  unsigned lost = 0;
  for (int i = 0; i < 50; ++i) {
    for (const std::uint32_t ssrc : crowd(1000, 5)) rig.rtp(Side::A, kStranger, ssrc);
    rig.pass(milliseconds(20));
  }
  for (int i = 0; i < 50; ++i) {
    rig.pass(milliseconds(20));
    lost += rig.rtp(Side::A, kPhoneA, kTalker).dropped ? 1 : 0;
    for (const std::uint32_t ssrc : crowd(1000, 5)) {
      rig.sequence = static_cast<std::uint16_t>(rig.sequence - 1);
      rig.rtp(Side::A, kStranger, ssrc);
    }
  }
  EXPECT_LE(lost, 3U);
}

// Learned sources: two packets in sequence to begin, three to follow a NAT that has moved the phone.
TEST(StreamGuard, CopiesAndOvertakenPacketsDoNotHideAMovedPhone) {
  for (const Order order : {doubled, swapped}) {
    Spec spec = learning_spec();
    spec.a.one_stream = spec.steady = spec.probation = true;
    Rig rig(spec);
    const auto packet = [&](std::uint16_t n, const char* from) {
      rig.sequence = static_cast<std::uint16_t>(n - 1);
      rig.pass(milliseconds(10));
      return !rig.rtp(Side::A, endpoint(from), kTalker).dropped;
    };
    unsigned heard = 0;
    for (unsigned n = 0; n < 1000; ++n) heard += packet(order(n), "198.51.100.99:31000") ? 1 : 0;
    EXPECT_GE(heard, 990U);
    rig.pass(kRelearnSilence);
    heard = 0;
    for (unsigned n = 1000; n < 1100; ++n) heard += packet(order(n), "198.51.100.99:40404") ? 1 : 0;
    EXPECT_GE(heard, 90U);
    EXPECT_EQ(rig.told<Latched>().back().rebound, true);
    rig.flow.replace(spec, rig.now);
    rig.pass(seconds(1));  // twice the pause of before
    heard = 0;
    for (unsigned n = 0; n < 100; ++n) {
      rig.sequence = static_cast<std::uint16_t>(order(n) + 7000);
      rig.pass(milliseconds(10));
      heard += rig.rtp(Side::A, endpoint("198.51.100.99:50505"), kOther).dropped ? 0 : 1;
    }
    EXPECT_GE(heard, 90U) << "another stream, after signalling";
  }
}

// trap 50: the right words from the wrong place.
TEST(StreamGuard, ReportsFromElsewhereVouchForNobody) {
  for (const bool muxed : {false, true}) {
    Spec spec = strict_spec();
    spec.a.one_stream = true;
    spec.a.rtcp_mux = muxed;
    Rig rig(spec);
    ASSERT_EQ(rig.rtp(Side::B, kPhoneB, 0x01020304).dropped, std::nullopt);
    ASSERT_EQ(rig.rtp(Side::A, kPhoneA, kTalker).dropped, std::nullopt);
    std::string report("\x81\xc9\x00\x07\x00\x00\x00", 7);
    report += static_cast<char>(kOther);
    report += std::string("\x01\x02\x03\x04") + std::string(20, '\0');
    const Component port = muxed ? Component::Rtp : Component::Rtcp;
    EXPECT_EQ(rig.send(Side::A, port, kStranger, report).dropped, Drop::WrongSource);
    EXPECT_EQ(rig.rtp(Side::A, kPhoneA, kOther).dropped, Drop::WrongStream);
    EXPECT_EQ(rig.send(Side::A, port, muxed ? kPhoneA : kPhoneARtcp, report).dropped, std::nullopt);
    EXPECT_EQ(rig.rtp(Side::A, kPhoneA, kOther).dropped, std::nullopt);
  }
}

// The beginning of a call: held back until its stream is heard, and sent on then, in front of what is heard.
class Beginning : public Rig {
 public:
  static Spec spec(bool learned = false) {
    Spec spec = learned ? learning_spec() : strict_spec();
    spec.a.one_stream = spec.steady = spec.probation = true;
    return spec;
  }
  using Rig::Rig;

  // Of each packet that leaves, in order: its number.
  void hear(const base::Endpoint& from, std::uint32_t ssrc, base::Duration step = milliseconds(20)) {
    const Result result = rtp(Side::A, from, ssrc);
    for (const Flow::Outgoing& out : flow.attend(events))
      if (out.bytes.size() > 12) numbers.push_back(static_cast<unsigned>(out.bytes[3]));
    if (!result.dropped) numbers.push_back(static_cast<unsigned char>(result.bytes[3]));
    pass(step);
  }
  std::vector<unsigned> numbers;
};

TEST(HeldBack, TheFirstPacketsFollowInTheirOrder) {
  for (const bool learned : {false, true}) {
    Beginning call(Beginning::spec(learned));
    for (int i = 0; i < 6; ++i) call.hear(learned ? endpoint("198.51.100.99:31000") : kPhoneA, kTalker);
    EXPECT_EQ(call.numbers, (std::vector<unsigned>{101, 102, 103, 104, 105, 106})) << learned;
    EXPECT_EQ(call.flow.stats(call.now).half[0].rtp_packets_in, 6U);
    EXPECT_EQ(call.flow.stats(call.now).half[0].expected, 6U);
    EXPECT_EQ(call.flow.stats(call.now).half[1].rtp_packets_out, 6U);
    EXPECT_EQ(call.told<FirstPacket>().size(), 1U);
    EXPECT_EQ(call.drops(Side::A, Drop::Probation), learned ? 3U : 2U) << "as long as it was not known";
  }
}

TEST(HeldBack, OfAnotherStreamOrOfAnotherBeginningAreNotSentOn) {
  Beginning call(Beginning::spec());
  call.hear(kPhoneA, kOther);
  call.hear(kPhoneA, kTalker, seconds(1));
  for (int i = 0; i < 3; ++i) call.hear(kPhoneA, kTalker);
  EXPECT_EQ(call.numbers, (std::vector<unsigned>{103, 104, 105}));
}

TEST(HeldBack, AreAFewOnly) {
  Beginning call(Beginning::spec());
  for (std::size_t i = 0; i < kHeldPackets + 3; ++i) call.hear(kPhoneA, kTalker, milliseconds(1));
  EXPECT_TRUE(call.numbers.empty()) << "a burst proves nothing";
  call.pass(milliseconds(30));
  call.hear(kPhoneA, kTalker);
  EXPECT_EQ(call.numbers.size(), kHeldPackets + 1);
  EXPECT_EQ(call.numbers.front(), 104U);
}

// While two contend nothing is kept for who wins.
TEST(HeldBack, NothingIsKeptOverAContest) {
  Beginning call(Beginning::spec());
  for (int i = 0; i < 100; ++i)
    for (const std::uint32_t ssrc : {kTalker, kOther}) {
      const std::size_t before = call.numbers.size();
      call.hear(kPhoneA, ssrc, milliseconds(10));
      EXPECT_LE(call.numbers.size(), before + 3);
    }
}

TEST(HeldBack, ArePassedOnByNobodyWhoIsSecureNow) {
  Spec spec = Beginning::spec();
  Beginning call(spec);
  call.hear(kPhoneA, kTalker);
  call.hear(kPhoneA, kTalker);
  spec.a.srtp = Srtp{};
  call.flow.replace(spec, call.now);
  for (int i = 0; i < 5; ++i) call.hear(kPhoneA, kTalker);
  EXPECT_TRUE(call.numbers.empty());
}

}  // namespace
}  // namespace flow
