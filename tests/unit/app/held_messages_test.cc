#include "sbc/app/held_messages.h"

#include <gtest/gtest.h>

namespace sbc::app {
namespace {

const base::Instant kStart{base::hours(1)};

TEST(HeldMessages, GoOnWithTheLastAnswer) {
  HeldMessages held;
  const auto number = held.hold({}, 2, kStart);
  ASSERT_TRUE(number);
  EXPECT_FALSE(held.answered(*number));
  EXPECT_TRUE(held.answered(*number));
  EXPECT_FALSE(held.answered(*number)) << "it is gone";
  EXPECT_EQ(held.next_deadline(), base::kNever);
}

TEST(HeldMessages, GoOnWithoutAnAnswerThatDoesNotCome) {
  HeldMessages held;
  const auto number = held.hold({}, 1, kStart);
  (void)held.hold({}, 1, kStart + base::milliseconds(50));
  EXPECT_EQ(held.next_deadline(), kStart + HeldMessages::kLongest);
  EXPECT_TRUE(held.due(kStart).empty());
  EXPECT_EQ(held.due(kStart + HeldMessages::kLongest).size(), 1U);
  EXPECT_FALSE(held.answered(*number)) << "too late";
  EXPECT_EQ(held.size(), 1U);
}

TEST(HeldMessages, AreBounded) {
  HeldMessages held;
  for (std::size_t i = 0; i < HeldMessages::kMost; ++i) EXPECT_TRUE(held.hold({}, 1, kStart));
  EXPECT_FALSE(held.hold({}, 1, kStart));
}

}  // namespace
}  // namespace sbc::app
