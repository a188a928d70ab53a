// A candidate beside the policy that decides: it is told the same, its decisions are compared, and nothing waits for
// it.

#include "sbc/app/shadow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/lookups.h"

namespace sbc::app {
namespace {

using policy::Handler;
using testing::HasSubstr;

constexpr const char* kRunning = R"(return {
  on_invite = function(call)
    if call.to.user == "911" then return reject(404) end
    if call.to.user == "0800" then return reject(403) end
    return reject(486)
  end,
}
)";
// As kRunning, but for one rule.
constexpr const char* kOther = R"(return {
  on_invite = function(call)
    if call.to.user == "911" then return reject(404) end
    if call.to.user == "0800" then return reject(603) end
    return reject(486)
  end,
}
)";
constexpr const char* kEndless = "return { on_invite = function(call)\n while true do end\nend }";
constexpr const char* kCurious =
    "return { on_invite = function(call)\n return reject(#location.lookup('bob') == 0 and "
    "486 or 480) end }";

policy::Bundle bundle(const std::string& name, const std::string& text) {
  return {name, {{.name = name, .text = text}}};
}

struct Nobody final : policy::Lookup {
  std::vector<policy::Contact> location(std::string_view) override { return {}; }
};

// What a shard hands over after it has asked the policy that decides.
std::shared_ptr<const retell::Invocation> decided(policy::Host& host, const std::string& callee) {
  policy::InviteFacts facts;
  const std::string call_id = "call-to-" + callee;
  facts.method = "INVITE";
  facts.call_id = call_id;
  facts.to.user = callee;
  auto note = std::make_shared<retell::Invocation>();
  note->handler = Handler::Invite;
  note->policy = std::string(64, 'a');
  note->call_id = call_id;
  note->facts = retell::to_json(facts);
  Nobody nobody;
  auto outcome = host.on_invite(facts, nobody, policy::Patience::Some);
  note->decision = retell::to_json(outcome.decision);
  note->where = outcome.decision.where;
  note->error = outcome.error;
  return note;
}

void eventually(const std::function<bool()>& holds, const char* what) {
  const auto ends = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  // Asleep: the shadow's thread gets only what nobody else wants.
  while (!holds() && std::chrono::steady_clock::now() < ends) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(holds()) << what;
}

class ShadowTest : public testing::Test {
 protected:
  ShadowTest() {
    auto loaded = policy::Host::load(bundle("default.lua", kRunning));
    running_ = *std::move(loaded);
    shadow_.expose(metrics_);
  }
  void begin(const std::string& text, double share = 1) {
    shadow_.start(bundle("new.lua", text), share, config_);
    until(ShadowState::Running);
  }
  void until(ShadowState state) {
    eventually([&] { return shadow_.standing().state == state; }, name_of(state).data());
  }
  void hear(const std::string& callee, int times = 1) {
    for (int i = 0; i < times; ++i) shadow_.heard(decided(*running_, callee));
  }
  void until_compared(std::uint64_t count) {
    eventually([&] { return shadow_.standing().comparison.compared() == count; }, "all are compared");
  }
  void until_gone() {
    eventually([&] { return !shadow_.alive(); }, "its thread ends");
  }
  bool says(const std::string& line) const { return ("\n" + metrics_.render()).contains("\n" + line + "\n"); }

  std::unique_ptr<observe::Log> log_ = *observe::Log::open({.level = observe::Level::Off});
  std::shared_ptr<const Config> config_ = std::make_shared<Config>();
  std::unique_ptr<policy::Host> running_;
  Shadow shadow_{*log_};
  observe::Metrics metrics_;
};

TEST_F(ShadowTest, WantsNothingUntilItIsAskedFor) {
  EXPECT_FALSE(shadow_.wants());
  EXPECT_FALSE(shadow_.alive());
  EXPECT_FALSE(shadow_.stop());
  EXPECT_EQ(text_of(shadow_.standing()), "no policy shadows this border\n");
  EXPECT_THAT(json_of(shadow_.standing()), HasSubstr(R"("state":"none")"));
}

TEST_F(ShadowTest, TheSamePolicyDiffersInNothing) {
  begin(kRunning);
  EXPECT_TRUE(shadow_.wants());
  for (const char* callee : {"911", "0800", "bob"}) hear(callee, 5);
  until_compared(15);
  const auto standing = shadow_.standing();
  EXPECT_EQ(standing.comparison.different(), 0U);
  EXPECT_EQ(standing.hash.size(), 64U);
  EXPECT_GT(standing.memory_bytes, 0U);
  EXPECT_TRUE(says("parapet_policy_shadow_running 1"));
  EXPECT_TRUE(says("parapet_policy_shadow_invocations_total{handler=\"on_invite\"} 15"));
  EXPECT_TRUE(says("parapet_policy_shadow_differences_total{handler=\"on_invite\"} 0"));
}

TEST_F(ShadowTest, OneRuleThatDiffersIsOneGroupWithItsCallsAndLines) {
  begin(kOther);
  for (const char* callee : {"911", "0800", "bob", "0800"}) hear(callee);
  until_compared(4);
  const auto groups = shadow_.standing().comparison.groups();
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].change, "reject 403 -> reject 603");
  EXPECT_EQ(groups[0].before_at, "default.lua:4");
  EXPECT_EQ(groups[0].after_at, "new.lua:4");
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(groups[0].examples.front(), "call-to-0800");
  EXPECT_THAT(text_of(shadow_.standing()), HasSubstr("reject 403 -> reject 603"));
  EXPECT_THAT(json_of(shadow_.standing()), HasSubstr(R"("report":{)"));
  EXPECT_TRUE(says("parapet_policy_shadow_differences_total{handler=\"on_invite\"} 2"));
}

TEST_F(ShadowTest, ListensForWhatItsCandidateHasAHandlerFor) {
  EXPECT_FALSE(shadow_.listens(Handler::Invite));
  begin("return { on_invite = function() return reject(486) end, on_timer = function() end }");
  EXPECT_TRUE(shadow_.listens(Handler::Invite));
  EXPECT_TRUE(shadow_.listens(Handler::Timer));
  EXPECT_FALSE(shadow_.listens(Handler::End));
  begin("return { on_invite = function() return reject(486) end, on_end = function() end }");
  EXPECT_TRUE(shadow_.listens(Handler::End));
  EXPECT_FALSE(shadow_.listens(Handler::Timer));
  shadow_.stop();
  EXPECT_FALSE(shadow_.listens(Handler::Invite));
}

TEST_F(ShadowTest, AnEndlessLoopFailsAndIsCounted) {
  begin(kEndless);
  hear("bob", 3);
  until_compared(3);
  const auto standing = shadow_.standing();
  EXPECT_EQ(standing.failed[static_cast<std::size_t>(Handler::Invite)], 3U);
  EXPECT_EQ(standing.comparison.different(), 3U);
  EXPECT_TRUE(says("parapet_policy_shadow_failures_total{handler=\"on_invite\"} 3"));
  eventually([&] { return shadow_.standing().cpu_seconds > 0; }, "what it costs is known");
}

TEST_F(ShadowTest, WhatTheOtherHadNotAskedIsAGuess) {
  begin(kCurious);
  hear("bob", 2);
  until_compared(2);
  EXPECT_EQ(shadow_.standing().unanswered[static_cast<std::size_t>(Handler::Invite)], 2U);
  EXPECT_TRUE(says("parapet_policy_shadow_unanswered_total{handler=\"on_invite\"} 2"));
}

TEST_F(ShadowTest, OneThatCannotBeLoadedSaysWhyAndLeavesNoThread) {
  const auto order = shadow_.start(bundle("new.lua", "return {\n  on_invite = rejekt((\n}"), 1, config_);
  until(ShadowState::Failed);
  until_gone();
  EXPECT_EQ(shadow_.standing().order, order);
  EXPECT_THAT(shadow_.standing().error, HasSubstr("new.lua:"));
  EXPECT_FALSE(shadow_.wants());
  EXPECT_FALSE(shadow_.stop());
  begin(kRunning);  // a better one
  hear("bob");
  until_compared(1);
}

TEST_F(ShadowTest, AnotherOneBeginsFromNought) {
  begin(kOther);
  hear("0800");
  until_compared(1);
  EXPECT_GT(shadow_.start(bundle("newer.lua", kRunning), 1, config_), 1U);
  until(ShadowState::Running);
  EXPECT_EQ(shadow_.standing().main, "newer.lua");
  hear("0800", 2);
  until_compared(2);
  EXPECT_EQ(shadow_.standing().comparison.different(), 0U);
  EXPECT_TRUE(says("parapet_policy_shadow_differences_total{handler=\"on_invite\"} 1"));
}

TEST_F(ShadowTest, StoppingLeavesTheReportAndNoThread) {
  begin(kOther);
  hear("0800");
  until_compared(1);
  EXPECT_TRUE(shadow_.stop());
  EXPECT_FALSE(shadow_.wants());
  until_gone();
  EXPECT_FALSE(shadow_.stop());
  EXPECT_EQ(shadow_.standing().state, ShadowState::Stopped);
  EXPECT_EQ(shadow_.standing().comparison.different(), 1U);
  EXPECT_TRUE(says("parapet_policy_shadow_running 0"));
  EXPECT_TRUE(says("parapet_policy_shadow_memory_bytes 0"));
  shadow_.reload(config_);
  EXPECT_FALSE(shadow_.alive());
}

TEST_F(ShadowTest, OrdersMayComeFasterThanTheyAreObeyed) {
  for (int i = 0; i < 50; ++i) {
    shadow_.start(bundle("new.lua", kOther), 1, config_);
    if (i % 2 == 0) shadow_.stop();
    if (i % 3 == 0) shadow_.reload(config_);
  }
  until(ShadowState::Running);
  hear("0800");
  until_compared(1);
}

TEST_F(ShadowTest, AReloadLoadsItAnewAndEndsItWhenItCannot) {
  begin(kOther);
  hear("0800");
  until_compared(1);
  shadow_.reload(config_);
  until(ShadowState::Running);
  EXPECT_EQ(shadow_.standing().comparison.compared(), 0U);
  hear("0800", 2);
  until_compared(2);

  auto narrow = std::make_shared<Config>();
  narrow->policy_limits.load_instructions = 1;
  shadow_.reload(narrow);
  until(ShadowState::Failed);
  until_gone();
  EXPECT_FALSE(shadow_.wants());
}

TEST_F(ShadowTest, WhatItCannotKeepUpWithIsDroppedAndCounted) {
  const auto one = decided(*running_, "bob");
  for (std::size_t i = 0; i < Shadow::kMaxQueued + 7; ++i) shadow_.heard(one);  // nobody reads yet
  EXPECT_TRUE(says("parapet_policy_shadow_dropped_total{reason=\"queue\"} 7"));
  EXPECT_TRUE(says("parapet_policy_shadow_queue 1024"));
  begin(kRunning);
  EXPECT_TRUE(says("parapet_policy_shadow_dropped_total{reason=\"replaced\"} 1024"));
  EXPECT_EQ(shadow_.standing().dropped, 0U);  // that was before
}

TEST_F(ShadowTest, WhatCannotBeReadIsDroppedAndCounted) {
  begin(kRunning);
  auto broken = std::make_shared<retell::Invocation>(*decided(*running_, "bob"));
  broken->facts = {json::Members{{"call_id", {std::int64_t{7}}}}};
  shadow_.heard(broken);
  eventually([&] { return says("parapet_policy_shadow_dropped_total{reason=\"unreadable\"} 1"); }, "it is counted");
  eventually([&] { return !shadow_.standing().comparison.problems().empty(); }, "the report says why");
}

TEST_F(ShadowTest, AShareIsDrawnByLot) {
  begin(kRunning, 0.25);
  int wanted = 0;
  for (int i = 0; i < 20'000; ++i) wanted += shadow_.wants() ? 1 : 0;
  EXPECT_NEAR(wanted, 5000, 400);  // six standard deviations
  EXPECT_THAT(json_of(shadow_.standing()), HasSubstr(R"("share":0.25)"));
}

}  // namespace
}  // namespace sbc::app
