// UPDATE (RFC 3311, RFC 6141) in calls that talk, and offers that collide (RFC 3261 14.1).

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

constexpr std::string_view kAllowsUpdate = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";

void connect(Rig& rig, bool callee_updates, bool caller_updates = true) {
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = caller_updates ? std::string(kAllowsUpdate) : ""});
  rig.b.answer(200, sdp(rig.b.ip(), 6000), callee_updates ? kAllowsUpdate : "");
  rig.a.ack();
  rig.a.clear();
  rig.b.clear();
  ASSERT_EQ(rig.calls.connected(), 1U);
}

void end(Rig& rig) {
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Update, CrossesAsUpdateAndNeedsNoAck) {
  for (const bool caller : {true, false}) {
    Rig rig;
    connect(rig, true);
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.request("UPDATE", sdp(one.ip(), caller ? 4000 : 6000, "sendonly", 2));
    const auto update = two.take("UPDATE");
    ASSERT_NE(update, nullptr);
    EXPECT_NE(update->body().find("a=sendonly"), std::string_view::npos);
    EXPECT_TRUE(update->find(sip::HeaderId::Contact).has_value()) << "RFC 3311 5.1";
    two.answer_to(update, 200, sdp(two.ip(), caller ? 6000 : 4000, "recvonly", 2));
    const auto ok = one.take("200 UPDATE");
    ASSERT_NE(ok, nullptr);
    EXPECT_NE(ok->body().find("a=recvonly"), std::string_view::npos);
    EXPECT_TRUE(ok->find(sip::HeaderId::Contact).has_value());
    EXPECT_FALSE(two.has("ACK"));
    EXPECT_TRUE(rig.relay.sessions.begin()->second.suspended);
    end(rig);
  }
}

// trap 24
TEST(Update, BecomesAReInviteForAPeerWithoutIt) {
  Rig rig;
  connect(rig, false);
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  end(rig);
}

TEST(Update, ThatThePeerRefusesAfterAllBecomesAReInvite) {
  Rig rig;
  connect(rig, true);
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer_to(rig.b.take("UPDATE"), 405);
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  end(rig);
}

TEST(Update, AReInviteStaysOne) {
  Rig rig;
  connect(rig, true);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_FALSE(rig.b.has("UPDATE"));
}

// RFC 3311 5.2: what a user has to be asked for cannot wait for the user.
TEST(Update, ThatWaitsForAUserIsAnswered504AndTheUserIsNoLongerAsked) {
  Rig rig;
  connect(rig, false);
  const auto before = rig.relay.sessions.begin()->second;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.b.answer(180);
  rig.pass(seconds(21));
  EXPECT_TRUE(rig.a.has("504 UPDATE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  end(rig);
}

// trap 25: RFC 6141, the session is as before.
TEST(Update, RefusedLeavesTheSessionAsItWas) {
  Rig rig;
  connect(rig, true);
  const auto before = rig.relay.sessions.begin()->second;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.b.answer_to(rig.b.take("UPDATE"), 488);
  EXPECT_TRUE(rig.a.has("488 UPDATE"));
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  rig.relay.refuse_next = 1;
  rig.a.request("UPDATE", sdp_two_lines(rig.a.ip(), 4000, 3));
  EXPECT_TRUE(rig.a.has("503 UPDATE")) << "the relay refused";
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  end(rig);
}

TEST(Update, Answered481Or408EndsBothLegs) {
  for (const int status : {481, 408}) {
    Rig rig;
    connect(rig, true);
    rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
    rig.b.answer_to(rig.b.take("UPDATE"), status);
    EXPECT_TRUE(rig.a.has("481 UPDATE"));
    EXPECT_TRUE(rig.a.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// trap 23: RFC 3311 5.2
TEST(Update, OverlappingGets500WithRetryAfterOrThe491OfAnOfferOfOurs) {
  Rig rig;
  connect(rig, true);
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "inactive", 3));
  auto busy = rig.a.take("500 UPDATE");
  ASSERT_NE(busy, nullptr);
  EXPECT_TRUE(busy->find(sip::HeaderId::RetryAfter).has_value());
  rig.a.request("UPDATE");
  EXPECT_TRUE(rig.a.has("500 UPDATE")) << "also without an offer";
  rig.b.request("UPDATE", sdp(rig.b.ip(), 6000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("491 UPDATE"));
  rig.b.request("UPDATE");
  EXPECT_TRUE(rig.b.has("200 UPDATE")) << "without an offer nothing collides";
  rig.b.answer_to(rig.b.take("UPDATE"), 200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  end(rig);
}

TEST(Update, WithoutAnOfferMovesTheTarget) {
  Rig rig;
  connect(rig, false);
  std::string text = rig.b.request_text("UPDATE", 8'000'000, {}, {}, "z9hG4bK-moved");
  const std::string from = "<sip:contact-of-bob@203.0.113.10:5060>";
  text.replace(text.find(from), from.size(), "<sip:bob@203.0.113.11:5060>");
  rig.b.send_raw(text);
  EXPECT_TRUE(rig.b.has("200 UPDATE"));
  EXPECT_TRUE(rig.a.inbox.empty());
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
}

// trap 22
TEST(Glare, A491OfTheOtherLegIsTriedAgainAndTheSideThatAskedHearsNothingOfIt) {
  for (const bool caller : {true, false}) {
    Rig rig;
    connect(rig, false, false);
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.reinvite(sdp(one.ip(), caller ? 4000 : 6000, "sendonly", 2));
    const auto first = two.take("INVITE");
    two.answer(491);
    EXPECT_FALSE(one.has("491 INVITE"));
    if (caller) {
      rig.pass(milliseconds(2090));
      EXPECT_FALSE(two.has("INVITE")) << "we made the Call-ID of leg B: 2.1 to 4 s";
    }
    rig.pass(seconds(2));
    const auto second = two.take("INVITE");
    ASSERT_NE(second, nullptr);
    EXPECT_GT(second->cseq().number, first->cseq().number);
    EXPECT_EQ(second->body(), first->body());
    two.answer(200, sdp(two.ip(), caller ? 6000 : 4000, "recvonly", 2));
    EXPECT_TRUE(one.has("200 INVITE"));
    one.ack();
    EXPECT_EQ(rig.calls.counters().offers_again, 1U);
    end(rig);
  }
}

TEST(Glare, TheThird491IsPassed) {
  Rig rig;
  connect(rig, false);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(rig.b.pending_invites(), 1U) << i;
    EXPECT_FALSE(rig.a.has("491 INVITE"));
    rig.b.answer(491);
    rig.pass(seconds(4));
  }
  EXPECT_TRUE(rig.a.has("491 INVITE"));
  end(rig);
}

TEST(Glare, A500WithRetryAfterIsWaitedFor) {
  Rig rig;
  connect(rig, true);
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer_to(rig.b.take("UPDATE"), 500, {}, "Retry-After: 3\r\n");
  rig.pass(milliseconds(2900));
  EXPECT_FALSE(rig.b.has("UPDATE"));
  rig.pass(milliseconds(200));
  rig.b.answer_to(rig.b.take("UPDATE"), 500, {}, "Retry-After: 9\r\n");
  EXPECT_TRUE(rig.a.has("500 UPDATE")) << "longer than an UPDATE may wait";
  end(rig);
}

TEST(Glare, WhileWaitingACancelAndAByeAreHeard) {
  Rig rig;
  connect(rig, false);
  const auto before = rig.relay.sessions.begin()->second;
  rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 2));
  rig.b.answer(491);
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_EQ(rig.relay.sessions.begin()->second, before);
  rig.b.clear();
  rig.pass(seconds(5));
  EXPECT_TRUE(rig.b.inbox.empty());
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 3));
  rig.b.answer(491);
  rig.b.bye();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Glare, BothSidesAtOnceAreServedOneAfterTheOther) {  // trap 22: glare, on one leg and across the bridge.
  Rig rig;
  connect(rig, false);
  // Both offers leave before either arrives; the callee refuses ours, since its own is under way.
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("491 INVITE"));
  rig.b.answer(491);
  rig.b.clear();
  rig.pass(seconds(4));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 3));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "inactive", 4));
  EXPECT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "inactive", 4));
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  end(rig);
}

TEST(Again, WhoMustWaitForTooLongIsToldForHowLong) {
  for (const auto& [says, means] :
       {std::pair{500, "500 INVITE"}, std::pair{503, "500 INVITE"}, std::pair{480, "480 INVITE"}}) {
    Rig rig;
    rig.connect();
    rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
    rig.b.answer(says, {}, "Retry-After: 60;duration=5\r\n");
    const auto refusal = rig.a.take(means);
    ASSERT_NE(refusal, nullptr) << says;
    EXPECT_EQ(refusal->find(sip::HeaderId::RetryAfter), "60");
    EXPECT_EQ(rig.calls.connected(), 1U);
  }
}

}  // namespace
}  // namespace sbc::call::test
