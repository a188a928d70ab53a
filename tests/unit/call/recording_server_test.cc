// The recording servers of a call (SIPREC): which one is asked, and what becomes of those that refuse, rest, fall
// silent or die.

#include <gtest/gtest.h>

#include "recorded.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

// trap 89: a server that fails is no reason for the call to fail.
TEST(RecordingSession, ThatIsRefusedLeavesTheCallAlone) {
  Recorded rig;
  rig.d.answer(503);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_TRUE(rig.copies().empty()) << "their ports are free again";
  EXPECT_EQ(rig.calls.counters().not_recorded, 1U);
  const CallRecord record = rig.end_call();
  EXPECT_EQ(record.cause, EndCause::Bye);
  EXPECT_NE(record.recording_failure, "");
  EXPECT_EQ(record.recorder, "");
}

// RFC 3261 20.33: it is not asked again before its time.
TEST(RecordingSession, AServerThatAsksForPeaceIsLeftAloneForThatTime) {
  Recorded rig;
  rig.d.answer(503, {}, "Retry-After: 30\r\n");
  rig.a.bye();
  rig.pass(seconds(5));
  rig.d.clear();
  rig.connect();
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.a.bye();
  rig.pass(seconds(40));
  rig.connect();
  EXPECT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(486);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// trap 89: unless it must be recorded.
TEST(RecordingSession, ThatIsRefusedEndsACallThatMustBeRecorded) {
  Recorded rig(true);
  rig.a.clear();
  rig.d.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(3));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::NotRecorded);
  rig.expect_idle();
}

TEST(RecordingSession, TheNextServerOfAGroupIsAsked) {
  Rig rig;
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks)
    if (trunk.name == "t1") trunk.record = policy::Recording{.siprec = "recorders"};
  route::Group group;
  group.name = "recorders";
  group.members = {{.trunk = "t2", .priority = 1}, {.trunk = "far", .priority = 2}};
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {group});
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
  rig.connect();
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(486);
  ASSERT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_EQ(rig.relay.history.back().flows.back().b.network, "far");
  rig.a.bye();
  rig.pass(minutes(3));
  EXPECT_EQ(rig.records.at(0).recorder, "far");
  rig.expect_idle();
}

// trap 89: a server that dies is asked once more, for somebody may have taken its place.
TEST(RecordingSession, ThatDiesIsBegunAgainOnce) {
  Recorded rig;
  rig.server_answers();
  const auto hold = [&rig](const char* theirs, const char* ours, int version) {
    rig.b.reinvite(sdp(rig.b.ip(), 5000, theirs, version));
    rig.a.answer(200, sdp(rig.a.ip(), 4000, ours, version));
    rig.b.ack();
  };
  hold("sendonly", "recvonly", 2);
  ASSERT_TRUE(rig.d.has("INVITE"));
  rig.d.answer(481);
  const auto again = rig.d.take("INVITE");
  ASSERT_NE(again, nullptr);
  rig.d.clear();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.d.answer(200, server_sdp(rig.d, 8100));
  EXPECT_EQ(rig.calls.counters().recording_sessions, 2U);
  EXPECT_EQ(rig.calls.counters().recording_sessions_lost, 1U);
  hold("sendrecv", "sendrecv", 3);
  rig.d.answer(481);
  EXPECT_EQ(rig.d.pending_invites(), 0U) << "twice is enough";
  EXPECT_NE(rig.end_call().recording_failure, "");
}

TEST(RecordingSession, OfAServerThatFallsSilentIsOver) {
  Recorded rig;
  rig.server_answers();
  rig.d.deaf = true;
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendonly", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.b.ack();
  rig.pass(minutes(2));
  EXPECT_EQ(rig.calls.connected(), 1U);
  const CallRecord record = rig.end_call();
  EXPECT_EQ(record.cause, EndCause::Bye);
  EXPECT_NE(record.recording_failure, "");
}

TEST(RecordingSession, ThatRingsIsCancelledWithTheCall) {
  Recorded rig;
  rig.d.answer(180);
  rig.a.bye();
  EXPECT_TRUE(rig.d.has("CANCEL"));
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(RecordingSession, ThatIsAnsweredWhileItIsCancelledIsHungUp) {
  Recorded rig;
  rig.d.auto_terminate = false;
  rig.d.answer(180);
  rig.a.bye();
  rig.d.answer(200, server_sdp(rig.d, 8000));
  EXPECT_TRUE(rig.d.has("ACK"));
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(RecordingSession, WithAnAccountAtTheServer) {
  Rig rig;
  rig.settings->accounts.emplace(
      "far",
      auth::Account{.username = "border", .secret = auth::Secret::from_password("secret"), .realm = std::string()});
  record_by(rig, "far");
  rig.connect();
  const auto first = rig.d.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig.d.answer(401, {}, "WWW-Authenticate: Digest realm=\"far\", nonce=\"n1\", qop=\"auth\"\r\n");
  const auto second = rig.d.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(says(second, "username=\"border\""));
  EXPECT_EQ(second->call_id(), first->call_id());
  EXPECT_EQ(second->body(), first->body());
  rig.d.clear();
  rig.d.answer(200, server_sdp(rig.d, 8000));
  const auto ack = rig.d.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->cseq().number, second->cseq().number);
  EXPECT_TRUE(says(ack, "username=\"border\"")) << "RFC 3261 22.1";
  rig.a.bye();
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(3));
  EXPECT_EQ(rig.records.at(0).recorder, "far");
  rig.expect_idle();
}

// RFC 3263: its places are asked for while the call goes on.
TEST(RecordingSession, AServerMayBeAHostName) {
  Rig rig;
  record_by(rig, "named");
  rig.slow_names = true;
  rig.names["pbx.example"] = {{sip::Transport::Udp, rig.c.endpoint()}};
  rig.connect();
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.release_lookups();
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, server_sdp(rig.c, 8000));
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.pass(minutes(3));
  EXPECT_EQ(rig.records.at(0).recorder, "named");
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
