// Many writers, one reader, no lock: nothing is lost, nothing comes twice, and each writer's come in its order.

#include "sbc/app/invocation_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace sbc::app {
namespace {

InvocationQueue<4>::Entry entry(const std::string& call_id, std::uint32_t number = 0) {
  auto made = std::make_shared<retell::Invocation>();
  made->call_id = call_id;
  made->took_us = number;
  return made;
}

TEST(InvocationQueue, GivesWhatItTookInItsOrder) {
  InvocationQueue<4> queue;
  EXPECT_EQ(queue.pop(), nullptr);
  for (int round = 0; round < 3; ++round) {
    for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(queue.push(entry(name)));
    EXPECT_EQ(queue.size(), 3U);
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(queue.pop()->call_id, name);
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

TEST(InvocationQueue, RefusesWhatIsBeyondItsPlacesAndGoesOn) {
  InvocationQueue<4> queue;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push(entry("in")));
  EXPECT_FALSE(queue.push(entry("beyond")));
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_NE(queue.pop(), nullptr);
  EXPECT_TRUE(queue.push(entry("again")));
  EXPECT_FALSE(queue.push(entry("beyond")));
}

TEST(InvocationQueue, KeepsNothingThatWasRead) {
  InvocationQueue<4> queue;
  const auto one = entry("one");
  queue.push(one);
  EXPECT_EQ(one.use_count(), 2);
  queue.pop();
  EXPECT_EQ(one.use_count(), 1);
}

TEST(InvocationQueue, LosesNothingBetweenThreads) {
  constexpr std::uint32_t kEach = 20'000;
  constexpr int kWriters = 3;
  InvocationQueue<64> queue;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&queue, w] {
      for (std::uint32_t i = 1; i <= kEach; ++i) {
        const auto made = entry(std::to_string(w), i);
        while (!queue.push(made)) std::this_thread::yield();
      }
    });
  std::map<std::string, std::uint32_t> last;
  for (std::uint32_t read = 0; read < kWriters * kEach;) {
    const auto got = queue.pop();
    if (got == nullptr) {
      std::this_thread::yield();
      continue;
    }
    ++read;
    ASSERT_EQ(got->took_us, ++last[got->call_id]) << "of writer " << got->call_id;
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(queue.pop(), nullptr);
}

}  // namespace
}  // namespace sbc::app
