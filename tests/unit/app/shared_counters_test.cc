#include "sbc/app/shared_counters.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sbc::app {
namespace {

TEST(SharedCounters, AllThreadsCountTogether) {
  SharedCounters counters;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&counters] {
      for (int i = 0; i < 1000; ++i)
        counters.add("caller:" + std::to_string(i % 10), base::hours(1), 1, base::Instant(base::hours(5)));
    });
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(counters.add("caller:" + std::to_string(i), base::hours(1), 0, base::Instant(base::hours(5))).sum, 400U);
}

TEST(SharedCounters, SayWhatTheyForget) {
  SharedCounters counters(16);  // one in each part
  std::uint64_t forgotten = 0;
  for (int i = 0; i < 100; ++i)
    forgotten += counters.add(std::to_string(i), base::hours(1), 1, base::Instant(base::hours(5))).forgotten;
  EXPECT_GE(forgotten, 84U);
}

}  // namespace
}  // namespace sbc::app
