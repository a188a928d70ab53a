// RFC 5407 3.2 and 3.3: messages that cross on the wire while a call talks or ends.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;

constexpr std::string_view kAllow = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";

void ended_by_bye(Rig& rig) {
  rig.pass(minutes(2));
  EXPECT_EQ(rig.records.at(0).cause, EndCause::Bye);
  rig.expect_idle();
}

TEST(Rfc5407, Race321ByesCross) {
  Rig rig;
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  ASSERT_TRUE(rig.b.has("BYE"));
  rig.b.bye();
  EXPECT_TRUE(rig.b.has("200 BYE"));
  rig.b.answer_to(rig.b.take("BYE"), 200);
  ended_by_bye(rig);
}

TEST(Rfc5407, Race322AReInviteCrossesABye) {
  Rig rig;
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("481 INVITE"));
  EXPECT_FALSE(rig.a.has("INVITE"));
  rig.b.answer_to(rig.b.take("BYE"), 200);
  ended_by_bye(rig);
}

TEST(Rfc5407, Race323The200OfAReInviteCrossesABye) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  EXPECT_TRUE(rig.a.has("487 INVITE")) << "RFC 3261 15.1.2";
  ASSERT_TRUE(rig.b.has("BYE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.b.has("ACK")) << "a 2xx is acknowledged whatever else happens";
  rig.b.answer_to(rig.b.take("BYE"), 200);
  ended_by_bye(rig);
}

TEST(Rfc5407, Race324TheAckCrossesABye) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.b.bye();
  EXPECT_FALSE(rig.a.has("BYE")) << "RFC 3261 15: not before the ACK to our 2xx";
  rig.a.ack();
  EXPECT_TRUE(rig.a.has("BYE"));
  ended_by_bye(rig);
}

TEST(Rfc5407, Race332AnUpdateAndAReInviteCross) {
  for (const bool update_first : {true, false}) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(kAllow)});
    rig.b.answer(200, sdp(rig.b.ip(), 6000), kAllow);
    rig.a.ack();
    rig.b.clear();
    rig.a.clear();
    const std::string mine = sdp(rig.a.ip(), 4000, "sendonly", 2);
    const std::string theirs = sdp(rig.b.ip(), 6000, "sendonly", 2);
    if (update_first) {
      rig.a.request("UPDATE", mine);
      rig.b.reinvite(theirs);
      EXPECT_TRUE(rig.b.has("491 INVITE"));
      rig.b.answer_to(rig.b.take("UPDATE"), 200, sdp(rig.b.ip(), 6000, "recvonly", 3));
      EXPECT_TRUE(rig.a.has("200 UPDATE"));
    } else {
      rig.a.reinvite(mine);
      rig.b.request("UPDATE", theirs);
      EXPECT_TRUE(rig.b.has("491 UPDATE"));
      rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 3));
      EXPECT_TRUE(rig.a.has("200 INVITE"));
      rig.a.ack();
    }
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.a.bye();
    ended_by_bye(rig);
  }
}

// RFC 5407 3.1.4: the caller changes the call before its ACK is here.
TEST(Rfc5407, AReInviteBeforeTheAckWaitsForIt) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_FALSE(rig.b.count("INVITE") > 1) << "its own ACK is still to come";
  EXPECT_TRUE(rig.a.invite_pending());
  rig.pass(base::seconds(3));
  EXPECT_TRUE(rig.a.has("491 INVITE")) << "it has not come";
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Rfc5407, ACancelOfAReInviteCrossesItsRefusal) {
  Rig rig;
  rig.connect();
  rig.b.auto_terminate = false;
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(180);
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  rig.b.answer(488);
  EXPECT_EQ(rig.a.count("488 INVITE"), 0U);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 3));
  EXPECT_EQ(rig.b.pending_invites(), 1U) << "the way is free again";
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  rig.a.bye();
  ended_by_bye(rig);
}

}  // namespace
}  // namespace sbc::call::test
