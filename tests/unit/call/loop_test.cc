// INVITEs that come back to the border through proxies (RFC 3261 16.3 item 4, RFC 5393 4.2): loops and spirals.

#include <gtest/gtest.h>

#include "early.h"

namespace sbc::call::test {
namespace {

// b is a proxy that sends the border's INVITE back to it: unchanged but for its own Via, and with `more` lines. Empty
// `user`: the one that was called.
void send_back(Rig& rig, const sip::MessagePtr& invite, const std::string& user = {}, const std::string& more = {}) {
  std::string text(invite->bytes());
  const std::string called = user.empty() ? std::string(invite->request_uri().user) : user;
  text.replace(0, text.find("\r\n"),
               "INVITE sip:" + called + "@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + rig.b.endpoint().text() +
                   ";branch=z9hG4bK-proxy-" + std::to_string(rig.next_number()) + (more.empty() ? "" : "\r\n" + more));
  rig.b.send_raw(std::move(text));
}

struct Circle {
  Circle() {
    rig.leaks_are_wanted = true;  // b is on both sides
    rig.b.ack_failures = false;   // and has no call of its own
    rig.a.invite();
    first = rig.b.take("INVITE");
  }
  void end() {
    while (rig.b.pending_invites() != 0) rig.b.answer(486);
    rig.pass(base::minutes(3));
    rig.expect_idle();
  }
  Rig rig;
  sip::MessagePtr first;
};

TEST(Loop, AnInviteThatComesBackUnchangedIs482OneTurnLater) {  // trap 15
  Circle c;
  // The first return is of another realm than the phone's call: who routes by realm may send it elsewhere.
  send_back(c.rig, c.first);
  const auto second = c.rig.b.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(c.rig.calls.counters().loops, 0U);
  send_back(c.rig, second);
  EXPECT_TRUE(c.rig.b.has("482 INVITE"));
  EXPECT_FALSE(c.rig.b.has("INVITE"));
  EXPECT_EQ(c.rig.calls.counters().loops, 1U);
  EXPECT_EQ(c.rig.calls.size(), 2U);
  c.end();
}

TEST(Loop, ASpiralGoesOn) {
  for (const bool other_user : {true, false}) {
    Circle c;
    send_back(c.rig, c.first);
    const auto second = c.rig.b.take("INVITE");
    ASSERT_NE(second, nullptr);
    send_back(c.rig, second, other_user ? "600" : "", other_user ? "" : "X-Queue: overflow");
    EXPECT_TRUE(c.rig.b.has("INVITE"));
    EXPECT_EQ(c.rig.calls.counters().loops, 0U);
    c.end();
  }
}

TEST(Loop, ThatHasMoreThanOneTurnIsFoundToo) {
  Circle c;
  send_back(c.rig, c.first);
  // Two users who forward to each other. From the third turn on To is theirs as well.
  for (const char* user : {"600", "5551234", "600"}) {
    const auto invite = c.rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr) << user;
    EXPECT_EQ(c.rig.calls.counters().loops, 0U);
    send_back(c.rig, invite, user);
  }
  EXPECT_TRUE(c.rig.b.has("482 INVITE"));
  EXPECT_EQ(c.rig.calls.counters().loops, 1U);
  c.end();
}

TEST(Loop, OnceTheCallIsOverTheSameInviteIsANewCall) {
  Circle c;
  send_back(c.rig, c.first);
  const auto second = c.rig.b.take("INVITE");
  ASSERT_NE(second, nullptr);
  while (c.rig.b.pending_invites() != 0) c.rig.b.answer(486);
  c.rig.pass(base::minutes(1));
  send_back(c.rig, second);
  EXPECT_TRUE(c.rig.b.has("INVITE"));
  EXPECT_EQ(c.rig.calls.counters().loops, 0U);
  c.end();
}

TEST(Loop, ViasOfStrangersSayNothing) {
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000),
                .headers = "Via: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bKaaaaaaaaaaaaaaaaaaaaaaaa\r\n"});
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(486);
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
