// When silence is lost media, and when it is not.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

Spec timed(Spec spec = strict_spec()) {
  spec.media_timeout = seconds(30);
  return spec;
}

TEST(MediaTimeout, IsOffUnlessAsked) {
  Rig rig(strict_spec());
  EXPECT_EQ(rig.flow.next_deadline(), base::kNever);
}

// trap 54.
TEST(MediaTimeout, ReportsSilenceOfBothSidesOnce) {
  Rig rig(timed());
  rig.rtp(Side::A, kPhoneA);
  rig.rtp(Side::B, kPhoneB);
  rig.pass_with_deadlines(seconds(30) - base::Duration(1));
  EXPECT_TRUE(rig.told<MediaLost>().empty());
  rig.pass_with_deadlines(base::Duration(1));
  ASSERT_EQ(rig.told<MediaLost>().size(), 1u);
  EXPECT_EQ(rig.told<MediaLost>()[0].silence, seconds(30));
  rig.pass_with_deadlines(seconds(300));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(MediaTimeout, ReportsACallThatWasNeverHeard) {
  Rig rig(timed());
  rig.pass_with_deadlines(seconds(31));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(MediaTimeout, ReportsTheNextSilenceToo) {
  Rig rig(timed());
  rig.pass_with_deadlines(seconds(40));
  rig.rtp(Side::A, kPhoneA);
  rig.pass_with_deadlines(seconds(29));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
  rig.pass_with_deadlines(seconds(60));
  EXPECT_EQ(rig.told<MediaLost>().size(), 2u);
}

// One way by design: an announcement, a muted listener, comfort noise that pauses.
// trap 54.
TEST(MediaTimeout, OneSideIsEnough) {
  for (const Side speaker : {Side::A, Side::B}) {
    Rig rig(timed());
    for (int i = 0; i < 20; ++i) {
      rig.rtp(speaker, speaker == Side::A ? kPhoneA : kPhoneB);
      rig.pass_with_deadlines(seconds(20));
    }
    EXPECT_TRUE(rig.told<MediaLost>().empty());
  }
}

TEST(MediaTimeout, RtcpAloneIsASignOfLife) {
  Rig rig(timed());
  for (int i = 0; i < 20; ++i) {
    rig.rtcp(Side::B, kPhoneBRtcp);
    rig.pass_with_deadlines(seconds(20));
  }
  EXPECT_TRUE(rig.told<MediaLost>().empty());
}

TEST(MediaTimeout, StrangersAreNoSignOfLife) {
  Rig rig(timed());
  for (int i = 0; i < 31; ++i) {
    rig.rtp(Side::A, kStranger);
    rig.pass_with_deadlines(seconds(1));
  }
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(MediaTimeout, StopsWhileSuspendedAndStartsAnewAfterwards) {
  Spec spec = timed();
  spec.suspended = true;
  Rig rig(spec);
  EXPECT_EQ(rig.flow.next_deadline(), base::kNever);
  rig.pass_with_deadlines(seconds(1000));
  rig.flow.replace(timed(), rig.now);
  rig.pass_with_deadlines(seconds(30) - base::Duration(1));
  EXPECT_TRUE(rig.told<MediaLost>().empty());
  rig.pass_with_deadlines(base::Duration(1));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

TEST(MediaTimeout, DoesNotRunWhenNobodyIsReceivedFrom) {
  Spec spec = timed();
  spec.a.receive = false;
  Rig one(spec);
  one.pass_with_deadlines(seconds(31));
  EXPECT_EQ(one.told<MediaLost>().size(), 1u);
  spec.b.receive = false;
  Rig none(spec);
  EXPECT_EQ(none.flow.next_deadline(), base::kNever);
}

// Ringing: the far side has sent no SDP yet.
TEST(MediaTimeout, DoesNotRunBeforeBothSidesAreKnown) {
  Spec spec = timed();
  spec.b.remote_rtp.reset();
  Rig rig(spec);
  rig.pass_with_deadlines(seconds(1000));
  EXPECT_TRUE(rig.told<MediaLost>().empty());
  rig.flow.replace(timed(), rig.now);
  rig.pass_with_deadlines(seconds(30));
  EXPECT_EQ(rig.told<MediaLost>().size(), 1u);
}

// Held the old way (0.0.0.0): no address, no media to wait for.
TEST(MediaTimeout, DoesNotRunWhileHeldTheOldWay) {
  Spec spec = timed();
  spec.a.remote_rtp = endpoint("0.0.0.0:4000");
  Rig rig(spec);
  rig.pass_with_deadlines(seconds(1000));
  EXPECT_TRUE(rig.told<MediaLost>().empty());
}

}  // namespace
}  // namespace flow
