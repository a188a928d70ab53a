#include "sbc/auth/nonce.h"

#include <gtest/gtest.h>

#include <set>

#include "sbc/auth/replay_guard.h"

namespace sbc::auth {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;

const Instant kStart{base::hours(1000)};

class NonceTest : public ::testing::Test {
 protected:
  base::SeededRandom random_{1};
  NonceMint mint_{base::HashKey{11, 22}};
};

TEST_F(NonceTest, OurOwnNonceIsGoodUntilItsLifetimeIsOver) {
  const std::string nonce = mint_.issue("realm", kStart, random_);
  const auto fresh = mint_.check(nonce, "realm", kStart, seconds(300));
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->issued, kStart);
  EXPECT_TRUE(mint_.check(nonce, "realm", kStart + seconds(300), seconds(300)));
  EXPECT_EQ(mint_.check(nonce, "realm", kStart + seconds(300) + milliseconds(1), seconds(300)).error(),
            NonceError::Expired);
}

TEST_F(NonceTest, ANonceSlightlyAheadOfOurClockIsGood) {
  const std::string nonce = mint_.issue("realm", kStart, random_);
  EXPECT_TRUE(mint_.check(nonce, "realm", kStart - milliseconds(20), seconds(300)));
}

TEST_F(NonceTest, AnotherRealmOrKeyDoesNotAcceptIt) {
  const std::string nonce = mint_.issue("realm", kStart, random_);
  EXPECT_EQ(mint_.check(nonce, "other", kStart, seconds(300)).error(), NonceError::Foreign);
  EXPECT_EQ(NonceMint(base::HashKey{11, 23}).check(nonce, "realm", kStart, seconds(300)).error(), NonceError::Foreign);
}

TEST_F(NonceTest, EveryChangedByteIsForeign) {
  const std::string nonce = mint_.issue("realm", kStart, random_);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(mint_.check(changed, "realm", kStart, seconds(300))) << i;
  }
  EXPECT_FALSE(mint_.check(nonce + "0", "realm", kStart, seconds(300)));
  EXPECT_FALSE(mint_.check(nonce.substr(1), "realm", kStart, seconds(300)));
  EXPECT_FALSE(mint_.check("", "realm", kStart, seconds(300)));
  EXPECT_FALSE(mint_.check(std::string(48, 'Z'), "realm", kStart, seconds(300)));
}

TEST_F(NonceTest, TwoNoncesOfOneInstantDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(mint_.issue("realm", kStart, random_));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(ReplayGuard, EachCountIsGoodOnce) {
  ReplayGuard guard(64);
  const Nonce nonce{kStart, 7};
  EXPECT_FALSE(guard.use(nonce, 0));
  EXPECT_TRUE(guard.use(nonce, 1));
  EXPECT_FALSE(guard.use(nonce, 1));
  EXPECT_TRUE(guard.use(nonce, 2));
  EXPECT_FALSE(guard.use(nonce, 1));
  EXPECT_TRUE(guard.use(Nonce{kStart, 8}, 1));
}

TEST(ReplayGuard, CountsMayOvertakeWithinTheWindow) {
  ReplayGuard guard(64);
  const Nonce nonce{kStart, 7};
  EXPECT_TRUE(guard.use(nonce, 70));
  EXPECT_TRUE(guard.use(nonce, 7));   // 63 behind
  EXPECT_FALSE(guard.use(nonce, 6));  // 64 behind: nothing is known of it
  EXPECT_FALSE(guard.use(nonce, 7));
  EXPECT_TRUE(guard.use(nonce, 134));  // the window moves on by 64
  EXPECT_FALSE(guard.use(nonce, 70));
  EXPECT_TRUE(guard.use(nonce, 71));
  EXPECT_TRUE(guard.use(nonce, 0xFFFFFFFF));
  EXPECT_FALSE(guard.use(nonce, 0xFFFFFFFF));
  EXPECT_FALSE(guard.use(nonce, 134));
}

TEST(ReplayGuard, AFullTableForgetsTheOldestAndNeverLetsItBack) {
  ReplayGuard guard(8);  // one set
  ASSERT_EQ(guard.capacity(), 8U);
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(guard.use(Nonce{kStart + seconds(i), i}, 1));
  EXPECT_TRUE(guard.use(Nonce{kStart + seconds(100), 100}, 1));  // pushes out the one from second 0
  EXPECT_FALSE(guard.use(Nonce{kStart, 0}, 1)) << "a replay";
  EXPECT_FALSE(guard.use(Nonce{kStart, 0}, 2)) << "an honest client pays with one stale challenge";
  EXPECT_FALSE(guard.use(Nonce{kStart + seconds(1), 1}, 1)) << "still remembered";
  EXPECT_TRUE(guard.use(Nonce{kStart + seconds(1), 1}, 2));
}

TEST(ReplayGuard, ANonceOlderThanAllInAFullSetIsNotTaken) {
  ReplayGuard guard(8);
  for (std::uint64_t i = 1; i <= 8; ++i) EXPECT_TRUE(guard.use(Nonce{kStart + seconds(i), i}, 1));
  EXPECT_FALSE(guard.use(Nonce{kStart, 0}, 1));
}

TEST(ReplayGuard, TenTimesMoreNoncesThanRoomNeverAcceptAReplay) {
  ReplayGuard guard(256);
  base::SeededRandom random(3);
  std::vector<std::pair<Nonce, std::uint32_t>> accepted;
  for (int i = 0; i < 2560; ++i) {
    const Nonce nonce{kStart + milliseconds(i), random.next()};
    if (guard.use(nonce, 1)) accepted.emplace_back(nonce, 1);
  }
  EXPECT_GT(accepted.size(), 2000U);
  for (const auto& [nonce, count] : accepted) EXPECT_FALSE(guard.use(nonce, count));
}

}  // namespace
}  // namespace sbc::auth
