// A call tells why it went its way, and what it tells suffices to write its INVITEs again.

#include <gtest/gtest.h>

#include "sbc/explain/edits.h"
#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

#include "codec_rig.h"

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

// As an edit of what the other party has asked for.
TEST_F(Explained, AReinviteAndWhatTheOtherPartyGetsOfIt) {
  rig.connect();
  const std::string call_id(rig.b.log.front()->call_id());
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  const auto passed = rig.b.take("INVITE");
  ASSERT_NE(passed, nullptr);
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  const auto shown = explanation(call_id);
  EXPECT_EQ(explain::rebuild(shown, 1), std::string(passed->bytes()));
  EXPECT_FALSE(explain::rebuild(shown, 2));
  const std::string text = explain::to_text(shown);
  EXPECT_TRUE(text.contains("the caller asks: INVITE ")) << text;
  EXPECT_TRUE(text.contains("re-INVITE to the callee")) << text;
  EXPECT_TRUE(text.contains("changed, with this media:")) << text;
  EXPECT_TRUE(text.contains("it said  a=recvonly")) << text;
  EXPECT_FALSE(candidates(shown).contains("callee")) << candidates(shown);
  // The next one is of the other side, and of its own request.
  rig.b.reinvite(sdp(rig.b.ip(), 6002, "sendrecv", 3));
  const auto back = rig.a.take("INVITE");
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(explain::rebuild(explanation(call_id), 2), std::string(back->bytes()));
  rig.a.answer(488);
  rig.a.bye();
}

// Who asked does not matter: it is one call, and the places that were found for it stand beside the first ones.
TEST_F(Explained, ATransferOfEitherSideWithItsTargetsAndTheReinviteOfWhoStays) {
  for (const bool caller : {true, false}) {
    Rig other;
    other.advisor.listener = &ring;
    other.advisor.transfer_trunks = {"far", "t2"};
    other.connect();
    const std::string call_id(other.b.log.front()->call_id());
    Peer& who = caller ? other.a : other.b;
    Peer& stays = caller ? other.b : other.a;
    who.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
    const auto first = other.d.take("INVITE");
    ASSERT_NE(first, nullptr);
    other.d.answer(500);
    const auto second = other.c.take("INVITE");
    ASSERT_NE(second, nullptr);
    other.c.answer(200, sdp(other.c.ip(), 7000));
    const auto asked = stays.take("INVITE");
    ASSERT_NE(asked, nullptr);
    stays.answer(200, sdp(stays.ip(), 4000, "sendrecv", 2));
    const auto shown = explanation(call_id);
    EXPECT_EQ(explain::rebuild(shown, 1), std::string(first->bytes()));
    EXPECT_EQ(explain::rebuild(shown, 2), std::string(second->bytes()));
    EXPECT_EQ(explain::rebuild(shown, 3), std::string(asked->bytes()));
    const std::string outcomes = candidates(shown);
    EXPECT_TRUE(outcomes.contains(R"("outcome":"taken: it answered")")) << outcomes;
    EXPECT_TRUE(outcomes.contains(R"("outcome":"failed: 500 Server Internal Error")")) << outcomes;
    EXPECT_TRUE(outcomes.contains(R"("outcome":"taken: the call was transferred to it")")) << outcomes;
    const std::string text = explain::to_text(shown);
    EXPECT_TRUE(text.contains("(transfer)")) << text;
    EXPECT_EQ(explain::to_text(explanation(second->call_id())), text) << "its Call-ID finds the call";
    stays.bye();
    other.pass(minutes(2));
  }
}

TEST_F(Explained, TheInviteToARecordingServerIsTheBordersOwn) {
  rig.advisor.decision.reset();
  change_places(rig, kAsItIs, [&](route::Trunk& place) {
    if (place.name == "t1") place.record = policy::Recording{.siprec = "far", .required = false};
  });
  rig.connect();
  const auto invite = rig.d.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const auto shown = explanation(invite->call_id());
  EXPECT_EQ(explain::rebuild(shown, 1), std::string(invite->bytes()));
  EXPECT_TRUE(explain::to_text(shown).contains("(recording)")) << explain::to_text(shown);
  EXPECT_EQ(candidates(shown).find("taken"), candidates(shown).rfind("taken")) << candidates(shown);
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
