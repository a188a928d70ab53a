#include "media-relay/observe/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace observe {
namespace {

using Format = LogOptions::Format;

std::string logfmt(std::string_view message, Fields fields) {
  std::string out;
  append_line(out, Format::Logfmt, message, fields);
  return out;
}

std::string json(std::string_view message, Fields fields) {
  std::string out;
  append_line(out, Format::Json, message, fields);
  return out;
}

TEST(LogLine, WritesKeysAndValuesOfAllKinds) {
  EXPECT_EQ(R"(msg="call ended" call=c1-7f status=486 lost=-2 ok=true ratio=0.5 after=1.250000s)",
            logfmt("call ended", {{"call", "c1-7f"},
                                  {"status", 486u},
                                  {"lost", -2},
                                  {"ok", true},
                                  {"ratio", 0.5},
                                  {"after", base::milliseconds(1250)}}));
  EXPECT_EQ(R"("msg":"call ended","status":486,"ok":false,"after":0.000001,"rate":null)",
            json("call ended", {{"status", std::uint16_t{486}},
                                {"ok", false},
                                {"after", base::Duration(base::microseconds(1))},
                                {"rate", std::numeric_limits<double>::infinity()}}));
}

TEST(LogLine, QuotesWhatIsNotOnePlainWord) {
  EXPECT_EQ(R"(msg=m v="")", logfmt("m", {{"v", ""}}));
  EXPECT_EQ(R"(msg=m v="a b")", logfmt("m", {{"v", "a b"}}));
  EXPECT_EQ(R"(msg=m v="a=b")", logfmt("m", {{"v", "a=b"}}));
  EXPECT_EQ(R"(msg=m v="say \"hi\" \\")", logfmt("m", {{"v", "say \"hi\" \\"}}));
}

TEST(LogLine, StrangersCannotBreakALineOrATerminal) {
  EXPECT_EQ(R"(msg=m v="a\r\nlevel=error\tx")", logfmt("m", {{"v", "a\r\nlevel=error\tx"}}));
  EXPECT_EQ(R"(msg=m v="\x1b[31m\x00\x7f")", logfmt("m", {{"v", std::string_view("\x1b[31m\0\x7f", 7)}}));
  EXPECT_EQ(R"(msg=m v="\xff\xc0\x80")", logfmt("m", {{"v", "\xff\xc0\x80"}}));  // not UTF-8
  EXPECT_EQ(R"(msg=m v="\xe2\x80\xae")", logfmt("m", {{"v", "\xe2\x80\xae"}}));  // right-to-left override
  EXPECT_EQ(R"(msg=m v="\xc2\x9b" w="\xed\xa0\x80")",
            logfmt("m", {{"v", "\xc2\x9b"}, {"w", "\xed\xa0\x80"}}));  // C1 control, surrogate
  EXPECT_EQ("msg=m v=\"J\xc3\xbcrgen \xf0\x9f\x93\x9e\"", logfmt("m", {{"v", "J\xc3\xbcrgen \xf0\x9f\x93\x9e"}}));
  EXPECT_EQ(R"("msg":"m","v":"\u001b\n\"\\\u00ff")", json("m", {{"v", "\x1b\n\"\\\xff"}}));
}

TEST(LogLine, CutsLongValuesAtTheLimit) {
  const std::string at_limit(kMostValueBytes, 'x');
  EXPECT_EQ("msg=m v=" + at_limit, logfmt("m", {{"v", at_limit}}));
  EXPECT_EQ("msg=m v=\"" + at_limit + "...\"", logfmt("m", {{"v", at_limit + "y"}}));
}

TEST(RateLimit, LetsABurstThroughThenOnePerInterval) {
  RateLimit limit(base::seconds(1), 2);
  base::Instant now{base::seconds(100)};
  std::uint64_t suppressed = 0;
  EXPECT_TRUE(limit.allow(now, suppressed));
  EXPECT_TRUE(limit.allow(now, suppressed));
  EXPECT_FALSE(limit.allow(now, suppressed));
  EXPECT_FALSE(limit.allow(now + base::milliseconds(999), suppressed));
  EXPECT_TRUE(limit.allow(now + base::seconds(1), suppressed));
  EXPECT_EQ(2u, suppressed);
  EXPECT_FALSE(limit.allow(now + base::milliseconds(1999), suppressed));
  now += base::hours(1);
  EXPECT_TRUE(limit.allow(now, suppressed));
  EXPECT_EQ(1u, suppressed);
  EXPECT_TRUE(limit.allow(now, suppressed));
  EXPECT_EQ(0u, suppressed);
  EXPECT_FALSE(limit.allow(now, suppressed));  // waiting does not save up more than the burst
}

TEST(Level, IsReadFromItsNameOnly) {
  EXPECT_EQ(Level::Warn, level_from("warn"));
  EXPECT_EQ(R"(expected debug, info, warn, error or off, got "loud\n")", level_from("loud\n").error());
}

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parapet-log-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LogFileTest() override { std::filesystem::remove_all(directory_); }
  std::string file() const { return directory_ + "/log"; }
  std::string written() const {
    std::ostringstream text;
    text << std::ifstream(file()).rdbuf();
    return text.str();
  }
  // With the digits of the time stamp, which starts at `at`, replaced by "d".
  std::string time_masked(std::size_t at) const {
    std::string text = written();
    for (std::size_t i = at; i < std::min(text.size(), at + 27); ++i)
      if (text[i] >= '0' && text[i] <= '9') text[i] = 'd';
    return text;
  }
  std::string directory_;
};

TEST_F(LogFileTest, WritesTimeLevelAndProcessAndAllLinesBeforeItCloses) {
  {
    auto log = Log::open({.file = file(), .process = "sbc"});
    ASSERT_TRUE(log.has_value()) << log.error();
    (*log)->debug("not shown");
    (*log)->warn("shown %v {}", {{"n", 1}});
    EXPECT_FALSE((*log)->enabled(Level::Debug));
  }
  EXPECT_EQ("ts=dddd-dd-ddTdd:dd:dd.ddddddZ level=warn msg=\"shown %v {}\" n=1 process=sbc\n", time_masked(3));
}

TEST_F(LogFileTest, WritesJsonObjects) {
  {
    auto log = Log::open({.level = Level::Debug, .format = Format::Json, .file = file(), .process = "sbc"});
    ASSERT_TRUE(log.has_value());
    (*log)->debug("x", {{"n", 1}});
  }
  EXPECT_EQ(R"({"ts":"dddd-dd-ddTdd:dd:dd.ddddddZ","level":"debug","msg":"x","n":1,"process":"sbc"})"
            "\n",
            time_masked(7));
}

TEST_F(LogFileTest, TakesLinesFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  {
    auto log = Log::open({.file = file()});
    ASSERT_TRUE(log.has_value());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kLines; ++i) (*log)->info("line");
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(0u, (*log)->lost_lines());
  }
  const std::string text = written();
  EXPECT_EQ(kThreads * kLines, std::ranges::count(text, '\n'));
}

TEST_F(LogFileTest, LimitedLinesSayHowManyAreMissing) {
  {
    auto log = Log::open({.file = file()});
    ASSERT_TRUE(log.has_value());
    RateLimit limit(base::seconds(1), 1);
    const base::Instant now{base::seconds(1)};
    for (int i = 0; i < 3; ++i) (*log)->limited(limit, now, Level::Warn, "w");
    (*log)->limited(limit, now + base::seconds(1), Level::Warn, "w");
  }
  const std::string text = written();
  EXPECT_EQ(2, std::ranges::count(text, '\n'));
  EXPECT_TRUE(text.ends_with("msg=w suppressed=2\n")) << text;
}

TEST(Log, ThatCannotBeOpenedSaysWhy) {
  const auto log = Log::open({.file = "/proc/no/such/place"});
  ASSERT_FALSE(log.has_value());
  EXPECT_NE(std::string::npos, log.error().find("/proc/no/such/place")) << log.error();
}

}  // namespace
}  // namespace observe
