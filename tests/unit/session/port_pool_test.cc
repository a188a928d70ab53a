#include "media-relay/session/port_pool.h"

#include <gtest/gtest.h>

#include <set>

namespace session {
namespace {

const base::Instant kStart = base::Instant(base::seconds(100));

TEST(PortPool, PairsAreEvenAndWhollyInsideTheRange) {
  base::SeededRandom random(1);
  struct Case {
    std::uint16_t first, last;
    std::size_t pairs;
  };
  for (const Case& c : {Case{20000, 20003, 2},
                        {20001, 20004, 1},
                        {20001, 20005, 2},
                        {20000, 20000, 0},
                        {20001, 20002, 0},
                        {65534, 65535, 1},
                        {65535, 65535, 0},
                        {16384, 32767, 8192}}) {
    PortPool pool(c.first, c.last, base::seconds(1));
    ASSERT_EQ(pool.capacity(), c.pairs) << c.first << "-" << c.last;
    std::set<std::uint16_t> seen;
    while (const auto port = pool.acquire(kStart, random)) {
      EXPECT_EQ(*port % 2, 0);
      EXPECT_GE(*port, c.first);
      EXPECT_LE(*port + 1, c.last);
      EXPECT_TRUE(seen.insert(*port).second);
    }
    EXPECT_EQ(seen.size(), c.pairs);
    EXPECT_EQ(pool.in_use(), c.pairs);
  }
}

// trap 53.
TEST(PortPool, ReleasedPairRestsForTheQuarantine) {
  base::SeededRandom random(1);
  PortPool pool(20000, 20001, base::seconds(60));
  ASSERT_TRUE(pool.acquire(kStart, random));
  EXPECT_TRUE(pool.release(20000, kStart));
  EXPECT_EQ(pool.quarantined(kStart), 1U);
  EXPECT_FALSE(pool.acquire(kStart + base::seconds(60) - base::Duration(1), random));
  EXPECT_EQ(pool.acquire(kStart + base::seconds(60), random), 20000);
}

// Calls are not refused for the second half of it.
TEST(PortPool, WhereNoneIsFreeThePairThatHasRestedLongestIsTakenEarly) {
  base::SeededRandom random(1);
  PortPool pool(20000, 20003, base::seconds(60));
  ASSERT_TRUE(pool.acquire(kStart, random));
  EXPECT_FALSE(pool.acquire_early(kStart)) << "one is free";
  ASSERT_TRUE(pool.acquire(kStart, random));
  EXPECT_FALSE(pool.acquire_early(kStart)) << "none rests";
  EXPECT_TRUE(pool.release(20002, kStart));
  EXPECT_TRUE(pool.release(20000, kStart + base::seconds(10)));
  EXPECT_FALSE(pool.acquire_early(kStart + base::seconds(30) - base::Duration(1)));
  EXPECT_EQ(pool.acquire_early(kStart + base::seconds(30)), 20002);
  EXPECT_FALSE(pool.acquire_early(kStart + base::seconds(30)));
  EXPECT_EQ(pool.acquire_early(kStart + base::seconds(40)), 20000);
  EXPECT_EQ(pool.in_use(), 2U);
  EXPECT_EQ(pool.quarantined(kStart + base::seconds(40)), 0U);
}

TEST(PortPool, WhatIsNotInUseCannotBeReleased) {
  base::SeededRandom random(1);
  PortPool pool(20000, 20003, base::seconds(60));
  const auto port = pool.acquire(kStart, random);
  EXPECT_FALSE(pool.release(static_cast<std::uint16_t>(*port + 1), kStart));
  EXPECT_FALSE(pool.release(19998, kStart));
  EXPECT_FALSE(pool.release(20004, kStart));
  EXPECT_TRUE(pool.release(*port, kStart));
  EXPECT_FALSE(pool.release(*port, kStart));
  EXPECT_EQ(pool.in_use(), 0U);
}

// trap 53.
TEST(PortPool, ChoiceIsNotInSequence) {
  base::SeededRandom random(3);
  PortPool pool(16384, 32767, base::seconds(60));
  int neighbours = 0;
  std::uint16_t last = 0;
  for (int i = 0; i < 500; ++i) {
    const std::uint16_t port = *pool.acquire(kStart, random);
    if (port == last + 2) ++neighbours;
    last = port;
  }
  EXPECT_LT(neighbours, 5);
}

}  // namespace
}  // namespace session
