// Media of places that are called at once: one session of the relay for all, and an offer for each.

#include <gtest/gtest.h>

#include "together.h"

namespace sbc::call::test {
namespace {

TEST_F(Together, ARelayWithoutPortsRefusesTheCallBeforeAnybodyRings) {
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.a.invite();
  EXPECT_TRUE(rig.a.has("503"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  over();
}

TEST_F(Together, TheRelayIsWaitedForOnceAndThenAllAreCalled) {
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.a.invite();
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.release_relay();
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.session_lost();
  EXPECT_TRUE(rig.a.has("503")) << "the call ends, and all who ring hear of it";
  rig.b.answer(180);
  rig.c.answer(180);
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.c.has("CANCEL"));
  over();
}

TEST_F(Together, ACallerWithoutAnOfferRingsAllAndTheFirstOneOffers) {
  rig.a.invite({.body = ""});
  rig.b.answer(180);
  rig.c.answer(180);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_FALSE(accepted->body().empty());
  rig.a.ack(sdp(rig.a.ip(), 4000));
  const auto ack = rig.c.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_FALSE(ack->body().empty());
  rig.a.bye();
  over();
}

TEST_F(Together, AnotherNetworkIsCalledAfterTheOthers) {
  rig.advisor.trunks = {"t1", "far", "t2"};
  rig.advisor.at_once = 3;
  rig.a.invite();
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.c.has("INVITE"));
  EXPECT_FALSE(rig.d.has("INVITE"));
  EXPECT_TRUE(noted("called after the others: trunk far UDP 192.0.2.200:5060: its media is in another network"));
  rig.b.answer(486);
  rig.c.answer(486);
  EXPECT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(200, sdp(rig.d.ip(), 6000));
  rig.a.ack();
  ASSERT_EQ(rig.relay.sessions.size(), 1U) << "the ports in the network of those that failed are given back";
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.at(0).b.network, "far");
  rig.a.bye();
  over();
}

TEST_F(Together, OneThatTakesNothingOfTheOfferLeavesTheOthers) {
  auto& decision = rig.advisor.decision.emplace();
  decision.kind = policy::InviteDecision::Kind::Route;
  decision.candidates = {at("sip:1@203.0.113.10", "core"), at("sip:2@203.0.113.11", "core")};
  decision.candidates[0].codecs.emplace().allow = {"G729"};
  rig.a.invite();
  EXPECT_FALSE(rig.b.has("INVITE"));
  ASSERT_TRUE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.advisor.failures.empty());
  rig.c.answer(486);
  EXPECT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_TRUE(rig.a.has("486") || rig.a.has("488"));
  over();
}

// Each has an offer of its own, and what one says does not reach the media of another.
TEST_F(Together, EachIsOfferedWhatItsOwnPlaceSays) {
  auto& decision = rig.advisor.decision.emplace();
  decision.kind = policy::InviteDecision::Kind::Route;
  decision.candidates = {at("sip:1@203.0.113.10", "core"), at("sip:2@203.0.113.11", "core")};
  decision.candidates[0].codecs.emplace().allow = {"PCMA"};
  decision.candidates[1].codecs.emplace().allow = {"PCMU"};
  rig.a.invite({.body = "v=0\r\no=- 1 1 IN IP4 198.51.100.77\r\ns=-\r\nc=IN IP4 198.51.100.77\r\nt=0 0\r\n"
                        "m=audio 4000 RTP/AVP 8 0\r\n"});
  const auto first = rig.b.take("INVITE");
  const auto second = rig.c.take("INVITE");
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_TRUE(first->body().contains("RTP/AVP 8\r\n")) << first->body();
  EXPECT_TRUE(second->body().contains("RTP/AVP 0\r\n")) << second->body();
  rig.b.answer(486);
  rig.c.answer(200,
               "v=0\r\no=- 1 1 IN IP4 203.0.113.11\r\ns=-\r\nc=IN IP4 203.0.113.11\r\nt=0 0\r\n"
               "m=audio 6000 RTP/AVP 0\r\n");
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_TRUE(accepted->body().contains("RTP/AVP 0\r\n")) << accepted->body();
  rig.a.ack();
  rig.a.bye();
  over();
}

}  // namespace
}  // namespace sbc::call::test
