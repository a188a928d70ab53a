// INVITE with Replaces (RFC 3891): who takes whose place, what the three see, and who is where when it fails.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

// As the peer itself names its dialog with the border, for a newcomer: to-tag is the border's.
std::string replaces_caller(const Rig& rig, std::string_view more = {}) {
  const auto accepted = rig.a.last_accepted();
  return "Replaces: " + std::string(accepted->call_id()) + ";to-tag=" + std::string(accepted->to_tag()) +
         ";from-tag=" + std::string(accepted->from_tag()) + std::string(more) + "\r\n";
}

std::string replaces_callee(Rig& rig, std::string_view more = {}) {
  rig.b.request("OPTIONS");
  const auto answer = rig.b.take("200 OPTIONS");
  return "Replaces: " + std::string(answer->call_id()) + ";to-tag=" + std::string(answer->to_tag()) +
         ";from-tag=" + std::string(answer->from_tag()) + std::string(more) + "\r\n";
}

// Another telephone of b's trunk.
void come(Rig& rig, const std::string& headers, int port = 7000) {
  rig.advisor.arrival_trunk = "t1";
  rig.c.invite({.body = port != 0 ? sdp(rig.c.ip(), port) : "", .headers = headers});
}

TEST(Takeover, PutsTheNewcomerInThePlaceOfThePartyThatItNames) {
  Rig rig;
  rig.connect();
  const std::string headers = replaces_callee(rig);
  come(rig, headers);
  const auto offer = rig.a.take("INVITE");
  ASSERT_NE(offer, nullptr);
  EXPECT_FALSE(offer->to_tag().empty()) << "the party that stays sees a re-INVITE";
  EXPECT_EQ(offer->bytes().find(rig.c.ip()), std::string_view::npos);
  EXPECT_FALSE(rig.b.has("BYE")) << "RFC 3891 3: not before the newcomer is accepted";
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  const auto accepted = rig.c.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_NE(accepted->body().find("m=audio"), std::string_view::npos);
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.c.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.size(), 1U);
  ASSERT_EQ(rig.relay.sessions.size(), 1U);

  rig.c.reinvite(sdp(rig.c.ip(), 7000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 3));
  rig.c.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
  EXPECT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.calls.counters().takeovers, 1U);
}

TEST(Takeover, OfTheCallersPlaceWorksAsWell) {
  Rig rig;
  rig.connect();
  const std::string headers = replaces_caller(rig);
  Peer other(rig, "anna", "198.51.100.78:5066", 0);
  rig.guest = &other;
  other.invite({.body = sdp(other.ip(), 4400), .headers = headers});
  EXPECT_EQ(rig.advisor.replaces, "sip:alice@alice.invalid") << "the policy knows whose place it is";
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "sendrecv", 2));
  EXPECT_TRUE(rig.a.has("BYE"));
  other.ack();
  rig.b.bye();
  EXPECT_TRUE(other.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Takeover, OfACallThatHasLastedWorksAsWell) {  // its INVITE is kept no more as it came
  for (const bool of_caller : {false, true}) {
    Rig rig;
    rig.connect();
    rig.pass(minutes(2));
    const std::string headers = of_caller ? replaces_caller(rig) : replaces_callee(rig);
    Peer other(rig, "anna", of_caller ? "198.51.100.78:5066" : "203.0.113.12:5060", of_caller ? 0 : 1);
    rig.guest = &other;
    if (!of_caller) rig.advisor.arrival_trunk = "t1";
    other.invite({.body = sdp(other.ip(), 4400), .headers = headers});
    Peer& stays = of_caller ? rig.b : rig.a;
    stays.answer(200, sdp(stays.ip(), 5000, "sendrecv", 2));
    EXPECT_TRUE(other.has("200 INVITE"));
    other.ack();
    stays.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Takeover, WithoutOfferAsksThePartyThatStaysForOne) {
  Rig rig;
  rig.connect();
  come(rig, replaces_callee(rig), 0);
  const auto asked = rig.a.take("INVITE");
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->body(), "");
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.c.ack(sdp(rig.c.ip(), 7000));
  const auto ack = rig.a.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio"), std::string_view::npos);
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Takeover, ThatIsRefusedLeavesTheCallAsItWas) {
  Rig rig;
  rig.connect();
  come(rig, replaces_callee(rig));
  rig.a.answer(488);
  EXPECT_TRUE(rig.c.has("488 INVITE"));
  EXPECT_FALSE(rig.b.has("BYE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.size(), 1U);
  rig.a.clear();
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("INVITE")) << "the replaced party is a party again";
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.b.ack();
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 3261 13.2.2.4: a lost ACK while somebody is about to take the callee's place, who stays when that is refused.
TEST(Takeover, MeanwhileARepeated2xxOfTheOldPartyGetsItsAckAgain) {
  Rig rig;
  rig.connect();
  const std::string headers = replaces_callee(rig);
  come(rig, headers);
  const auto before = rig.said_to(rig.b);
  rig.b.repeat_accept();
  const auto after = rig.said_to(rig.b);
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_TRUE(after.back().starts_with("ACK "));
  rig.a.answer(488);
  EXPECT_TRUE(rig.c.has("488 INVITE"));
  rig.expect_legs_in_pairs();
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
  rig.expect_no_half_call();
}

TEST(Takeover, WhenBothTheOldPartyAndTheNewcomerHaveLeftTheCallEnds) {
  Rig rig;
  rig.connect();
  come(rig, replaces_callee(rig));
  rig.c.cancel();
  rig.b.bye();
  rig.b.clear();
  EXPECT_EQ(rig.calls.connected(), 1U) << "nothing is known of the other party yet";
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_EQ(rig.calls.connected(), 0U);
  rig.pass(minutes(2));
  rig.expect_idle();
  rig.expect_no_half_call();
}

TEST(Takeover, ThatIsCancelledLeavesTheCallAsItWas) {
  for (const bool crossing : {false, true}) {
    Rig rig;
    rig.connect();
    come(rig, replaces_callee(rig));
    rig.a.answer(100);  // RFC 3261 9.1: before that nothing may be cancelled
    if (crossing) rig.a.auto_terminate = false;
    rig.c.cancel();
    EXPECT_TRUE(rig.c.has("487 INVITE"));
    if (crossing) {  // the 2xx crossed our CANCEL: the party that stays is asked back
      rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
      rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
    }
    EXPECT_FALSE(rig.b.has("BYE"));
    rig.b.bye();
    EXPECT_TRUE(rig.a.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Takeover, MeanwhileTheOldPartyMayLeave) {
  for (const bool accepted : {true, false}) {
    Rig rig;
    rig.connect();
    come(rig, replaces_callee(rig));
    rig.b.request("INFO");
    EXPECT_TRUE(rig.b.has("500 INFO"));
    rig.b.bye();
    EXPECT_TRUE(rig.b.has("200 BYE"));
    EXPECT_FALSE(rig.a.has("BYE"));
    rig.a.answer(accepted ? 200 : 486, accepted ? sdp(rig.a.ip(), 4000, "sendrecv", 2) : "");
    EXPECT_EQ(rig.a.has("BYE"), !accepted) << "nobody is left";
    EXPECT_EQ(rig.b.count("BYE"), 0U);
    if (accepted) {
      rig.c.ack();
      rig.c.bye();
    }
    EXPECT_TRUE(rig.a.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Takeover, MeanwhileTheOtherPartyMayLeave) {
  Rig rig;
  rig.connect();
  come(rig, replaces_callee(rig));
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("487 INVITE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Takeover, WaitsWhileThePartiesChangeTheirSession) {
  Rig rig;
  rig.connect();
  const std::string headers = replaces_callee(rig);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  come(rig, headers);
  EXPECT_FALSE(rig.c.has("500 INVITE"));
  rig.pass(base::milliseconds(500));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  EXPECT_EQ(rig.a.pending_invites(), 0U);
  rig.pass(base::milliseconds(200));
  ASSERT_EQ(rig.a.pending_invites(), 1U) << "its turn has come";
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  EXPECT_TRUE(rig.c.has("200 INVITE"));
  rig.c.ack();
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
  rig.expect_no_half_call();
}

TEST(Takeover, ThatWaitsMayBeCancelledOrFindsThatTheCallIsOver) {
  for (const bool cancels : {true, false}) {
    Rig rig;
    rig.connect();
    const std::string headers = replaces_callee(rig);
    rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
    come(rig, headers);
    if (cancels) {
      rig.c.cancel();
      EXPECT_TRUE(rig.c.has("487 INVITE"));
    } else {
      rig.a.bye();
      rig.pass(base::milliseconds(200));
      EXPECT_TRUE(rig.c.has("603 INVITE") || rig.c.has("481 INVITE"));
    }
    EXPECT_EQ(rig.calls.counters().takeovers, 0U);
    if (cancels) rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// trap 77
TEST(Takeover, IsRefusedAsTheRfcSays) {
  Rig rig;
  rig.connect();
  const std::string right = replaces_callee(rig);
  const std::string strangers = replaces_caller(rig);  // a dialog of another realm
  rig.advisor.arrival_trunk = "t1";
  const auto status = [&rig](const std::string& headers) {
    rig.c.clear();
    rig.c.invite({.body = sdp(rig.c.ip(), 7000), .headers = headers});
    for (const int one : {400, 403, 481, 486, 500, 603})
      if (rig.c.has(std::to_string(one) + " INVITE")) return one;
    return 0;
  };
  EXPECT_EQ(status("Replaces: nobody;to-tag=a;from-tag=b\r\n"), 481);
  EXPECT_EQ(status("Replaces: nonsense\r\n"), 400);
  EXPECT_EQ(status(right + "Join: x;to-tag=a;from-tag=b\r\n"), 400) << "contradictory";
  EXPECT_EQ(status(replaces_callee(rig, ";early-only")), 486) << "7.1: it is confirmed";
  EXPECT_EQ(status(strangers), 403) << "nobody of that side may replace it";
  rig.advisor.arrival_trunk = "t2";
  EXPECT_EQ(status(right), 403) << "nor may another carrier";
  rig.advisor.arrival_trunk = "t1";
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Reject;
  no.status = 403;
  rig.advisor.decision = no;
  EXPECT_EQ(status(right), 403) << "the policy decides";
  rig.advisor.decision.reset();
  rig.b.reinvite(sdp(rig.b.ip(), 5000, "sendonly", 2));
  EXPECT_EQ(status(right), 0) << "an exchange is under way: it waits for that";
  rig.pass(seconds(3));
  const auto later = rig.c.take("500 INVITE");
  ASSERT_NE(later, nullptr);
  EXPECT_TRUE(later->find(sip::HeaderId::RetryAfter));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.b.ack();
  rig.a.auto_bye_ok = false;
  rig.b.bye();
  EXPECT_EQ(status(right), 603) << "it has just ended";
  rig.settings->crossing["core"].transfers = Transfers::Refuse;
  EXPECT_EQ(status(right), 403);
  EXPECT_EQ(rig.calls.counters().refused_transfer, 9U);
}

}  // namespace
}  // namespace sbc::call::test
