// How long answers hold.

#include "sbc/resolve/cache.h"

#include <gtest/gtest.h>

#include "sbc/resolve/limits.h"
#include "sbc/route/limits.h"

namespace sbc::resolve {
namespace {

using base::seconds;
using route::DnsAnswer;
using route::Question;
using Outcome = DnsAnswer::Outcome;

const Question kName{Question::Type::A, "h.example"};

DnsAnswer found(base::Duration ttl, std::uint32_t ip = 1) {
  return {.outcome = Outcome::Found, .addresses = {base::IpAddress::v4(ip)}, .ttl = ttl};
}

class CacheTest : public ::testing::Test {
 protected:
  // How long the answer is given out.
  base::Duration life(DnsAnswer answer) {
    Cache cache(limits_);
    cache.store(kName, std::move(answer), now_);
    base::Duration life = base::milliseconds(0);
    while (cache.find(kName, now_ + life) != nullptr) life += base::milliseconds(500);
    return life;
  }
  CacheLimits limits_{.min_ttl = seconds(2), .max_ttl = seconds(100), .negative_ttl = seconds(30), .entries = 3};
  base::Instant now_ = base::Instant{} + base::hours{1};
};

TEST_F(CacheTest, TimesAreCutToTheLimits) {
  EXPECT_EQ(life(found(seconds(0))), seconds(2));
  EXPECT_EQ(life(found(seconds(10))), seconds(10));
  EXPECT_EQ(life(found(seconds(1000))), seconds(100));
  EXPECT_EQ(life({.outcome = Outcome::Nothing}), seconds(30)) << "without SOA";
  EXPECT_EQ(life({.outcome = Outcome::Nothing, .ttl = seconds(7)}), seconds(7));
  EXPECT_EQ(life({.outcome = Outcome::Nothing, .ttl = seconds(700)}), seconds(30));
  EXPECT_EQ(life({.outcome = Outcome::Failed}), kFailureTtl);
  EXPECT_EQ(life({.outcome = Outcome::Silent}), kFailureTtl);
}

TEST_F(CacheTest, WhoRefreshesAsksBeforeTheEnd) {
  Cache cache(limits_);
  cache.store(kName, found(seconds(40)), now_);
  EXPECT_NE(cache.find(kName, now_ + seconds(29), true), nullptr);
  EXPECT_EQ(cache.find(kName, now_ + seconds(31), true), nullptr);
  EXPECT_NE(cache.find(kName, now_ + seconds(31)), nullptr);
}

TEST_F(CacheTest, AFailureDoesNotTakeAGoodAnswerAway) {  // RFC 8767 5
  Cache cache(limits_);
  cache.store(kName, found(seconds(10)), now_);
  base::Instant later = now_ + seconds(60);
  EXPECT_EQ(cache.find(kName, later), nullptr);
  EXPECT_EQ(cache.store(kName, {.outcome = Outcome::Silent}, later).outcome, Outcome::Found);
  ASSERT_NE(cache.find(kName, later + seconds(20)), nullptr);
  EXPECT_EQ(cache.stale(), 1U);
  EXPECT_EQ(cache.store(kName, {.outcome = Outcome::Nothing}, later).outcome, Outcome::Nothing)
      << "the zone's own word counts";
  cache.store(kName, found(seconds(10)), now_);
  later = now_ + seconds(11) + route::kStaleFor;
  EXPECT_EQ(cache.store(kName, {.outcome = Outcome::Failed}, later).outcome, Outcome::Failed) << "too old";
}

TEST_F(CacheTest, TheLeastRecentlyUsedGoesWhenItIsFull) {
  Cache cache(limits_);
  const auto question = [](int i) { return Question{Question::Type::A, std::to_string(i)}; };
  for (int i = 0; i < 3; ++i) cache.store(question(i), found(seconds(50)), now_);
  EXPECT_EQ(cache.evicted(), 0U);
  cache.find(question(0), now_);
  cache.store(question(3), found(seconds(50)), now_);
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_EQ(cache.evicted(), 1U);
  EXPECT_EQ(cache.find(question(1), now_), nullptr);
  EXPECT_NE(cache.find(question(0), now_), nullptr);
}

}  // namespace
}  // namespace sbc::resolve
