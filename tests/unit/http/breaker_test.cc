#include "sbc/http/breaker.h"

#include <gtest/gtest.h>

#include "sbc/http/cache.h"
#include "sbc/http/limits.h"

namespace sbc::http {
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

Response text(std::size_t bytes) {
  return {.status = 200, .content_type = "", .body = std::string(bytes, 'x')};
}

TEST(Cache, ForgetsInTime) {
  Cache cache(10);
  cache.store("a", text(1), kStart + seconds(5));
  EXPECT_NE(cache.find("a", kStart + seconds(4)), nullptr);
  EXPECT_EQ(cache.find("a", kStart + seconds(5)), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, ForgetsTheLeastRecentlyUsedFirst) {
  Cache cache(2);
  const auto until = kStart + seconds(60);
  cache.store("a", text(1), until);
  cache.store("b", text(1), until);
  EXPECT_NE(cache.find("a", kStart), nullptr);
  cache.store("c", text(1), until);
  EXPECT_EQ(cache.find("b", kStart), nullptr);
  EXPECT_NE(cache.find("a", kStart), nullptr);
  cache.store("a", text(5), until);
  EXPECT_EQ(cache.find("a", kStart)->body.size(), 5U) << "the newer answer takes the place of the older";
  EXPECT_EQ(cache.size(), 2U);
  cache.set_entries(0);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(Cache, IsBoundedInBytes) {
  Cache cache(1000);
  for (int i = 0; i < 20; ++i) cache.store(std::to_string(i), text(kMaxCacheBytes / 10), kStart + seconds(60));
  EXPECT_LE(cache.bytes(), kMaxCacheBytes);
  EXPECT_EQ(cache.size(), 9U);
}

}  // namespace
}  // namespace sbc::http
