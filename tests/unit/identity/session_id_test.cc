#include "sbc/identity/session_id.h"

#include <gtest/gtest.h>

#include "media-relay/base/random.h"

namespace sbc::identity {
namespace {

constexpr std::string_view kA = "ab30317f1a784dc48ff824d0d3715d86";
constexpr std::string_view kB = "47755a9de7794ba387653f2099600ef2";

TEST(SessionId, BothEndsAreRead) {
  const auto id = parse_session_id(std::string(kA) + " ;remote=" + std::string(kB));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->local, kA);
  EXPECT_EQ(id->remote, kB);
}

TEST(SessionId, TheOldFormHasOneEnd) {  // RFC 7989 11
  const auto id = parse_session_id(kA);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->remote, "");
}

TEST(SessionId, WhatIsNo32DigitsIsAsIfAbsent) {  // RFC 7989 6
  for (const auto& text : {std::string(kA).substr(1), std::string(kA) + "0",
                           std::string("x") + std::string(kA).substr(1), std::string(kA) + ";remote=5", std::string()})
    EXPECT_FALSE(parse_session_id(text)) << text;
}

TEST(SessionId, AnUnknownEndIsNil) {
  EXPECT_EQ(session_id_value(kA, ""), std::string(kA) + ";remote=00000000000000000000000000000000");
}

TEST(SessionId, ANewOneIsAVersion4Uuid) {
  base::SeededRandom random(1);
  const auto one = new_uuid(random);
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(one[12], '4');
  EXPECT_TRUE(std::string_view("89ab").contains(one[16]));
  EXPECT_NE(one, new_uuid(random));
}

}  // namespace
}  // namespace sbc::identity
