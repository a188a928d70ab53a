// Questions of a control socket that take longer than its thread may.

#include "sbc/app/workbench.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace sbc::app {
namespace {

using Tool = Workbench::Tool;

// Until a job is over.
std::string waited(const Workbench& bench, std::uint64_t number) {
  const auto ends = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < ends) {
    const auto json = bench.json(number);
    if (!json) return "none";
    if (json->contains("done") || json->contains("failed")) return *json;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return "never";
}

TEST(Workbench, SaysWhatWasFoundAndWhyNothingWas) {
  Workbench bench;
  EXPECT_EQ(bench.take(Tool::Check, [](const auto&) { return Workbench::Found("{\"good\": true}"); }), 1U);
  EXPECT_EQ(bench.take(Tool::Replay, [](const auto&) -> Workbench::Found { return std::unexpected("no \"\xff\""); }),
            2U);
  EXPECT_EQ(waited(bench, 1), "{\"job\": 1, \"tool\": \"check\", \"state\": \"done\", \"result\": {\"good\": true}}\n");
  EXPECT_EQ(waited(bench, 2),
            "{\"job\": 2, \"tool\": \"replay\", \"state\": \"failed\", \"error\": \"no \\\"?\\\"\"}\n");
  EXPECT_FALSE(bench.json(3));
}

TEST(Workbench, RefusesWhenTooManyWaitAndForgetsTheOldest) {
  Workbench bench;
  std::promise<void> began;
  std::promise<void> go;
  bench.take(Tool::Test, [&](const auto&) {
    began.set_value();
    go.get_future().wait();
    return Workbench::Found("1");
  });
  began.get_future().wait();
  EXPECT_TRUE(bench.json(1)->contains("running"));
  const auto work = [](const auto&) { return Workbench::Found("2"); };
  for (std::size_t i = 0; i < Workbench::kMaxWaiting; ++i) EXPECT_TRUE(bench.take(Tool::Test, work));
  EXPECT_TRUE(bench.json(2)->contains("waiting"));
  EXPECT_FALSE(bench.take(Tool::Test, work)) << "eight wait";
  go.set_value();
  std::uint64_t last = 1 + Workbench::kMaxWaiting;
  waited(bench, last);
  EXPECT_TRUE(bench.json(1));
  while (last < Workbench::kMaxKept + 1) {
    last = *bench.take(Tool::Test, work);
    waited(bench, last);
  }
  EXPECT_FALSE(bench.json(1)) << "the oldest of seventeen";
  EXPECT_TRUE(bench.json(2));
}

TEST(Workbench, EndsWithAJobUnderWay) {
  std::promise<void> began;
  bool seen = false;
  {
    Workbench bench;
    bench.take(Tool::Replay, [&](const std::atomic<bool>& stop) {
      began.set_value();
      while (!stop.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      seen = true;
      return Workbench::Found("1");
    });
    bench.take(Tool::Replay, [](const auto&) {
      ADD_FAILURE() << "nobody wants this any more";
      return Workbench::Found("2");
    });
    began.get_future().wait();
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace sbc::app
