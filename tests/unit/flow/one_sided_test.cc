// One side is heard, the other one ought to be and is not.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::seconds;

Spec watched(Spec spec = strict_spec()) {
  spec.one_sided_timeout = seconds(10);
  return spec;
}

// One packet a second from each of the speakers.
void speak(Rig& rig, int for_seconds, std::initializer_list<Side> speakers) {
  for (int i = 0; i < for_seconds; ++i) {
    for (const Side side : speakers) rig.rtp(side, side == Side::A ? kPhoneA : kPhoneB);
    rig.pass_with_deadlines(seconds(1));
  }
}

TEST(OneSided, IsOffUnlessAsked) {
  Rig rig(strict_spec());
  speak(rig, 60, {Side::A});
  EXPECT_TRUE(rig.told<OneSided>().empty());
}

TEST(OneSided, TheSideThatWasNeverHeardIsNamed) {
  for (const Side speaker : {Side::A, Side::B}) {
    Rig rig(watched());
    speak(rig, 60, {speaker});
    ASSERT_EQ(rig.told<OneSided>().size(), 1u);
    EXPECT_EQ(rig.told<OneSided>()[0], (OneSided{other(speaker), seconds(10)}));
  }
}

TEST(OneSided, ASideThatStopsIsNamedOnceForEachSilence) {
  Rig rig(watched());
  speak(rig, 30, {Side::A, Side::B});
  EXPECT_TRUE(rig.told<OneSided>().empty());
  speak(rig, 60, {Side::A});
  EXPECT_EQ(rig.told<OneSided>().size(), 1u);
  speak(rig, 5, {Side::A, Side::B});
  speak(rig, 60, {Side::A});
  ASSERT_EQ(rig.told<OneSided>().size(), 2u);
  EXPECT_EQ(rig.told<OneSided>()[1].silent, Side::B);
}

TEST(OneSided, SilenceOfBothIsLostMediaAndNotOneSided) {
  auto spec = watched();
  spec.media_timeout = seconds(30);
  Rig rig(std::move(spec));
  speak(rig, 5, {Side::A, Side::B});
  rig.pass_with_deadlines(seconds(60));
  EXPECT_TRUE(rig.told<OneSided>().empty());
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(OneSided, ReportsAreNotMedia) {
  Rig rig(watched());
  for (int i = 0; i < 20; ++i) {
    rig.rtcp(Side::B, kPhoneBRtcp);
    speak(rig, 1, {Side::A});
  }
  EXPECT_EQ(rig.told<OneSided>().size(), 1u);
}

// hold, an announcement, a listener (RFC 3264 8.4, 5.1)
TEST(OneSided, WhoNeedNotSpeakIsNotMissed) {
  for (const bool by_receive : {true, false}) {
    auto spec = watched();
    if (by_receive) {
      spec.b.receive = false;
    } else {
      spec.a.send = false;
    }
    Rig rig(std::move(spec));
    speak(rig, 60, {Side::A});
    EXPECT_TRUE(rig.told<OneSided>().empty());
  }
  auto spec = watched();
  spec.suspended = true;
  Rig rig(std::move(spec));
  speak(rig, 60, {Side::A});
  EXPECT_TRUE(rig.told<OneSided>().empty());
}

TEST(OneSided, SignallingStartsTheTimeAnew) {
  Rig rig(watched());
  speak(rig, 8, {Side::A});
  rig.flow.replace(watched(), rig.now);
  speak(rig, 8, {Side::A});
  EXPECT_TRUE(rig.told<OneSided>().empty());
  speak(rig, 8, {Side::A});
  EXPECT_EQ(rig.told<OneSided>().size(), 1u);
}

TEST(Reports, ShowTheRoundTripOfEachSide) {
  Rig rig(strict_spec());
  rig.rtp(Side::A, kPhoneA);
  rig.rtp(Side::B, kPhoneB);
  const std::string report("\x80\xc8\x00\x06\x00\x00\x00\x07\x00\x00\x12\x34\x56\x78\x00\x00", 16);
  rig.send(Side::A, Component::Rtcp, kPhoneARtcp, report + std::string(12, '\0'));
  rig.pass(base::milliseconds(80));
  const std::string answer("\x81\xc9\x00\x07\x00\x00\x00\x09\x00\x00\x00\x07\x10\x00\x00\x05", 16);
  rig.send(Side::B, Component::Rtcp, kPhoneBRtcp,
           answer + std::string(8, '\0') + "\x12\x34\x56\x78" + std::string(4, '\0'));
  const auto stats = rig.flow.stats(rig.now);
  EXPECT_FALSE(stats.a().round_trip);
  EXPECT_EQ(stats.b().round_trip, base::milliseconds(80));
  ASSERT_TRUE(stats.b().reported);
  EXPECT_EQ(stats.b().reported->lost, 5);
  EXPECT_EQ(stats.b().reported->fraction_lost, 16);
}

}  // namespace
}  // namespace flow
