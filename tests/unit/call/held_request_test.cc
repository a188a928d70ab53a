// Requests that meet a call which is busy for a moment, and not with anything on their own leg: they wait.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

constexpr std::string_view kAllow = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";

std::string hold(const Peer& peer, int version = 2) {
  return sdp(peer.ip(), peer.name() == "alice" ? 4000 : 6000, "sendonly", version);
}

// The peer's change goes through.
void agree(Peer& asking, Peer& asked) {
  ASSERT_EQ(asked.pending_invites(), 1U);
  asked.answer(200, sdp(asked.ip(), 4000, "recvonly", 3));
  ASSERT_TRUE(asking.has("200 INVITE"));
  asking.ack();
}

void end(Rig& rig) {
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
  rig.expect_no_half_call();
}

// trap 22: the callee has its ACK at once, and cannot know that the caller's is still on its way.
TEST(HeldRequest, OfTheCalleeWaitsForTheCallersAck) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.b.has("ACK"));
  rig.b.reinvite(hold(rig.b));
  EXPECT_TRUE(rig.b.invite_pending());
  EXPECT_FALSE(rig.a.has("INVITE"));
  rig.pass(milliseconds(50));
  rig.a.ack();
  agree(rig.b, rig.a);
  EXPECT_EQ(rig.b.count("491 INVITE"), 0U);
  end(rig);
}

// UDP may bring the two in the other order.
TEST(HeldRequest, ThatOvertookTheAckOfItsOwnSideWaitsForIt) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const std::string ack = rig.a.request_text("ACK", rig.a.last_accepted()->cseq().number, {}, {}, "z9hG4bK-late-ack");
  rig.a.reinvite(hold(rig.a));
  EXPECT_EQ(rig.b.count("INVITE"), 1U);
  rig.a.send_raw(ack);
  agree(rig.a, rig.b);
  EXPECT_EQ(rig.a.count("491 INVITE"), 0U);
  end(rig);
}

TEST(HeldRequest, OfTheLegThatWasAskedWaitsForTheAckOfTheChange) {
  for (const bool update : {true, false}) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(kAllow)});
    rig.b.answer(200, sdp(rig.b.ip(), 6000), kAllow);
    rig.a.ack();
    rig.b.clear();
    rig.a.clear();
    rig.a.reinvite(hold(rig.a));
    rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
    ASSERT_TRUE(rig.a.has("200 INVITE"));
    update ? rig.b.request("UPDATE", hold(rig.b, 3)) : rig.b.reinvite(hold(rig.b, 3));
    EXPECT_FALSE(rig.b.has("491"));
    rig.a.ack();
    if (update) {
      rig.a.answer_to(rig.a.take("UPDATE"), 200, sdp(rig.a.ip(), 4000, "recvonly", 3));
      EXPECT_TRUE(rig.b.has("200 UPDATE"));
    } else {
      rig.a.clear();
      agree(rig.b, rig.a);
    }
    end(rig);
  }
}

TEST(HeldRequest, WaitsNoLongerThanTwoSeconds) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.reinvite(hold(rig.b));
  rig.pass(milliseconds(1900));
  EXPECT_TRUE(rig.b.invite_pending());
  rig.pass(milliseconds(200));
  EXPECT_TRUE(rig.b.has("491 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(rig.a.has("INVITE"));
  end(rig);
}

TEST(HeldRequest, IsOneAtATime) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.reinvite(hold(rig.b));
  rig.b.request("UPDATE", hold(rig.b, 3));
  EXPECT_TRUE(rig.b.has("500 UPDATE")) << "RFC 3261 14.2: theirs has no answer yet";
  rig.a.reinvite(hold(rig.a));
  EXPECT_TRUE(rig.a.has("491 INVITE"));
  rig.a.ack();
  agree(rig.b, rig.a);
  end(rig);
}

TEST(HeldRequest, ThatIsCancelledGets487) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.reinvite(hold(rig.b));
  rig.b.cancel();
  EXPECT_TRUE(rig.b.has("200 CANCEL"));
  EXPECT_TRUE(rig.b.has("487 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(rig.a.has("INVITE"));
  end(rig);
}

TEST(HeldRequest, Gets487WhenTheCallEnds) {
  for (const bool by_kill : {true, false}) {
    Rig rig;
    rig.ring();
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    rig.b.reinvite(hold(rig.b));
    by_kill ? rig.kill() : rig.a.bye();
    EXPECT_TRUE(rig.b.has("487 INVITE")) << "RFC 3261 15.1.2";
    EXPECT_TRUE(rig.b.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// The border refreshes one leg; the other one knows nothing of it.
TEST(HeldRequest, WaitsForARefreshOfTheOtherLeg) {
  Rig rig;
  rig.settings->session.interval = 90;
  rig.connect();
  for (int i = 0; i < 90 && !rig.a.has("INVITE") && !rig.b.has("INVITE"); ++i) rig.pass(seconds(1));
  Peer& refreshed = rig.a.has("INVITE") ? rig.a : rig.b;
  Peer& other = rig.a.has("INVITE") ? rig.b : rig.a;
  ASSERT_EQ(refreshed.pending_invites(), 1U);
  other.reinvite(hold(other));
  EXPECT_TRUE(other.invite_pending());
  refreshed.answer(200, sdp(refreshed.ip(), refreshed.name() == "alice" ? 4000 : 6000));
  agree(other, refreshed);
  EXPECT_EQ(other.count("491 INVITE"), 0U);
  end(rig);
}

// A relay was lost, and another one has not answered yet: nothing that concerns the peer is under way.
TEST(HeldRequest, WaitsForTheRelayThatTheCallMovesTo) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    rig.relay.mood = FakeRelay::Mood::Slow;
    rig.session_lost();
    rig.pass(milliseconds(100));
    ASSERT_TRUE(rig.relay.waits());
    Peer& asking = caller ? rig.a : rig.b;
    Peer& asked = caller ? rig.b : rig.a;
    asking.reinvite(hold(asking));
    EXPECT_TRUE(asking.invite_pending());
    rig.relay.mood = FakeRelay::Mood::Willing;
    rig.release_relay();
    agree(asking, asked);
    // Then each is told of the new place once more, and the move is done.
    for (Peer* peer : {&rig.a, &rig.b}) {
      rig.pass(seconds(1));
      ASSERT_EQ(peer->pending_invites(), 1U) << peer->name();
      peer->answer(200, sdp(peer->ip(), 4000, "sendrecv", 9));
    }
    EXPECT_EQ(rig.calls.counters().moved, 1U);
    end(rig);
  }
}

TEST(HeldRequest, MayBeATransferOfACalleeWhoHasJustAnswered) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.request("REFER", {}, "Refer-To: <sip:carol@elsewhere.example>\r\n");
  EXPECT_FALSE(rig.b.has("500 REFER"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.a.ack();
  EXPECT_TRUE(rig.b.has("202 REFER"));
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(486);
  end(rig);
}

}  // namespace
}  // namespace sbc::call::test
