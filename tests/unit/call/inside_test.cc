// What a party wants inside an answered call, put before the policy: re-INVITE, UPDATE, REFER, INFO and digits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/call/digits.h"
#include "sbc/call/pressed_keys.h"

#include "places.h"
#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;
using policy::Handler;
using testing::ElementsAre;
using Kind = policy::InsideDecision::Kind;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";
constexpr const char* kRelay = "Content-Type: application/dtmf-relay\r\n";

policy::InsideDecision refuse(std::uint16_t status, const std::string& reason = {}) {
  policy::InsideDecision decision;
  decision.kind = Kind::Reject;
  decision.status = status;
  decision.reason = reason;
  return decision;
}

policy::InsideDecision hang_up(std::uint16_t status = 0, const std::string& reason = {}) {
  policy::InsideDecision decision;
  decision.kind = Kind::HangUp;
  decision.status = status;
  decision.reason = reason;
  return decision;
}

const policy::InsideFacts& last(Rig& rig) {
  static const policy::InsideFacts kNone;
  return rig.advisor.insides.empty() ? kNone : rig.advisor.insides.back().second;
}

std::string event_sdp(const Peer& peer, int port) {
  return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
}

void connect_with_events(Rig& rig) {
  rig.a.invite({.body = event_sdp(rig.a, 4000)});
  rig.b.answer(200, event_sdp(rig.b, 6000));
  rig.a.ack();
  ASSERT_EQ(rig.calls.connected(), 1U);
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

void press(Rig& rig, control::HalfSide from, char digit) {
  rig.relay_event(control::Dtmf{rig.relay.sessions.begin()->first, 0, from, digit, 160});
}

// Both were hung up by the policy, with this Reason; "": none.
void expect_hung_up(Rig& rig, const std::string& reason) {
  for (Peer* peer : {&rig.a, &rig.b}) {
    const auto bye = peer->take("BYE");
    ASSERT_NE(bye, nullptr) << peer->name();
    EXPECT_EQ(bye->find(sip::HeaderId::Reason).value_or(""), reason);
  }
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::HungUp);
  EXPECT_EQ(rig.records[0].by, EndedBy::Border);
  EXPECT_EQ(rig.advisor.ends.at(0).cause, "hung_up");
  EXPECT_EQ(rig.calls.counters().policy_hang_ups, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(OnReinvite, RefusedLeavesTheSessionAsItWas) {
  for (const std::string method : {"INVITE", "UPDATE"}) {
    Rig rig;
    rig.advisor.heard = {Handler::Reinvite};
    rig.connect();
    const auto before = flow(rig);
    rig.b.clear();
    rig.advisor.inside_decision = refuse(488, "Not Now");
    rig.advisor.inside_decision.headers = {{"Warning", "399 border \"no\""}};
    const std::string offer = sdp(rig.a.ip(), 4444, "sendonly", 2);
    method == "INVITE" ? rig.a.reinvite(offer) : rig.a.request(method, offer, "Content-Type: application/sdp\r\n");
    const auto refused = rig.a.take("488 " + method);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->reason_phrase(), "Not Now");
    EXPECT_EQ(refused->find("Warning"), "399 border \"no\"");
    EXPECT_TRUE(rig.b.inbox.empty());
    EXPECT_EQ(flow(rig), before);
    EXPECT_EQ(last(rig).event, "reinvite");
    EXPECT_EQ(last(rig).method, method);
    EXPECT_EQ(last(rig).party, "caller");
    EXPECT_EQ(last(rig).hold, "hold");
    EXPECT_TRUE(last(rig).has_sdp);
    EXPECT_FALSE(last(rig).unchanged);
    EXPECT_EQ(rig.calls.counters().refused_by_policy[0], 1U);

    rig.advisor.inside_decision = {};
    rig.b.reinvite(sdp(rig.b.ip(), 6002, "sendrecv", 2));
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    EXPECT_TRUE(rig.b.has("200 INVITE"));
    rig.b.ack();
    EXPECT_EQ(last(rig).party, "callee");
    EXPECT_EQ(last(rig).hold, "");
    rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(OnReinvite, IsToldOfHoldResumeAndRefresh) {
  Rig rig;
  rig.advisor.heard = {Handler::Reinvite};
  rig.connect();
  rig.pass(seconds(3));
  rig.a.reinvite(sdp(rig.a.ip(), 4000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_TRUE(last(rig).unchanged) << "a session refresh";
  EXPECT_EQ(last(rig).elapsed_ms, 3000U);
  int version = 1;
  struct Step {
    const char *offered, *answered, *hold;
  };
  for (const auto& [offered, answered, hold] :
       {Step{"sendonly", "recvonly", "hold"}, Step{"inactive", "inactive", ""}, Step{"sendrecv", "sendrecv", "resume"},
        Step{"sendrecv", "sendrecv", ""}}) {
    rig.a.reinvite(sdp(rig.a.ip(), 4000, offered, ++version));
    rig.b.answer(200, sdp(rig.b.ip(), 6000, answered, version));
    rig.a.ack();
    EXPECT_EQ(last(rig).hold, hold) << version;
  }
  rig.a.reinvite("");
  EXPECT_FALSE(last(rig).has_sdp);
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", ++version));
  rig.a.ack(sdp(rig.a.ip(), 4000, "sendrecv", version));
  EXPECT_EQ(rig.advisor.insides.size(), 6U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(OnReinvite, HangsUpBothWithTheReason) {
  Rig rig;
  rig.advisor.heard = {Handler::Reinvite};
  rig.connect();
  rig.advisor.inside_decision = hang_up(603, "Say \"no\"");
  rig.b.reinvite(sdp(rig.b.ip(), 6000, "sendonly", 2));
  EXPECT_TRUE(rig.b.has("487 INVITE")) << "RFC 3261 15.1.2";
  EXPECT_FALSE(rig.a.has("INVITE"));
  expect_hung_up(rig, "SIP;cause=603;text=\"Say \\\"no\\\"\"");
}

TEST(OnReinvite, IsNotAskedWhatIsNoneOfItsBusiness) {
  Rig rig;
  rig.advisor.heard = {Handler::Reinvite, Handler::Refer, Handler::Info, Handler::Dtmf};
  rig.advisor.inside_decision = refuse(488);
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n"});
  rig.b.answer(180);
  rig.a.request("INFO", "Signal=1\r\n", kRelay);  // nothing is answered yet
  EXPECT_TRUE(rig.advisor.insides.empty());
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n");
  rig.a.ack();
  rig.a.request("UPDATE", {}, "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n");  // without an offer
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  rig.pass(seconds(46));  // the border refreshes
  EXPECT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000));
  EXPECT_TRUE(rig.advisor.insides.empty());
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(OnRefer, RefusesHangsUpOrLetsTransfer) {
  for (const Kind kind : {Kind::Usual, Kind::Reject, Kind::HangUp}) {
    Rig rig;
    rig.advisor.heard = {Handler::Refer};
    rig.connect();
    rig.advisor.inside_decision = kind == Kind::Reject   ? refuse(603)
                                  : kind == Kind::HangUp ? hang_up()
                                                         : policy::InsideDecision{};
    rig.b.request("REFER", {}, kToCarol);
    EXPECT_EQ(last(rig).event, "refer");
    EXPECT_EQ(last(rig).party, "callee");
    EXPECT_EQ(last(rig).refer_to.aor, "sip:carol@secret.invalid");
    EXPECT_EQ(rig.b.has("202 REFER"), kind == Kind::Usual);
    EXPECT_EQ(rig.c.has("INVITE"), kind == Kind::Usual);
    EXPECT_EQ(rig.b.has("603 REFER"), kind == Kind::Reject);
    EXPECT_EQ(rig.calls.counters().refused_by_policy[1], kind == Kind::Reject ? 1U : 0U);
    if (kind == Kind::HangUp) {
      EXPECT_TRUE(rig.b.has("487 REFER"));
      expect_hung_up(rig, "");
      continue;
    }
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(OnInfo, RefusesHangsUpOrLetsItCross) {
  for (const Kind kind : {Kind::Usual, Kind::Reject, Kind::HangUp}) {
    Rig rig;
    rig.advisor.heard = {Handler::Info};
    rig.connect();
    rig.advisor.inside_decision = kind == Kind::Reject   ? refuse(415)
                                  : kind == Kind::HangUp ? hang_up(500)
                                                         : policy::InsideDecision{};
    rig.a.request("INFO", "hello", "Content-Type: Text/Plain;charset=utf-8\r\n");
    EXPECT_EQ(last(rig).event, "info");
    EXPECT_EQ(last(rig).content_type, "text/plain");
    EXPECT_EQ(last(rig).body, "hello");
    EXPECT_EQ(rig.a.has("415 INFO"), kind == Kind::Reject);
    EXPECT_EQ(rig.calls.counters().refused_by_policy[2], kind == Kind::Reject ? 1U : 0U);
    if (kind == Kind::HangUp) {
      EXPECT_TRUE(rig.a.has("487 INFO"));
      expect_hung_up(rig, "SIP;cause=500;text=\"Server Internal Error\"");
      continue;
    }
    rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// The relay tells what passes, for the sake of what may come by INFO as well (key_watch.h); policies hear of it that
// have a handler.
TEST(OnDtmf, IsToldWhatPassesInTheMedia) {
  for (const bool hears : {true, false}) {
    Rig rig;
    if (hears) rig.advisor.heard = {Handler::Dtmf};
    connect_with_events(rig);
    for (const control::HalfSpec* half : {&flow(rig).a, &flow(rig).b}) {
      ASSERT_TRUE(half->digits);
      EXPECT_THAT(half->digits->heard, ElementsAre(control::EventFormat{101, 8000}));
      EXPECT_FALSE(half->digits->event || half->digits->tone);
      ASSERT_TRUE(half->rewrite);
      EXPECT_THAT(half->rewrite->payloads,
                  ElementsAre(control::PayloadRule{101, 101, 8000, 0, control::PayloadUse::Event}))
          << "they pass as before";
    }
    press(rig, control::HalfSide::B, '5');
    EXPECT_EQ(rig.advisor.insides.size(), hears ? 1U : 0U);
    if (hears) {
      EXPECT_EQ(last(rig).digit, "5");
      EXPECT_EQ(last(rig).duration_ms, 160U);
      EXPECT_EQ(last(rig).party, "callee");
      EXPECT_EQ(last(rig).method, "");
    }
    EXPECT_TRUE(rig.relay.digits.empty()) << "nobody hears it twice";
    EXPECT_FALSE(rig.a.has("INFO"));
    rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(OnDtmf, HearsDigitsOfInfoAndOfMediaAndHangsUp) {
  for (const bool info : {true, false}) {
    Rig rig;
    rig.advisor.heard = {Handler::Dtmf};
    connect_with_events(rig);
    rig.a.request("INFO", "Signal=1\r\nDuration=200\r\n", kRelay);
    rig.pass(kOtherWay);
    EXPECT_EQ(last(rig).digit, "1");
    EXPECT_EQ(last(rig).method, "INFO");
    EXPECT_EQ(last(rig).duration_ms, 200U);
    const auto crossed = rig.b.take("INFO");
    ASSERT_NE(crossed, nullptr);
    rig.b.answer_to(crossed, 200);
    EXPECT_TRUE(rig.a.has("200 INFO"));
    rig.a.clear();

    rig.advisor.inside_decision = hang_up();
    info ? rig.a.request("INFO", "Signal=#\r\n", kRelay) : press(rig, control::HalfSide::A, '#');
    EXPECT_EQ(last(rig).digit, "#");
    EXPECT_EQ(rig.a.has("200 INFO"), info);
    EXPECT_FALSE(rig.b.has("INFO"));
    expect_hung_up(rig, "");
  }
}

// trap 36: nor is one that comes in both ways told twice.
TEST(OnDtmf, HearsAKeyOnceThatComesTwice) {
  Rig rig;
  rig.advisor.heard = {Handler::Dtmf};
  connect_with_events(rig);
  press(rig, control::HalfSide::A, '1');
  rig.a.request("INFO", "Signal=1\r\nDuration=200\r\n", kRelay);
  EXPECT_TRUE(rig.a.has("200 INFO"));
  rig.pass(kOtherWay);
  EXPECT_EQ(rig.advisor.insides.size(), 1U);
  EXPECT_FALSE(rig.b.has("INFO"));
}

// What is converted is told once, and still converted.
TEST(OnDtmf, HearsWhatIsConvertedOnce) {
  Rig rig;
  rig.advisor.heard = {Handler::Dtmf};
  change_places(rig, kAsItIs, [](route::Trunk& trunk) { trunk.dtmf = policy::Dtmf::Info; });
  rig.a.invite({.body = event_sdp(rig.a, 4000)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  press(rig, control::HalfSide::A, '7');
  const auto info = rig.b.take("INFO");
  ASSERT_NE(info, nullptr);
  rig.b.answer_to(info, 200);
  rig.a.request("INFO", "Signal=7\r\n", kRelay);  // by both ways
  EXPECT_TRUE(rig.a.has("200 INFO"));
  EXPECT_EQ(rig.advisor.insides.size(), 1U);
  rig.b.request("INFO", "Signal=8\r\n", kRelay);
  EXPECT_EQ(last(rig).digit, "8");
  EXPECT_EQ(rig.relay.digits.size(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
