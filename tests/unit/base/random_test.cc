#include "media-relay/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace base {
namespace {

TEST(SeededRandom, RepeatsItselfForOneSeedOnly) {
  SeededRandom a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    EXPECT_EQ(x, b.next());
    differs = differs || x != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
  SeededRandom random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) {
    const auto face = random.below(6);
    ASSERT_LT(face, 6u);
    ++seen[face];
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, FillsEveryByte) {
  SeededRandom random(1);
  std::array<std::byte, 13> seen{};
  for (int round = 0; round < 50; ++round) {
    std::array<std::byte, 13> bytes{};
    random.fill(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) seen[i] |= bytes[i];
  }
  EXPECT_TRUE(std::ranges::all_of(seen, [](std::byte b) { return b == std::byte{0xff}; }));
}

TEST(SystemRandom, DoesNotRepeat) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random.next()).second);
}

}  // namespace
}  // namespace base
