// How a flow sounds, told while it lasts.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

Spec reporting(base::Duration interval = seconds(10)) {
  Spec spec = strict_spec();
  spec.quality_interval = interval;
  return spec;
}

// Packets 20 ms apart from A, of which every `lost`th does not arrive (0: all do); as many from B when both speak.
void speak(Rig& rig, int packets, int lost = 0, bool both = false) {
  for (int i = 1; i <= packets; ++i) {
    if (both) {
      rig.rtp(Side::B, kPhoneB, 8);
      --rig.sequence;
    }
    if (lost != 0 && i % lost == 0)
      ++rig.sequence;
    else
      rig.rtp(Side::A, kPhoneA);
    rig.pass_with_deadlines(milliseconds(20));
  }
}

TEST(Quality, IsNotToldUnlessAsked) {
  Rig rig(strict_spec());
  speak(rig, 2000);
  EXPECT_TRUE(rig.told<Quality>().empty());
}

TEST(Quality, IsOfTheStretchSinceTheLastReport) {
  Rig rig(reporting());
  speak(rig, 500, 0, true);
  speak(rig, 500, 10);
  const auto told = rig.told<Quality>();
  ASSERT_EQ(told.size(), 2U);
  const Stretch& clean = told[0].from[index_of(Side::A)];
  EXPECT_EQ(clean.packets, 500U);
  EXPECT_EQ(clean.lost, 0);
  EXPECT_EQ(clean.ssrc, 7U);
  EXPECT_EQ(told[0].from[index_of(Side::B)].packets, 500U);
  const Stretch& lossy = told[1].from[index_of(Side::A)];
  EXPECT_EQ(lossy.packets, 450U);
  EXPECT_NEAR(static_cast<double>(lossy.expected), 500, 1);
  EXPECT_NEAR(static_cast<double>(lossy.lost), 50, 1);
  EXPECT_EQ(told[1].from[index_of(Side::B)].packets, 0U);
}

TEST(Quality, TellsHowLongPacketsStayedInTheStretch) {
  Rig rig(reporting());
  for (const int slow : {900, 60}) {
    rig.flow.resided(Side::A, base::microseconds(40));
    rig.flow.resided(Side::A, base::microseconds(slow));
    speak(rig, 500);
  }
  const auto told = rig.told<Quality>();
  ASSERT_EQ(told.size(), 2U);
  const auto of = [&](std::size_t stretch, Side side) { return told[stretch].from[index_of(side)].residence; };
  EXPECT_EQ(of(0, Side::A).packets, 2U);
  EXPECT_EQ(of(0, Side::A).longest, base::microseconds(900));
  EXPECT_EQ(of(1, Side::A).sum, base::microseconds(100));
  EXPECT_EQ(of(1, Side::A).longest, base::microseconds(60));
  EXPECT_EQ(of(0, Side::B).packets, 0U);
}

TEST(Quality, SilenceIsNotToldAndEndsNothing) {
  Rig rig(reporting());
  speak(rig, 500);
  rig.pass_with_deadlines(seconds(60));
  EXPECT_EQ(rig.told<Quality>().size(), 1U);
  speak(rig, 500);
  EXPECT_EQ(rig.told<Quality>().size(), 2U);
}

TEST(Quality, SignallingMovesNoReport) {
  Rig rig(reporting());
  for (int i = 0; i < 20; ++i) {
    speak(rig, 50);
    rig.flow.replace(reporting(), rig.now);
  }
  EXPECT_EQ(rig.told<Quality>().size(), 2U);
  rig.flow.replace(strict_spec(), rig.now);
  speak(rig, 1000);
  EXPECT_EQ(rig.told<Quality>().size(), 2U) << "nobody asks any more";
}

TEST(Quality, ARestartBeginsAnotherStretch) {
  Rig rig(reporting());
  speak(rig, 400);
  const std::string saved = rig.flow.save(rig.now).value();
  Rig next(reporting());
  next.now = rig.now;
  ASSERT_TRUE(next.flow.restore(saved, next.now));
  next.sequence = rig.sequence;
  speak(next, 500);
  ASSERT_EQ(next.told<Quality>().size(), 1U);
  EXPECT_EQ(next.told<Quality>()[0].from[index_of(Side::A)].packets, 500U);
}

TEST(Quality, FaxHasNone) {
  Spec spec = reporting();
  spec.transport = Transport::Udptl;
  Rig rig(spec);
  EXPECT_EQ(rig.flow.next_deadline(), base::kNever);
}

}  // namespace
}  // namespace flow
