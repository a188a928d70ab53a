// A call tells why it went its way, and what it tells suffices to write its INVITEs again.

#include <gtest/gtest.h>

#include "sbc/explain/edits.h"
#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;

policy::Candidate trunk(const std::string& name) {
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Trunk;
  candidate.name = name;
  candidate.headers = {{policy::HeaderOp::Kind::Set, "X-Account", "42"}};
  return candidate;
}

struct Explained : ::testing::Test {
  Explained() {
    rig.advisor.listener = &ring;
    auto& decision = rig.advisor.decision.emplace();
    decision.kind = policy::InviteDecision::Kind::Route;
    decision.candidates = {trunk("t1"), trunk("nobody"), trunk("t2")};
    decision.where = "p.lua:7";
  }
  // As whoever asks for it gets it.
  json::Value explanation(std::string_view call_id) {
    return *json::parse(json::text_of(explain::to_json(*ring.find(call_id))));
  }
  std::string candidates(const json::Value& shown) { return json::text_of(*json::member(shown, "candidates")); }

  explain::Ring ring{4};
  Rig rig;
};

TEST_F(Explained, AFailedFirstTrunkAndTheInvitesOfBoth) {
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Subject: lunch\r\nUser-Agent: Phone\r\n"});
  const auto first = rig.b.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig.b.answer(503);
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  rig.c.answer(180);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));

  const auto shown = explanation(second->call_id());
  EXPECT_EQ(explain::rebuild(shown, 0), std::string(first->bytes()));
  EXPECT_EQ(explain::rebuild(shown, 1), std::string(second->bytes()));
  EXPECT_FALSE(explain::rebuild(shown, 2));
  const std::string outcomes = candidates(shown);
  EXPECT_TRUE(outcomes.contains(R"("outcome":"failed: 503 Service Unavailable")")) << outcomes;
  EXPECT_TRUE(outcomes.contains(R"({"target":"trunk nobody","outcome":"skipped: there is no such trunk"})"))
      << outcomes;
  EXPECT_TRUE(outcomes.contains(R"("outcome":"taken: it answered")")) << outcomes;
  const std::string text = explain::to_text(shown);
  EXPECT_TRUE(text.contains("+ X-Account: 42")) << text;
  EXPECT_TRUE(text.contains("- User-Agent: Phone")) << text;
  EXPECT_TRUE(text.contains("it said  m=audio 6000")) << text;
  EXPECT_TRUE(text.contains("ended by caller: bye, the caller got 200")) << text;
  EXPECT_EQ(explain::to_text(explanation(rig.records.front().call_id_a)), text) << "by the other leg's Call-ID";
  EXPECT_EQ(explain::to_text(explanation(first->call_id())), text) << "and by that of the trunk that failed";
}

TEST_F(Explained, ReinvitesOfAnsweredCallsAreNoAttempts) {
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  const auto shown = explanation(rig.b.log.front()->call_id());
  EXPECT_TRUE(explain::rebuild(shown, 0));
  EXPECT_FALSE(explain::rebuild(shown, 1));
  rig.a.bye();
}

TEST_F(Explained, ARefusedCallSaysSo) {
  rig.advisor.decision->kind = policy::InviteDecision::Kind::Reject;
  rig.advisor.decision->status = 486;
  rig.a.invite();
  const auto shown = explanation(rig.a.log.front()->call_id());
  EXPECT_TRUE(explain::to_text(shown).contains("the caller got 486")) << explain::to_text(shown);
}

TEST_F(Explained, NobodyListening) {
  rig.advisor.listener = nullptr;
  rig.connect();
  EXPECT_EQ(ring.size(), 0U);
  rig.a.bye();
}

}  // namespace
}  // namespace sbc::call::test
