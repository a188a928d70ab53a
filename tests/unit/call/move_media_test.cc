// A relay loses the session of a call that talks: the call goes on over another session.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

std::string address_in(const sip::Message& message) {
  const std::string body(message.body());
  const auto at = body.find("m=audio ");
  return at == std::string::npos ? "" : body.substr(at + 8, body.find(' ', at + 8) - at - 8);
}

// Both legs' re-INVITEs come and are answered; returns the ports that were offered.
std::vector<std::string> answer_moves(Rig& rig) {
  std::vector<std::string> ports;
  for (Peer* peer : {&rig.a, &rig.b}) {
    const auto invite = peer->take("INVITE");
    EXPECT_NE(invite, nullptr) << peer->name();
    if (invite == nullptr) continue;
    ports.push_back(address_in(*invite));
    peer->answer(200, sdp(peer->ip(), 4000));
    EXPECT_NE(peer->take("ACK"), nullptr) << peer->name();
  }
  return ports;
}

TEST(MoveMedia, EachLegIsOfferedThePlaceInAnotherSession) {
  Rig rig;
  rig.connect();
  const std::string before = rig.relay.sessions.begin()->first;
  rig.session_lost();
  rig.pass(milliseconds(100));
  EXPECT_EQ(rig.calls.connected(), 1U);
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_NE(rig.relay.sessions.begin()->first, before);
  const auto ports = answer_moves(rig);
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_NE(ports[0], ports[1]);
  EXPECT_EQ(rig.calls.counters().moves, 1U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.a.bye();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Bye);
  rig.expect_idle();
}

TEST(MoveMedia, ARelayThatComesBackIsWaitedFor) {
  Rig rig;
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.session_lost();
  rig.pass(seconds(4));
  EXPECT_FALSE(rig.a.has("INVITE"));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.pass(seconds(1));
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
}

TEST(MoveMedia, ACallThatNoRelayTakesEndsWithAReason) {
  Rig rig;
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Refusing;
  rig.session_lost();
  rig.pass(seconds(16));
  for (Peer* peer : {&rig.a, &rig.b}) {
    const auto bye = peer->take("BYE");
    ASSERT_NE(bye, nullptr);
    EXPECT_NE(bye->find(sip::HeaderId::Reason).value_or(""), "");
  }
  EXPECT_EQ(rig.records.at(0).cause, EndCause::RelayFailure);
  EXPECT_EQ(rig.calls.counters().moved, 0U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 3261 14.1.
TEST(MoveMedia, ALegThatIsBusyWithAnOfferIsAskedAgain) {
  Rig rig;
  rig.connect();
  rig.session_lost();
  rig.pass(milliseconds(100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(491);
  rig.a.clear();
  rig.pass(seconds(5));
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
}

TEST(MoveMedia, ALegThatRefusesTheNewPlaceEndsTheCall) {
  Rig rig;
  rig.connect();
  rig.session_lost();
  rig.pass(milliseconds(100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::RelayFailure);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, AChangeOfThePeersComesFirst) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.session_lost();
  rig.pass(milliseconds(700));
  rig.b.answer(200, sdp(rig.b.ip(), 4000, "recvonly"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.clear();
  rig.b.clear();
  rig.pass(seconds(1));
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
}

TEST(MoveMedia, TheNextRelayMayDieToo) {
  Rig rig;
  rig.connect();
  rig.session_lost();
  rig.pass(milliseconds(100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.session_lost();
  rig.a.answer(200, sdp(rig.a.ip(), 4000));
  rig.a.clear();
  rig.b.clear();
  rig.pass(seconds(2));
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, ByeMeanwhileEndsTheCall) {
  Rig rig;
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.session_lost();
  rig.pass(milliseconds(100));
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.release_relay();
  rig.pass(minutes(2));
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
