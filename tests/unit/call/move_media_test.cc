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

// What the relay says of the session that is gone is nothing about the one that takes its place.
TEST(MoveMedia, ALateErrorOfTheOldSessionIsNotTakenForOneOfTheNew) {
  Rig rig;
  rig.connect();
  rig.relay.mood = FakeRelay::Mood::Slow;
  rig.relay.refuse_next = 1;
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));  // the relay is told of it, and says no, slowly
  rig.a.ack();
  rig.b.take("INVITE");
  rig.b.take("ACK");
  ASSERT_TRUE(rig.relay.waits());
  rig.session_lost();
  rig.pass(milliseconds(100));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_FALSE(rig.a.has("BYE"));
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Bye);
  rig.expect_idle();
}

TEST(MoveMedia, ASessionThatTheRelayHasEndedIsReplacedLikeOneThatIsLost) {
  Rig rig;
  rig.connect();
  const std::string before = rig.relay.sessions.begin()->first;
  rig.relay.forget(before);
  rig.relay_event(control::SessionClosed{before, "relay stops", {}});
  rig.pass(milliseconds(100));
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  const auto& counters = rig.calls.counters();
  EXPECT_EQ(counters.moves_done[static_cast<std::size_t>(MoveReason::Closed)], 1U);
  EXPECT_EQ(counters.moves_begun[static_cast<std::size_t>(MoveReason::Lost)], 0U);
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

// Both sessions carry media until the second leg knows the new one: nothing is lost on the way.
TEST(MoveMedia, ARelayThatDrainsKeepsItsSessionUntilBothLegsHaveMoved) {
  Rig rig;
  rig.connect();
  const std::string before = rig.relay.sessions.begin()->first;
  rig.relay_event(control::SessionDrains{before});
  EXPECT_EQ(rig.relay.sessions.size(), 2U);
  const auto first = rig.a.take("INVITE");
  ASSERT_NE(first, nullptr);
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000));
  EXPECT_TRUE(rig.relay.sessions.contains(before));
  const auto second = rig.b.take("INVITE");
  ASSERT_NE(second, nullptr);
  rig.b.answer(200, sdp(rig.b.ip(), 4000));
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_FALSE(rig.relay.sessions.contains(before));
  const auto& counters = rig.calls.counters();
  EXPECT_EQ(counters.moves_begun[static_cast<std::size_t>(MoveReason::Draining)], 1U);
  EXPECT_EQ(counters.moves_done[static_cast<std::size_t>(MoveReason::Draining)], 1U);
  // A word about the old one is about nothing any more.
  rig.relay_event(control::SessionClosed{before, "relay stops", {}});
  EXPECT_EQ(counters.moves, 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Bye);
  rig.expect_idle();
}

TEST(MoveMedia, ACallThatNoOtherRelayTakesStaysWithTheOneThatDrains) {
  Rig rig;
  rig.connect();
  const auto before = rig.relay.sessions;
  rig.relay.refuse_next = 1;
  rig.relay_event(control::SessionDrains{before.begin()->first});
  rig.pass(seconds(16));
  EXPECT_FALSE(rig.a.has("INVITE"));
  EXPECT_FALSE(rig.a.has("BYE"));
  EXPECT_EQ(rig.relay.sessions, before);
  EXPECT_EQ(rig.calls.counters().moves_put_off, 1U);
  // It is asked again, and goes on being a call meanwhile.
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 4000, "recvonly"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.clear();
  rig.b.clear();
  rig.relay_event(control::SessionDrains{before.begin()->first});
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_FALSE(rig.relay.sessions.contains(before.begin()->first));
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, ALegThatRefusesTheNewPlaceKeepsTheOldOneWhileTheRelayDrains) {
  Rig rig;
  rig.connect();
  const auto before = rig.relay.sessions;
  rig.relay_event(control::SessionDrains{before.begin()->first});
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_FALSE(rig.a.has("BYE"));
  EXPECT_EQ(rig.relay.sessions, before);
  EXPECT_EQ(rig.calls.connected(), 1U);
  // When the relay ends it, what no leg wants cannot go on.
  rig.a.clear();
  rig.session_lost();
  rig.pass(milliseconds(100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_EQ(rig.calls.counters().moves_failed, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, ALegThatHasMovedDoesNotGoBack) {
  Rig rig;
  rig.connect();
  rig.relay_event(control::SessionDrains{rig.relay.sessions.begin()->first});
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// What is refreshed for its session timer has not been told of another place.
TEST(MoveMedia, ARefreshDoesNotPassForTheMove) {
  Rig rig;
  rig.settings->session.interval = 90;
  rig.connect();
  rig.pass(milliseconds(44'900));
  rig.relay_event(control::SessionDrains{rig.relay.sessions.begin()->first});
  ASSERT_EQ(rig.a.pending_invites(), 1U);
  rig.a.answer(491);
  rig.pass(milliseconds(200));  // leg B's refresh is due
  EXPECT_EQ(rig.b.pending_invites(), 0U);
  rig.a.clear();
  rig.pass(seconds(4));
  ASSERT_EQ(rig.a.pending_invites(), 1U) << "the way is free again";
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, TheRelayThatDrainsMayEndItsSessionMeanwhile) {
  Rig rig;
  rig.connect();
  const std::string before = rig.relay.sessions.begin()->first;
  rig.relay_event(control::SessionDrains{before});
  rig.relay.forget(before);
  rig.relay_event(control::SessionClosed{before, "relay stops", {}});
  EXPECT_EQ(answer_moves(rig).size(), 2U);
  EXPECT_EQ(rig.calls.counters().moved, 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, WithItsOldSessionGoneACallThatIsRefusedEnds) {
  Rig rig;
  rig.connect();
  const std::string before = rig.relay.sessions.begin()->first;
  rig.relay_event(control::SessionDrains{before});
  rig.relay.forget(before);
  rig.relay_event(control::SessionLost{before, "restarted"});
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, ByeInTheMiddleClosesBothSessions) {
  Rig rig;
  rig.connect();
  rig.relay_event(control::SessionDrains{rig.relay.sessions.begin()->first});
  ASSERT_EQ(rig.relay.sessions.size(), 2U);
  rig.b.bye();
  EXPECT_TRUE(rig.relay.sessions.empty());
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(MoveMedia, ACallThatRingsIsNotAskedToLeave) {
  Rig rig;
  rig.ring();
  rig.relay_event(control::SessionDrains{rig.relay.sessions.begin()->first});
  EXPECT_EQ(rig.calls.counters().moves, 0U);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.kill();
  rig.pass(minutes(2));
}

// What was agreed meanwhile holds in the new session alone.
TEST(MoveMedia, AfterAnotherAgreementThereIsNoWayBack) {
  Rig rig;
  rig.connect();
  rig.relay_event(control::SessionDrains{rig.relay.sessions.begin()->first});
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(491);
  rig.a.clear();
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 4000, "recvonly"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.clear();
  rig.b.clear();
  rig.pass(seconds(5));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
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
