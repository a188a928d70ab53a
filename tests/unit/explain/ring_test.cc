// The last calls, found by the Call-ID of either leg; bounded in every way.

#include "sbc/explain/ring.h"

#include <gtest/gtest.h>

#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

namespace sbc::explain {
namespace {

Step begun() {
  return {.at = {}, .what = Begun{.session = "s", .realm = "access"}};
}
Step sent(const std::string& call_id, std::string target = "t", std::size_t bytes = 10) {
  return {
      .at = {},
      .what = Sent{.invite = base::share(std::string(bytes, 'x')), .call_id = call_id, .target = std::move(target)}};
}
Step noted(const std::string& text) {
  return {.at = {}, .what = Noted{text}};
}
Step ended(const std::string& cause = "bye") {
  return {.at = {}, .what = Ended{.status = 200, .cause = cause, .by = "caller"}};
}
Step failed(const std::string& target, std::uint16_t status) {
  return {.at = {}, .what = Failed{.target = target, .status = status, .cause = "response", .usual = "next"}};
}

void add(Ring& ring, const std::string& call_id) {
  ring.tell(call_id, begun());
  ring.tell(call_id, sent(call_id + "-b"));
  ring.tell(call_id, ended());
}

TEST(Ring, OfCallsThatEndTheOneThatBeganSoIsTaken) {
  Ring ring(4);
  add(ring, "1");
  ring.tell("2", begun());
  EXPECT_TRUE(ring.ended("1"));
  EXPECT_FALSE(ring.ended("1-b")) << "another leg's may be that of a loop";
  EXPECT_FALSE(ring.ended("2")) << "it goes on";
  EXPECT_FALSE(ring.ended("3"));
}

TEST(Ring, ACallIsFoundByEitherLegAndTheOldestGoes) {
  Ring ring(2);
  for (const char* id : {"1", "2", "3"}) add(ring, id);
  EXPECT_FALSE(ring.find("1"));
  EXPECT_FALSE(ring.find("1-b"));
  EXPECT_EQ(ring.find("2")->call_id, "2");
  EXPECT_EQ(ring.find("3-b")->call_id, "3");
  EXPECT_EQ(ring.counters().evicted_number, 1U);
  ring.tell("1", noted("late"));
  EXPECT_EQ(ring.counters().unknown, 1U);
  ring.resize(1);
  EXPECT_FALSE(ring.find("2"));
  ring.resize(0);
  EXPECT_EQ(ring.size(), 0U);
  EXPECT_EQ(ring.bytes(), 0U);
  add(ring, "4");
  EXPECT_EQ(ring.size(), 0U);
}

TEST(Ring, LargeCallsMakeRoomEarlier) {
  Ring ring(100, 20'000);
  for (int i = 0; i < 10; ++i) {
    ring.tell(std::to_string(i), begun());
    ring.tell(std::to_string(i), sent("b", "t", 5000));
  }
  EXPECT_LE(ring.bytes(), 20'000U);
  EXPECT_EQ(ring.size() + ring.counters().evicted_bytes, 10U);
  EXPECT_TRUE(ring.find("9"));
}

TEST(Ring, SoManyStepsAndTheEnd) {
  Ring ring(1);
  ring.tell("1", begun());
  for (std::size_t i = 1; i < kMaxSteps + 2; ++i) ring.tell("1", noted("x"));
  ring.tell("1", ended());
  const auto call = ring.find("1");
  EXPECT_EQ(call->steps.size(), kMaxSteps + 1);
  EXPECT_EQ(call->left_out, 2U);
  EXPECT_TRUE(std::holds_alternative<Ended>(call->steps.back().what));
}

TEST(Ring, SoManyChangesAfterTheAnswer) {
  Ring ring(1);
  ring.tell("1", begun());
  for (std::size_t i = 0; i < kMaxLaterSteps + 2; ++i) ring.tell("1", {.at = {}, .what = Reinvited{.party = "caller"}});
  ring.tell("1", {.at = {}, .what = Answered{.changed = true}});
  ring.tell("1", sent("1", "callee"));
  ring.tell("1", ended());
  const auto call = ring.find("1");
  EXPECT_EQ(call->later, kMaxLaterSteps);
  EXPECT_EQ(call->left_out, 3U);
  EXPECT_EQ(call->steps.size(), 1 + kMaxLaterSteps + 2) << "what belongs to the beginning and the end is kept";
}

TEST(Ring, RefusedCallsDoNotPushTheOthersOut) {
  Ring ring(8);
  for (int i = 0; i < 6; ++i) add(ring, "good" + std::to_string(i));
  for (int i = 0; i < 1000; ++i) {
    ring.tell("bad" + std::to_string(i), begun());
    ring.tell("bad" + std::to_string(i), ended("policy"));
  }
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(ring.find("good" + std::to_string(i))) << i;
  EXPECT_TRUE(ring.find("bad999"));
}

TEST(Ring, AChallengedInviteThatComesAgainIsOneCall) {
  Ring ring(4);
  ring.tell("1", begun());
  ring.tell("1", ended("policy"));
  add(ring, "1");
  EXPECT_EQ(ring.size(), 1U);
  EXPECT_EQ(ring.find("1")->steps.size(), 3U);
}

TEST(Candidates, EachSaysWhatBecameOfIt) {
  Ring ring(1);
  ring.tell("1", begun());
  ring.tell("1", noted("not tried: trunk z UDP 192.0.2.9:5060: it is down"));
  ring.tell("1", {.at = {}, .what = Planned{{"trunk a UDP 192.0.2.1:5060", "trunk b UDP 192.0.2.2:5060", "c", "d"}}});
  ring.tell("1", sent("b1", "trunk a UDP 192.0.2.1:5060"));
  ring.tell("1", failed("trunk a UDP 192.0.2.1:5060", 503));
  ring.tell("1", noted("not tried: UDP 192.0.2.2:5060: the caller dialled sips:, and this is not TLS"));
  ring.tell("1", failed("trunk b UDP 192.0.2.2:5060", 480));
  ring.tell("1", sent("b2", "c"));
  ring.tell("1", {.at = {}, .what = Answered{}});
  ring.tell("1", ended());
  const auto shown = to_json(*ring.find("b2"));
  EXPECT_EQ(json::text_of(*json::member(shown, "candidates")),
            R"([{"target":"trunk z UDP 192.0.2.9:5060","outcome":"skipped: it is down"},)"
            R"({"target":"trunk a UDP 192.0.2.1:5060","outcome":"failed: 503"},)"
            R"({"target":"trunk b UDP 192.0.2.2:5060","outcome":)"
            R"("skipped: the caller dialled sips:, and this is not TLS"},)"
            R"({"target":"c","outcome":"taken: it answered"},)"
            R"({"target":"d","outcome":"not needed: another one answered"}])");
  EXPECT_EQ(json::text_of(*json::member(shown, "callee_call_ids")), R"(["b1","b2"])");
}

}  // namespace
}  // namespace sbc::explain
