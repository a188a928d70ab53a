#include "sbc/call/occupancy.h"

#include <gtest/gtest.h>

namespace sbc::call {
namespace {

using Of = Occupancy::Of;

TEST(Occupancy, ASeatCountsForAsLongAsItIsHeld) {
  OccupancyTable occupancy;
  {
    auto one = occupancy.take(Of::Trunk, "a");
    auto two = occupancy.take(Of::Trunk, "a");
    auto other = occupancy.take(Of::Realm, "a");
    EXPECT_EQ(occupancy.count(Of::Trunk, "a"), 2U);
    EXPECT_EQ(occupancy.count(Of::Realm, "a"), 1U);
    EXPECT_EQ(occupancy.count(Of::User, "a"), 0U);
    EXPECT_EQ(one.name(), "a");
    const auto moved = std::move(one);
    EXPECT_EQ(moved.name(), "a");
    two = std::move(other);
    EXPECT_EQ(occupancy.count(Of::Trunk, "a"), 1U);
  }
  EXPECT_EQ(occupancy.size(), 0U) << "what nobody holds is forgotten";
}

TEST(Occupancy, ALimitHoldsAtTheLimitAndNotOnePast) {
  OccupancyTable occupancy;
  EXPECT_FALSE(occupancy.take(Of::Class, "none", 0));
  auto one = occupancy.take(Of::Class, "gold", 2);
  auto two = occupancy.take(Of::Class, "gold", 2);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(occupancy.take(Of::Class, "gold", 2));
  EXPECT_FALSE(occupancy.take(Of::Class, "gold", 2));
  EXPECT_EQ(occupancy.refused(Of::Class, "gold"), 2U);
  one.reset();
  EXPECT_TRUE(occupancy.take(Of::Class, "gold", 2));
  EXPECT_EQ(occupancy.refused(Of::Trunk, "gold"), 0U);
}

}  // namespace
}  // namespace sbc::call
