#include "sbc/lookup/breaker.h"

#include <gtest/gtest.h>

namespace sbc::lookup {
namespace {

using base::seconds;

constexpr BreakerRule kRule{.failures = 3, .pause = seconds(10)};
constexpr base::Instant kStart{base::hours(1)};

TEST(Breaker, OpensAfterSoManyFailuresInARow) {
  Breaker breaker;
  EXPECT_FALSE(breaker.failed("a", kRule, kStart));
  EXPECT_FALSE(breaker.failed("a", kRule, kStart));
  breaker.succeeded("a");
  EXPECT_FALSE(breaker.failed("a", kRule, kStart));
  EXPECT_FALSE(breaker.failed("a", kRule, kStart));
  EXPECT_TRUE(breaker.admits("a", kRule, kStart));
  EXPECT_TRUE(breaker.failed("a", kRule, kStart));
  EXPECT_FALSE(breaker.admits("a", kRule, kStart));
  EXPECT_TRUE(breaker.admits("b", kRule, kStart)) << "another one is another matter";
  EXPECT_EQ(breaker.resting(kStart), 1U);
}

TEST(Breaker, AfterThePauseOneMayTry) {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.failed("a", kRule, kStart);
  const auto later = kStart + seconds(10);
  EXPECT_FALSE(breaker.admits("a", kRule, later - base::milliseconds(1)));
  EXPECT_TRUE(breaker.admits("a", kRule, later));
  EXPECT_FALSE(breaker.admits("a", kRule, later)) << "one at a time";
  EXPECT_FALSE(breaker.failed("a", kRule, later)) << "it has been open all the time";
  EXPECT_FALSE(breaker.admits("a", kRule, later + seconds(9)));
  EXPECT_TRUE(breaker.admits("a", kRule, later + seconds(10)));
  breaker.succeeded("a");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(breaker.admits("a", kRule, later + seconds(10)));
}

TEST(Breaker, WhatWasUnderWayWhenItOpenedProlongsNothing) {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.failed("a", kRule, kStart);
  EXPECT_FALSE(breaker.failed("a", kRule, kStart + seconds(9)));
  EXPECT_TRUE(breaker.admits("a", kRule, kStart + seconds(10)));
}

}  // namespace
}  // namespace sbc::lookup
