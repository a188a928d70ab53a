// Session timers (RFC 4028): each leg by itself.

#include <gtest/gtest.h>

#include "sbc/sip/values.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr std::string_view kAsks90 = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";

// The caller refreshes every 1000 s unless told otherwise; the callee says what `callee` says.
void connect(Rig& rig, const std::string& callee,
             const std::string& caller = "Supported: timer\r\nSession-Expires: 1000;refresher=uac\r\n") {
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = caller});
  rig.b.answer(200, sdp(rig.b.ip(), 6000), callee);
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.b.clear();
}

std::string value(const sip::MessagePtr& message, sip::HeaderId id) {
  return message == nullptr ? "no message" : std::string(message->find(id).value_or("none"));
}

// trap 76: each leg negotiates for itself, and the refresher is relative to that transaction's roles.
TEST(SessionTimers, EachLegHasItsOwnIntervalAndRefresher) {
  Rig rig;
  rig.a.invite(
      {.body = sdp(rig.a.ip(), 4000), .headers = "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n"});
  const auto invite = rig.b.take("INVITE");
  EXPECT_EQ(value(invite, sip::HeaderId::SessionExpires), "1800");
  EXPECT_TRUE(sip::lists_token(*invite, sip::HeaderId::Supported, "timer"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Require: timer\r\nSession-Expires: 1200;refresher=uas\r\n");
  const auto ok = rig.a.take("200 INVITE");
  EXPECT_EQ(value(ok, sip::HeaderId::SessionExpires), "600;refresher=uac");
  EXPECT_EQ(value(ok, sip::HeaderId::Require), "timer");
  rig.a.ack();
  rig.b.clear();

  rig.pass(seconds(500));
  rig.a.request("UPDATE", {}, "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  const auto refreshed = rig.a.take("200 UPDATE");
  EXPECT_EQ(value(refreshed, sip::HeaderId::SessionExpires), "600;refresher=uac");
  EXPECT_TRUE(rig.b.inbox.empty()) << "a refresh stays on its leg";
  rig.pass(seconds(500));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(SessionTimers, AnIntervalThatIsTooShortGets422WithMinSe) {
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Supported: timer\r\nSession-Expires: 60\r\n"});
  const auto refused = rig.a.take("422 INVITE");
  EXPECT_EQ(value(refused, sip::HeaderId::MinSe), "90");
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.calls.counters().refused_interval, 1U);

  connect(rig, "");
  rig.a.request("UPDATE", {}, "Supported: timer\r\nSession-Expires: 60\r\n");
  EXPECT_TRUE(rig.a.has("422 UPDATE"));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), "Supported: timer\r\nSession-Expires: 60\r\n");
  EXPECT_TRUE(rig.a.has("422 INVITE"));
  EXPECT_TRUE(rig.b.inbox.empty());
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(SessionTimers, A422OfTheCalleeIsFollowedOnTheSameTarget) {
  Rig rig;
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig.b.answer(422, {}, "Min-SE: 3600\r\n");
  const auto second = rig.b.take("INVITE");
  ASSERT_NE(second, nullptr) << "asked again";
  EXPECT_EQ(second->call_id(), first->call_id());
  EXPECT_EQ(second->cseq().number, first->cseq().number + 1);
  EXPECT_EQ(value(second, sip::HeaderId::SessionExpires), "3600");
  EXPECT_EQ(value(second, sip::HeaderId::MinSe), "3600");
  EXPECT_EQ(second->body(), first->body());
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  EXPECT_FALSE(rig.a.has("422 INVITE"));
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(SessionTimers, WhoDoesNotRefreshEndsBothLegsWithAReason) {
  for (const bool caller : {true, false}) {
    Rig rig;
    connect(rig, caller ? "" : "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n",
            caller ? std::string(kAsks90) : "Supported: timer\r\nSession-Expires: 1000;refresher=uac\r\n");
    rig.pass(seconds(59));
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.pass(seconds(2));
    for (Peer* peer : {&rig.a, &rig.b})
      EXPECT_NE(value(peer->take("BYE"), sip::HeaderId::Reason).find("Session timer expired"), std::string::npos);
    rig.pass(minutes(2));
    EXPECT_EQ(rig.records.at(0).cause, EndCause::SessionExpired);
    rig.expect_idle();
  }
}

TEST(SessionTimers, OurRefreshIsAnUpdateWithoutOfferWhereThePeerHasIt) {
  Rig rig;
  const std::string says = "Allow: INVITE, ACK, BYE, UPDATE\r\nRequire: timer\r\nSession-Expires: 90;refresher=uac\r\n";
  connect(rig, says);
  rig.a.clear();
  for (int i = 0; i < 4; ++i) {
    rig.pass(seconds(45));
    const auto update = rig.b.take("UPDATE");
    ASSERT_NE(update, nullptr) << "at half the interval, " << i;
    EXPECT_TRUE(update->body().empty());
    EXPECT_EQ(value(update, sip::HeaderId::SessionExpires), "90;refresher=uac");
    rig.b.answer_to(update, 200, {}, says);
  }
  EXPECT_TRUE(rig.a.inbox.empty()) << "a refresh stays on its leg";
  EXPECT_EQ(rig.calls.counters().refreshes, 4U);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(SessionTimers, OurReInviteRepeatsTheSameDescription) {  // trap 76: a refresh changes nothing.
  Rig rig;
  const std::string says = "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n";
  rig.a.invite(
      {.body = sdp(rig.a.ip(), 4000), .headers = "Supported: timer\r\nSession-Expires: 1000;refresher=uac\r\n"});
  const std::string told(rig.b.take("INVITE")->body());
  rig.b.answer(200, sdp(rig.b.ip(), 6000), says);
  rig.a.ack();
  rig.a.clear();
  for (int i = 0; i < 3; ++i) {
    rig.b.clear();
    rig.pass(seconds(45));
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr) << i;
    EXPECT_EQ(invite->body(), told) << "7.4: the same o= says that nothing changed";
    rig.b.answer(200, sdp(rig.b.ip(), 6000), says);
    EXPECT_TRUE(rig.b.has("ACK"));
  }
  EXPECT_TRUE(rig.a.inbox.empty());
  // After an offer of ours that came to nothing the old description needs a new version.
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(488);
  rig.b.clear();
  rig.pass(seconds(45));
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_NE(invite->body(), told);
  EXPECT_NE(invite->body().find("a=sendrecv"), std::string_view::npos) << invite->body();
  rig.b.answer(200, sdp(rig.b.ip(), 6000), says);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(SessionTimers, ACalleeThatDoesNotKnowThemIsRefreshedAndMayRefuse) {
  Rig rig;
  rig.settings->session.interval = 90;
  connect(rig, "", "Supported: timer\r\n");
  rig.pass(seconds(45));
  ASSERT_TRUE(rig.b.has("INVITE")) << "7.2: who wants the timer refreshes";
  rig.b.answer(488);
  rig.a.request("UPDATE", {}, "Supported: timer\r\n");
  rig.pass(seconds(50));
  EXPECT_EQ(rig.calls.connected(), 1U) << "it is there, and that was the question";
  EXPECT_EQ(rig.b.pending_invites(), 1U) << "and asked again";
}

TEST(SessionTimers, ARefreshThatIsAnswered481OrNotAtAllEndsBothLegs) {
  for (const bool answers : {true, false}) {
    Rig rig;
    connect(rig, "Allow: UPDATE\r\nSession-Expires: 90;refresher=uac\r\n");
    if (!answers) rig.b.deaf = true;
    rig.pass(seconds(45));
    if (answers) rig.b.answer_to(rig.b.take("UPDATE"), 481);
    rig.pass(seconds(answers ? 1 : 33));
    EXPECT_TRUE(rig.a.has("BYE"));
    rig.pass(minutes(2));
    EXPECT_NE(rig.records.at(0).cause, EndCause::Bye);
    rig.expect_idle();
  }
}

TEST(SessionTimers, ARefreshThatCollidesComesAgain) {
  Rig rig;
  connect(rig, "Session-Expires: 90;refresher=uac\r\n");
  rig.pass(seconds(45));
  rig.b.answer(491);
  rig.b.clear();
  rig.pass(base::milliseconds(2050));
  EXPECT_FALSE(rig.b.has("INVITE")) << "we made the Call-ID: 2.1 to 4 s (RFC 3261 14.1)";
  rig.pass(seconds(2));
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Session-Expires: 90;refresher=uac\r\n");
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(SessionTimers, AnUpdateThatIsNotKnownAfterAllBecomesAReInvite) {
  Rig rig;
  connect(rig, "Allow: UPDATE\r\nSession-Expires: 90;refresher=uac\r\n");
  rig.pass(seconds(45));
  rig.b.answer_to(rig.b.take("UPDATE"), 405);
  EXPECT_TRUE(rig.b.has("INVITE"));
}

TEST(SessionTimers, ChangesDuringOurRefreshWait) {
  Rig rig;
  connect(rig, "Session-Expires: 90;refresher=uac\r\n");
  rig.pass(seconds(45));
  rig.b.take("INVITE");
  rig.b.reinvite(sdp(rig.b.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("491 INVITE")) << "it collides with ours";
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.a.invite_pending());
  EXPECT_FALSE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Session-Expires: 90;refresher=uac\r\n");
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_FALSE(rig.a.has("491 INVITE"));
}

TEST(SessionTimers, APeersReInviteThatChangesNothingIsAnsweredHere) {
  for (const std::string method : {"INVITE", "UPDATE"}) {
    Rig rig;
    rig.a.invite();
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    const std::string told(rig.a.take("200 INVITE")->body());
    rig.a.ack();
    rig.b.clear();
    if (method == "INVITE") {
      rig.a.reinvite(sdp(rig.a.ip(), 4000));
    } else {
      rig.a.request("UPDATE", sdp(rig.a.ip(), 4000));
    }
    const auto ok = rig.a.take("200 " + method);
    ASSERT_NE(ok, nullptr);
    EXPECT_EQ(ok->body(), told);
    EXPECT_TRUE(rig.b.inbox.empty());
    if (method == "INVITE") rig.a.ack();
    rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
    EXPECT_TRUE(rig.a.has("INVITE")) << "the way is free again";
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
    rig.b.ack();
    rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

}  // namespace
}  // namespace sbc::call::test
