#include "media-relay/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, SumsTheSameSeriesOfAllShards) {
  base::Counter shard0;
  base::Counter shard1;
  Metrics metrics;
  metrics.counter("calls_total", "Calls.", {{"result", "answered"}, {"a", "b"}}, shard0);
  metrics.counter("calls_total", "Calls.", {{"a", "b"}, {"result", "answered"}}, shard1);
  shard0.add();
  shard1.add(41);
  EXPECT_EQ(
      "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
      "calls_total{a=\"b\",result=\"answered\"} 42\n",
      metrics.render());
}

TEST(Metrics, GaugesGoDownAndFunctionsAreAskedAtEachScrape) {
  base::Gauge gauge;
  double asked = 0;
  Metrics metrics;
  metrics.gauge("active", "Active.", {}, gauge);
  metrics.gauge("asked", "Asked.", {}, [&] { return ++asked; });
  gauge.add(5);
  gauge.add(-7);
  EXPECT_THAT(metrics.render(), HasSubstr("\nactive -2\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("\nasked 2\n"));
}

TEST(Metrics, HistogramsAreCumulativeWithInclusiveBounds) {
  Histogram a{0.1, 1};
  Histogram b{0.1, 1};
  Metrics metrics;
  metrics.histogram("setup_seconds", "Setup.", {}, a);
  metrics.histogram("setup_seconds", "Setup.", {}, b);
  a.observe(0.1);  // "less than or equal": belongs to the first bucket
  a.observe(0.5);
  b.observe(8);
  EXPECT_EQ(3u, a.count() + b.count());
  EXPECT_EQ(
      "# HELP setup_seconds Setup.\n# TYPE setup_seconds histogram\n"
      "setup_seconds_count 3\nsetup_seconds_sum 8.6\n"
      "setup_seconds_bucket{le=\"0.1\"} 1\nsetup_seconds_bucket{le=\"1\"} 2\nsetup_seconds_bucket{le=\"+Inf\"} 3\n",
      metrics.render());
}

TEST(Metrics, SeriesOfAFamilyComeAndGo) {
  std::vector<Metrics::Sample> samples{{{{"target", "a"}}, 1}};
  Metrics metrics;
  metrics.family("up", "Up.", Metrics::Kind::Gauge, [&] { return samples; });
  EXPECT_THAT(metrics.render(), HasSubstr("# TYPE up gauge\nup{target=\"a\"} 1\n"));
  samples = {{{{"target", "b"}}, 0}};
  EXPECT_THAT(metrics.render(), HasSubstr("# TYPE up gauge\nup{target=\"b\"} 0\n"));
  EXPECT_THROW(metrics.family("up", "", Metrics::Kind::Gauge, {}), std::invalid_argument);
}

TEST(Metrics, EscapesLabelValues) {
  base::Counter counter;
  Metrics metrics;
  metrics.counter("x_total", "X.", {{"v", "a\"b\\c\nd"}}, counter);
  EXPECT_THAT(metrics.render(), HasSubstr("x_total{v=\"a\\\"b\\\\c\\nd\"} 0\n"));
}

TEST(Metrics, RefusesNamesThatPrometheusWouldRefuse) {
  base::Counter counter;
  base::Gauge gauge;
  Metrics metrics;
  EXPECT_THROW(metrics.counter("1x", "", {}, counter), std::invalid_argument);
  EXPECT_THROW(metrics.counter("x-y", "", {}, counter), std::invalid_argument);
  EXPECT_THROW(metrics.counter("x", "", {{"a:b", ""}}, counter), std::invalid_argument);
  EXPECT_THROW(metrics.counter("x", "", {{"__a", ""}}, counter), std::invalid_argument);
  metrics.counter("x", "", {}, counter);
  EXPECT_THROW(metrics.gauge("x", "", {}, gauge), std::invalid_argument);
  EXPECT_THROW((Histogram{2, 1}), std::invalid_argument);
}

TEST(Metrics, TellsAboutTheProcess) {
  Metrics metrics;
  metrics.add_process_metrics();
  const std::string text = metrics.render();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                           "process_max_fds", "process_start_time_seconds"})
    EXPECT_THAT(text, testing::Not(HasSubstr(std::string("\n") + name + " 0\n"))) << text;
}

TEST(Metrics, MayBeScrapedWhileShardsCount) {
  base::Counter counter;
  Histogram histogram{1, 2, 3};
  Metrics metrics;
  metrics.counter("x_total", "X.", {}, counter);
  metrics.histogram("h", "H.", {}, histogram);
  constexpr int kEvents = 100'000;
  std::thread shard([&] {
    for (int i = 0; i < kEvents; ++i) {
      counter.add();
      histogram.observe(i % 5);
    }
  });
  for (int i = 0; i < 20; ++i) metrics.render();
  shard.join();
  EXPECT_THAT(metrics.render(), HasSubstr("x_total 100000\n"));
  EXPECT_EQ(static_cast<std::uint64_t>(kEvents), histogram.count());
}

}  // namespace
}  // namespace observe
