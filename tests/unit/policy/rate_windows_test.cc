#include "sbc/policy/rate_windows.h"

#include <gtest/gtest.h>

namespace sbc::policy {
namespace {

using base::seconds;

constexpr base::Instant kStart{base::hours(1)};
constexpr base::Duration kMinute = base::minutes(1);

TEST(RateWindows, AddUpByName) {
  RateWindows counters(100);
  EXPECT_EQ(counters.add("a", kMinute, 1, kStart), 1U);
  EXPECT_EQ(counters.add("a", kMinute, 1, kStart), 2U);
  EXPECT_EQ(counters.add("b", kMinute, 5, kStart), 5U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart), 2U) << "a question changes nothing";
  EXPECT_EQ(counters.add("a", seconds(30), 1, kStart), 1U) << "another window is another counter";
  EXPECT_EQ(counters.size(), 3U);
}

TEST(RateWindows, TheWindowSlides) {
  RateWindows counters(100);
  for (int i = 0; i < 100; ++i) counters.add("a", kMinute, 1, kStart);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart + seconds(59)), 100U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart + seconds(60)), 100U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart + seconds(75)), 75U);
  EXPECT_EQ(counters.add("a", kMinute, 1, kStart + seconds(90)), 51U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart + seconds(120)), 1U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart + seconds(300)), 0U);
}

TEST(RateWindows, AreBoundedAndTheLeastRecentlyUsedGoes) {
  RateWindows counters(3);
  for (const char* name : {"a", "b", "c"}) counters.add(name, kMinute, 1, kStart);
  counters.add("a", kMinute, 1, kStart);
  EXPECT_EQ(counters.add("none", kMinute, 0, kStart), 0U) << "a question pushes nobody out";
  counters.add("d", kMinute, 1, kStart);
  EXPECT_EQ(counters.size(), 3U);
  EXPECT_EQ(counters.forgotten(), 1U);
  EXPECT_EQ(counters.add("b", kMinute, 0, kStart), 0U);
  EXPECT_EQ(counters.add("a", kMinute, 0, kStart), 2U);
}

}  // namespace
}  // namespace sbc::policy
