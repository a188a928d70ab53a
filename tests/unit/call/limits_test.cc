// What a peer makes too much of is refused or left out, and counted under its name.

#include "sbc/call/limits.h"

#include <gtest/gtest.h>

#include <set>

#include "sbc/dialog/limits.h"

#include "early.h"

namespace sbc::call::test {
namespace {

using limit::Reached;

TEST(CallLimits, RedirectionsToMorePlacesThanCountAreCounted) {
  Rig rig;
  rig.a.invite();
  std::string contacts = "Contact: <sip:0@203.0.113.10>";
  for (std::size_t i = 1; i <= kMaxRedirectContacts; ++i) contacts += ", <sip:" + std::to_string(i) + "@203.0.113.10>";
  rig.b.answer(302, "", contacts + "\r\n");
  EXPECT_EQ(rig.calls.limits()[Reached::RedirectContacts], 1U);
}

TEST(CallLimits, PrivacyBeyondItsLimitIsCounted) {
  Rig rig;
  std::string words = "Privacy: id";
  for (int i = 0; i < 20; ++i) words += ";id";
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = words + "\r\n"});
  EXPECT_NE(rig.calls.limits()[Reached::PrivacyWords], 0U);
}

// Who rings needs no history: the newest of those that wait for a PRACK takes the place of the one before.
TEST(CallLimits, ProgressThatWaitsForAPrackIsBounded) {
  Rig rig;
  rig.settings->reliable["access"] = Reliable::Always;
  rig.a.invite(offer(rig, kSupports));
  for (std::size_t i = 0; i <= kMaxHeldProgress; ++i) rig.b.answer(180);
  EXPECT_EQ(rig.calls.limits()[Reached::HeldProgress], 0U) << "one is with the caller, the others wait";
  rig.b.answer(183);
  EXPECT_EQ(rig.calls.limits()[Reached::HeldProgress], 1U);
}

TEST(CallLimits, TheOldestOfTooManyRefersIsForgotten) {
  Rig rig;
  rig.connect();
  rig.settings->crossing["access"].transfers = Transfers::Pass;
  for (std::size_t i = 0; i <= kMaxReferrals; ++i) {
    EXPECT_EQ(rig.calls.limits()[Reached::Referrals], 0U) << i;
    rig.a.request("REFER", {}, "Refer-To: <sip:carol@border.example>\r\n");
    const auto passed = rig.b.take("REFER");
    ASSERT_NE(passed, nullptr) << i;
    rig.b.answer_to(passed, 202);
  }
  EXPECT_EQ(rig.calls.limits()[Reached::Referrals], 1U);
}

TEST(CallLimits, AcksOfForksBeyondThoseThatAreKeptAreCounted) {
  Rig rig;
  rig.ring();
  const auto invite = rig.b.log.front();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  for (std::size_t i = 1; i < dialog::kMaxStoredAcks; ++i)
    rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "fork-" + std::to_string(i));
  EXPECT_EQ(rig.calls.limits()[Reached::StoredAcks], 0U);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "one-fork-more");
  EXPECT_EQ(rig.calls.limits()[Reached::StoredAcks], 1U);
  EXPECT_EQ(rig.b.take("BYE")->to_tag(), "fork-1");
}

// The guard does not see what it had no room to learn: the operator is told.
TEST(CallLimits, WordsThatTheLeakGuardHasNoRoomForAreCounted) {
  Rig rig;
  rig.connect();
  for (int version = 2; version < 6; ++version) {
    EXPECT_EQ(rig.calls.limits()[Reached::LeakWords] != 0, version == 5) << version;
    std::string candidates;
    for (int i = 0; i < 24; ++i)
      candidates +=
          "a=candidate:1 1 UDP 1 10.3." + std::to_string(version) + "." + std::to_string(i) + " 4000 typ host\r\n";
    rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", version) + candidates);
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    rig.a.ack();
  }
}

TEST(CallLimits, EveryLimitHasItsOwnName) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reached::kCount); ++i)
    names.insert(limit::name_of(static_cast<Reached>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reached::kCount));
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace sbc::call::test
