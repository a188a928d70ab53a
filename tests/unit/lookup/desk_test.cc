#include "sbc/lookup/desk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "media-relay/base/clock.h"

namespace sbc::lookup {
namespace {

using base::milliseconds;
using base::seconds;

Reply text(const std::string& value) {
  return std::make_shared<const json::Value>(json::Value{value});
}

class LookupDesk : public testing::Test {
 protected:
  Order order(const std::string& key, base::Duration keep = {}) const {
    return {.key = key, .keep = keep, .timeout = seconds(10)};
  }
  std::optional<Desk::Ticket> open(const Order& order) {
    return desk->open(order, [this](const Reply& reply) {
      told.push_back(reply ? std::get<std::string>((*reply)->what) : std::string(name_of(reply.error())));
    });
  }
  void use(const Rules& rules) {
    desk = std::make_unique<Desk>(loop, rules, counters, [this](Desk::Ticket ticket) { forgotten.push_back(ticket); });
  }
  std::uint64_t problems(Problem problem) const { return counters.problems[static_cast<std::size_t>(problem)]; }

  loop::EventLoop loop;
  Counters counters;
  std::vector<Desk::Ticket> forgotten;
  std::vector<std::string> told;
  std::unique_ptr<Desk> desk;
};

TEST_F(LookupDesk, AnAnswerReachesWhoAsked) {
  use({});
  const auto ticket = open(order("a"));
  ASSERT_TRUE(ticket);
  EXPECT_EQ(desk->under_way(), 1U);
  desk->close(*ticket, text("yes"));
  desk->close(*ticket, text("again"));
  EXPECT_EQ(told, std::vector<std::string>{"yes"});
  EXPECT_EQ(counters.answered, 1U);
  EXPECT_EQ(desk->under_way(), 0U);
}

TEST_F(LookupDesk, AfterItsTimeNobodyWaits) {
  use({});
  auto asked = order("a");
  asked.timeout = milliseconds(5);
  const auto ticket = open(asked);
  const auto end = base::monotonic_now() + seconds(10);
  while (told.empty() && base::monotonic_now() < end) loop.run_once(milliseconds(20));
  EXPECT_EQ(told, std::vector<std::string>{"timeout"});
  EXPECT_EQ(forgotten, std::vector<Desk::Ticket>{*ticket});
  desk->close(*ticket, text("late"));
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(problems(Problem::Timeout), 1U);
}

TEST_F(LookupDesk, AnAnswerIsKeptForAsLongAsItMay) {
  use({});
  desk->close(*open(order("a", seconds(60))), text("kept"));
  EXPECT_FALSE(open(order("a", seconds(60))));
  EXPECT_EQ(told.back(), "kept");
  EXPECT_EQ(counters.cached, 1U);
  EXPECT_TRUE(open(order("a"))) << "who does not want it kept wants it fresh";
  EXPECT_TRUE(open(order("b", seconds(60))));
}

TEST_F(LookupDesk, AProblemIsNotKept) {
  use({});
  desk->close(*open(order("a", seconds(60))), std::unexpected(Problem::Refused));
  EXPECT_TRUE(open(order("a", seconds(60))));
}

TEST_F(LookupDesk, TheSameQuestionIsAskedOnceAtATime) {
  use({});
  const auto first = open(order("a", seconds(60)));
  EXPECT_FALSE(open(order("a", seconds(60))));
  EXPECT_TRUE(told.empty());
  desk->close(*first, text("both"));
  EXPECT_EQ(told, (std::vector<std::string>{"both", "both"}));
  EXPECT_EQ(counters.joined, 1U);
  EXPECT_EQ(counters.answered, 2U);
}

TEST_F(LookupDesk, BeyondTheRoomItIsBusyButForCallsForHelp) {
  Rules rules;
  rules.at_once = 2;
  use(rules);
  EXPECT_TRUE(open(order("a")));
  EXPECT_TRUE(open(order("b")));
  EXPECT_FALSE(open(order("c")));
  EXPECT_EQ(told, std::vector<std::string>{"busy"});
  auto urgent = order("d");
  urgent.urgent = true;
  EXPECT_TRUE(open(urgent));
  EXPECT_TRUE(open(urgent));
  EXPECT_FALSE(open(urgent));
  EXPECT_EQ(problems(Problem::Busy), 2U);
}

TEST_F(LookupDesk, AStoreThatFailsRests) {
  Rules rules;
  rules.breaker = {.failures = 3, .pause = base::hours(1)};
  use(rules);
  for (const auto problem : {Problem::Failed, Problem::Connect, Problem::Timeout})
    desk->close(*open(order("a")), std::unexpected(problem));
  EXPECT_TRUE(desk->resting());
  EXPECT_FALSE(open(order("a")));
  EXPECT_EQ(told.back(), "resting");
  EXPECT_EQ(counters.rests, 1U);
}

TEST_F(LookupDesk, AStoreThatRefusesIsWell) {
  Rules rules;
  rules.breaker = {.failures = 2, .pause = base::hours(1)};
  use(rules);
  for (const auto problem : {Problem::Failed, Problem::Refused, Problem::Failed, Problem::TooLarge, Problem::Failed})
    desk->close(*open(order("a")), std::unexpected(problem));
  EXPECT_FALSE(desk->resting());
}

TEST_F(LookupDesk, WhoIsToldMayAskAtOnce) {
  use({});
  std::optional<Desk::Ticket> second;
  const auto first = desk->open(order("a", seconds(60)), [&](const Reply&) { second = open(order("b", seconds(60))); });
  desk->close(*first, text("one"));
  ASSERT_TRUE(second);
  desk->close(*second, text("two"));
  EXPECT_EQ(told, std::vector<std::string>{"two"});
}

}  // namespace
}  // namespace sbc::lookup
