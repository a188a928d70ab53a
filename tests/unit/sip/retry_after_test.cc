#include "sbc/sip/retry_after.h"

#include <gtest/gtest.h>

namespace sbc::sip {
namespace {

TEST(RetryAfterTest, SecondsAreReadWhateverFollowsThem) {
  EXPECT_EQ(parse_retry_after("18000;duration=3600"), 18000U);
  EXPECT_EQ(parse_retry_after("120 (I'm in a meeting)"), 120U);
  EXPECT_EQ(parse_retry_after("120(at lunch)"), 120U);
  EXPECT_EQ(parse_retry_after("0"), 0U);
}

TEST(RetryAfterTest, MoreThanFitsIsTheMostThatFits) {
  EXPECT_EQ(parse_retry_after("4294967295"), UINT32_MAX);
  EXPECT_EQ(parse_retry_after("4294967296"), UINT32_MAX);
  EXPECT_EQ(parse_retry_after("99999999999999999999999"), UINT32_MAX);
}

TEST(RetryAfterTest, WhatIsNotSecondsSaysNothing) {
  for (const char* text : {"", " ", ";duration=1", "(soon)", "soon", "-1", "+1", "1.5", "5x"})
    EXPECT_EQ(parse_retry_after(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sbc::sip
