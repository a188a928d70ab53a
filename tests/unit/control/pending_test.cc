#include "media-relay/control/pending.h"

#include <gtest/gtest.h>

#include <string>

namespace control {
namespace {

base::Instant at(int ms) {
  return base::Instant(base::milliseconds(ms));
}

TEST(Pending, AReplyFindsItsRequestOnce) {
  PendingRequests<std::string> pending;
  const auto first = pending.mint();
  const auto second = pending.mint();
  EXPECT_NE(first, 0U);
  EXPECT_NE(first, second);
  pending.add(first, at(100), "first");
  pending.add(second, at(100), "second");
  EXPECT_EQ(pending.take(second), "second");
  EXPECT_EQ(pending.take(second), std::nullopt);
  EXPECT_EQ(pending.take(first), "first");
  EXPECT_EQ(pending.size(), 0U);
  EXPECT_EQ(pending.next_deadline(), base::kNever);
}

TEST(Pending, OverdueRequestsComeOutEarliestFirst) {
  PendingRequests<int> pending;
  pending.add(3, at(300), 3);
  pending.add(1, at(100), 1);
  pending.add(2, at(200), 2);
  EXPECT_EQ(pending.next_deadline(), at(100));
  EXPECT_TRUE(pending.expire(at(99)).empty());
  const auto overdue = pending.expire(at(200));
  ASSERT_EQ(overdue.size(), 2U);
  EXPECT_EQ(overdue[0].request, 1U);
  EXPECT_EQ(overdue[1].request, 2U);
  EXPECT_EQ(pending.take(1), std::nullopt);
  EXPECT_EQ(pending.next_deadline(), at(300));
}

TEST(Pending, DrainEmptiesEverything) {
  PendingRequests<int> pending;
  pending.add(1, at(100), 1);
  pending.add(2, at(50), 2);
  EXPECT_EQ(pending.drain().size(), 2U);
  EXPECT_EQ(pending.size(), 0U);
}

}  // namespace
}  // namespace control
