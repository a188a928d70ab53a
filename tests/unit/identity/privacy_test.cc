#include "sbc/identity/privacy.h"

#include "sample.h"

namespace sbc::identity {
namespace {

Privacy asked(const std::string& value) {
  return privacy_of(*test::invite("Privacy: " + value + "\r\n"));
}

// trap 80
TEST(Privacy, IdKeepsTheIdentityFromTheUntrustedAndBindsTheTrusted) {  // RFC 3325 7
  const auto out = treat(asked("id"), false);
  EXPECT_TRUE(out.hide_from);
  EXPECT_FALSE(out.assert_identity);
  EXPECT_EQ(out.privacy, "");
  const auto in = treat(asked("id"), true);
  EXPECT_FALSE(in.hide_from);
  EXPECT_TRUE(in.assert_identity);
  EXPECT_EQ(in.privacy, "id");
}

TEST(Privacy, NoneIsLeftAlone) {  // RFC 3323 5, RFC 3325 7
  for (const bool trusted : {true, false}) {
    const auto t = treat(asked("none"), trusted);
    EXPECT_FALSE(t.hide_from);
    EXPECT_TRUE(t.assert_identity);
    EXPECT_EQ(t.privacy, "none");
  }
}

TEST(Privacy, NothingAskedNothingHidden) {
  const auto t = treat(privacy_of(*test::invite("")), false);
  EXPECT_FALSE(t.hide_from);
  EXPECT_TRUE(t.assert_identity);
  EXPECT_EQ(t.privacy, "");
}

TEST(Privacy, UserIsCarriedOutAndStaysBoundBehindATrustedNeighbour) {
  const auto t = treat(asked("user;critical"), true);
  EXPECT_TRUE(t.hide_from);
  EXPECT_EQ(t.privacy, "id");
  EXPECT_EQ(treat(asked("user;critical"), false).privacy, "");
}

TEST(Privacy, WhatWasCarriedOutIsTakenOffTheHeader) {  // RFC 3323 5
  EXPECT_EQ(treat(asked("header;session"), true).privacy, "");
  EXPECT_EQ(treat(asked("header;session;id;critical"), true).privacy, "id");
  EXPECT_EQ(treat(asked("history"), true).privacy, "history");
  EXPECT_TRUE(treat(asked("history"), false).hide_history);
}

TEST(Privacy, WhatIsCriticalAndUnknownFails) {  // RFC 3323 5
  EXPECT_EQ(unprovidable(asked("id;critical")), "");
  EXPECT_EQ(unprovidable(asked("x-cloak;id")), "");
  EXPECT_EQ(unprovidable(asked("x-cloak ; ID;Critical")), "x-cloak");
}

TEST(Privacy, OnlySoManyWordsAreRead) {
  std::string words = "id";
  for (int i = 0; i < 15; ++i) words += ";w" + std::to_string(i);
  EXPECT_EQ(asked(words).others.size(), 15U);
  EXPECT_EQ(asked(words + ";w15").others.size(), 15U);
}

}  // namespace
}  // namespace sbc::identity
