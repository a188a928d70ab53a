#include "media-relay/base/deadline_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "media-relay/base/random.h"

namespace base {
namespace {

Instant at(int ms) {
  return Instant(milliseconds(ms));
}

TEST(DeadlineQueue, IsNeverDueWhenEmpty) {
  DeadlineQueue<int> queue;
  int key = 0;
  EXPECT_EQ(queue.next(), kNever);
  EXPECT_FALSE(queue.pop_due(kNever, key));
}

TEST(DeadlineQueue, GivesDeadlinesInTimeAndOnlyWhenDue) {
  DeadlineQueue<int> queue;
  queue.arm(at(30), 3);
  queue.arm(at(10), 1);
  queue.arm(at(20), 2);
  EXPECT_EQ(queue.next(), at(10));
  int key = 0;
  EXPECT_FALSE(queue.pop_due(at(9), key));
  ASSERT_TRUE(queue.pop_due(at(20), key));
  EXPECT_EQ(key, 1);
  ASSERT_TRUE(queue.pop_due(at(20), key));
  EXPECT_EQ(key, 2);
  EXPECT_FALSE(queue.pop_due(at(20), key));
  EXPECT_EQ(queue.size(), 1u);
}

TEST(DeadlineQueue, EqualDeadlinesComeInTheOrderTheyWereArmed) {
  DeadlineQueue<int> queue;
  for (int i = 0; i < 20; ++i) queue.arm(at(5), i);
  int key = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(queue.pop_due(at(5), key));
    EXPECT_EQ(key, i);
  }
}

TEST(DeadlineQueue, AStaleHandleCancelsNothing) {
  DeadlineQueue<int> queue;
  EXPECT_FALSE(queue.cancel(DeadlineId{}));
  EXPECT_FALSE(queue.cancel(DeadlineId{7, 1}));
  const DeadlineId first = queue.arm(at(1), 1);
  EXPECT_TRUE(queue.cancel(first));
  EXPECT_FALSE(queue.cancel(first));
  const DeadlineId second = queue.arm(at(1), 2);  // takes the same slot
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_FALSE(queue.cancel(first));
  EXPECT_EQ(queue.size(), 1u);
  int key = 0;
  EXPECT_TRUE(queue.pop_due(at(1), key));
  EXPECT_FALSE(queue.cancel(second));
}

TEST(DeadlineQueue, AgreesWithASortedMapOverManyOperations) {
  SeededRandom random(20261121);
  DeadlineQueue<int> queue;
  std::multimap<std::pair<Instant, int>, DeadlineId> model;  // armed in rising order of keys
  int next_key = 0;
  for (int step = 0; step < 20000; ++step) {
    const auto what = random.below(3);
    if (what < 2) {
      const Instant when = at(static_cast<int>(random.below(500)));
      model.insert({{when, next_key}, queue.arm(when, next_key)});
      ++next_key;
    } else if (!model.empty() && random.below(2) == 0) {
      auto victim = model.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(model.size(), 16))));
      ASSERT_TRUE(queue.cancel(victim->second));
      model.erase(victim);
    } else {
      const Instant now = at(static_cast<int>(random.below(300)));
      int key = 0;
      while (queue.pop_due(now, key)) {
        ASSERT_FALSE(model.empty());
        ASSERT_EQ(model.begin()->first.second, key);
        ASSERT_LE(model.begin()->first.first, now);
        model.erase(model.begin());
      }
      ASSERT_TRUE(model.empty() || model.begin()->first.first > now);
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.next(), model.empty() ? kNever : model.begin()->first.first);
  }
}

}  // namespace
}  // namespace base
