#include "sbc/app/shared_occupancy.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sbc::app {
namespace {

using Of = call::Occupancy::Of;

TEST(SharedOccupancy, ThreadsCountTogether) {
  SharedOccupancy occupancy;
  {
    std::vector<std::vector<call::Occupancy::Seat>> held(4);
    std::vector<std::thread> threads;
    for (auto& mine : held)
      threads.emplace_back([&occupancy, &mine] {
        for (int i = 0; i < 1000; ++i) {
          mine.push_back(occupancy.take(Of::Trunk, "a"));
          if (i % 2 == 0) mine.pop_back();
        }
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(occupancy.count(Of::Trunk, "a"), 2000U);
  }
  EXPECT_EQ(occupancy.size(), 0U);
}

}  // namespace
}  // namespace sbc::app
