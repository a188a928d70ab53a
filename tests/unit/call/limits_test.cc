// What a peer makes too much of is refused or left out, and counted under its name.

#include "sbc/call/limits.h"

#include <gtest/gtest.h>

#include <set>

#include "rig.h"

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

TEST(CallLimits, EveryLimitHasItsOwnName) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reached::kCount); ++i)
    names.insert(limit::name_of(static_cast<Reached>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reached::kCount));
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace sbc::call::test
