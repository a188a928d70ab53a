#include "sbc/lookup/cache.h"

#include <gtest/gtest.h>

#include <string>

namespace sbc::lookup {
namespace {

using base::seconds;

constexpr base::Instant kStart{base::hours(1)};

TEST(Cache, ForgetsInTime) {
  Cache<std::string> cache(10);
  cache.store("a", std::string(1, 'x'), 1, kStart + seconds(5));
  EXPECT_NE(cache.find("a", kStart + seconds(4)), nullptr);
  EXPECT_EQ(cache.find("a", kStart + seconds(5)), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, ForgetsTheLeastRecentlyUsedFirst) {
  Cache<std::string> cache(2);
  const auto until = kStart + seconds(60);
  cache.store("a", std::string(1, 'x'), 1, until);
  cache.store("b", std::string(1, 'x'), 1, until);
  EXPECT_NE(cache.find("a", kStart), nullptr);
  cache.store("c", std::string(1, 'x'), 1, until);
  EXPECT_EQ(cache.find("b", kStart), nullptr);
  EXPECT_NE(cache.find("a", kStart), nullptr);
  cache.store("a", std::string(5, 'x'), 5, until);
  EXPECT_EQ(cache.find("a", kStart)->size(), 5U) << "the newer answer takes the place of the older";
  EXPECT_EQ(cache.size(), 2U);
  cache.set_entries(0);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(Cache, IsBoundedInBytes) {
  Cache<std::string> cache(1000);
  for (int i = 0; i < 20; ++i)
    cache.store(std::to_string(i), std::string(kMaxCacheBytes / 10, 'x'), kMaxCacheBytes / 10, kStart + seconds(60));
  EXPECT_LE(cache.bytes(), kMaxCacheBytes);
  EXPECT_EQ(cache.size(), 9U);
}

}  // namespace
}  // namespace sbc::lookup
