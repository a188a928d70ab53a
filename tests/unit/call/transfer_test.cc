// REFER carried out by the border: what the three parties see, and what happens when it fails.

#include <gtest/gtest.h>

#include "sbc/call/refer.h"
#include "sbc/sip/values.h"

#include "rig.h"
#include "transfers.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

TEST(Transfer, OfEitherSideConnectsTheOtherOneWithTheTarget) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& who = caller ? rig.a : rig.b;
    Peer& stays = caller ? rig.b : rig.a;
    who.request("REFER", {}, kToCarol);
    const auto accepted = who.take("202 REFER");
    ASSERT_NE(accepted, nullptr);
    EXPECT_TRUE(accepted->find(sip::HeaderId::Contact).has_value());
    EXPECT_EQ(report(who), "SIP/2.0 100 Trying\r\nactive;expires=600") << "RFC 3515 2.4.4";
    EXPECT_NE(rig.advisor.referred_by, "") << "the policy knows that it is a transfer";

    const auto invite = rig.c.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_EQ(invite->body(), "") << "the offer is the target's";
    EXPECT_EQ(invite->from().uri.user, caller ? "5551234" : "alice") << "who calls is the party that stays";
    EXPECT_EQ(invite->bytes().find("secret"), std::string_view::npos);
    rig.c.answer(180);
    EXPECT_EQ(report(who), "SIP/2.0 180 Ringing\r\nactive;expires=600");
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.c.answer(200, sdp(rig.c.ip(), 7000));
    EXPECT_EQ(report(who), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
    EXPECT_TRUE(who.has("BYE"));
    EXPECT_FALSE(rig.c.has("ACK")) << "it carries what the other party will answer";

    const auto again = stays.take("INVITE");
    ASSERT_NE(again, nullptr);
    EXPECT_NE(again->body().find("m=audio"), std::string_view::npos);
    EXPECT_EQ(again->bytes().find(rig.c.ip()), std::string_view::npos);
    stays.answer(200, sdp(stays.ip(), 4000, "sendrecv", 2));
    EXPECT_TRUE(stays.has("ACK"));
    const auto ack = rig.c.take("ACK");
    ASSERT_NE(ack, nullptr);
    EXPECT_NE(ack->body().find("m=audio"), std::string_view::npos);

    EXPECT_EQ(rig.relay.sessions.size(), 1U);
    EXPECT_EQ(rig.calls.counters().transfers, 1U);
    (caller ? rig.c : stays).bye();
    EXPECT_TRUE((caller ? stays : rig.c).has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// RFC 3262 4, 5: the PRACK answers an offer, though nobody is there to talk yet.
TEST(Transfer, ATargetThatRingsReliablyIsAcknowledged) {  // trap 27
  for (const bool early : {true, false}) {
    Rig rig;
    rig.connect();
    rig.b.request("REFER", {}, kToCarol);
    const auto invite = rig.c.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_TRUE(sip::lists_token(*invite, sip::HeaderId::Supported, "100rel"));
    const std::string first = "Require: 100rel\r\nRSeq: 17\r\n";
    rig.c.answer(183, early ? sdp(rig.c.ip(), 7000) : "", first);
    const auto prack = rig.c.take("PRACK");
    ASSERT_NE(prack, nullptr);
    EXPECT_EQ(prack->find(sip::HeaderId::RAck), "17 " + std::to_string(invite->cseq().number) + " INVITE");
    EXPECT_EQ(prack->to_tag(), "tag-of-carol");
    EXPECT_EQ(prack->body().contains("m=audio 9 RTP/AVP 8 0\r\n"), early);
    EXPECT_EQ(prack->body().contains("a=inactive"), early);
    rig.c.answer_to(prack, 200);
    rig.c.answer(183, {}, first);
    EXPECT_EQ(rig.c.count("PRACK"), 1U) << "a repetition";
    rig.c.answer(180, {}, "Require: 100rel\r\nRSeq: 18\r\n");
    EXPECT_EQ(rig.c.count("PRACK"), 2U);
    rig.c.answer(200, early ? "" : sdp(rig.c.ip(), 7000));
    if (early) {
      EXPECT_TRUE(rig.c.take("ACK")->body().empty()) << "its offer was answered";
      ASSERT_EQ(rig.c.pending_invites(), 1U);
      EXPECT_TRUE(rig.c.take("INVITE")->body().empty()) << "it is asked for another one";
      rig.c.answer(200, sdp(rig.c.ip(), 7000, "sendrecv", 2));
    }
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    EXPECT_NE(rig.c.take("ACK")->body().find("m=audio"), std::string_view::npos);
    EXPECT_EQ(rig.relay.sessions.begin()->second.flows.at(0).b.remote_rtp->port, 7000);
    rig.a.bye();
    const auto bye = rig.c.take("BYE");
    ASSERT_NE(bye, nullptr);
    EXPECT_GT(bye->cseq().number, invite->cseq().number + 2) << "trap 90";
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// What goes to the party that stays, and what a target is asked for, are re-INVITEs whatever came before them.
TEST(Transfer, AfterAnUpdateAsksByReInvite) {
  constexpr std::string_view kAllow = "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE\r\n";
  for (const bool early : {true, false}) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(kAllow)});
    rig.b.answer(200, sdp(rig.b.ip(), 6000), kAllow);
    rig.a.ack();
    rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
    rig.b.answer_to(rig.b.take("UPDATE"), 200, sdp(rig.b.ip(), 6000, "recvonly", 2));
    ASSERT_TRUE(rig.a.has("200 UPDATE"));
    rig.b.request("REFER", {}, kToCarol);
    if (early) {
      rig.c.answer(183, sdp(rig.c.ip(), 7000), "Require: 100rel\r\nRSeq: 17\r\n" + std::string(kAllow));
      rig.c.answer_to(rig.c.take("PRACK"), 200);
    }
    rig.c.answer(200, early ? "" : sdp(rig.c.ip(), 7000), kAllow);
    if (early) {
      ASSERT_EQ(rig.c.pending_invites(), 1U);
      rig.c.answer(200, sdp(rig.c.ip(), 7000, "sendrecv", 2), kAllow);
    }
    EXPECT_FALSE(rig.c.has("UPDATE"));
    EXPECT_FALSE(rig.a.has("UPDATE"));
    ASSERT_EQ(rig.a.pending_invites(), 1U);
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3), kAllow);
    EXPECT_TRUE(rig.c.has("ACK"));
    rig.a.bye();
    EXPECT_TRUE(rig.c.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
    rig.expect_offers_answered();
  }
}

TEST(Transfer, ToATargetInAnotherNetworkMovesTheMedia) {
  Rig rig;
  rig.connect();
  rig.advisor.transfer_trunks = {"far"};
  rig.b.request("REFER", {}, kToCarol);
  rig.d.answer(200, sdp(rig.d.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.at(0).b.network, "far");
  EXPECT_TRUE(rig.d.has("ACK"));
  rig.d.reinvite(sdp(rig.d.ip(), 7000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("INVITE")) << "the new party is a party like any other";
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 3));
  rig.d.ack();
  rig.d.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 3263: the places of a host name are asked for while the call goes on.
TEST(Transfer, ToATargetThatIsAHostNameTriesItsPlaces) {
  Rig rig;
  rig.connect();
  rig.advisor.transfer_trunks = {"named"};
  rig.slow_names = true;
  rig.names["pbx.example"] = {{sip::Transport::Udp, rig.c.endpoint()}};
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.b.has("202 REFER"));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "recvonly", 2));
  rig.a.ack();
  rig.release_lookups();
  EXPECT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  rig.c.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Transfer, ToAHostNameThatNobodyKnowsIsReported) {
  for (const bool silent : {false, true}) {
    Rig rig;
    rig.connect();
    rig.advisor.transfer_trunks = {"named"};
    rig.slow_names = silent;
    rig.b.request("REFER", {}, kToCarol);
    EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
    rig.pass(seconds(9));
    EXPECT_EQ(report(rig.b).substr(0, 9), "SIP/2.0 5") << silent;
    if (silent) rig.release_lookups();  // too late
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.b.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Transfer, ThatFailsIsReportedAndTheCallGoesOn) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  rig.b.clear();
  rig.c.answer(486);
  EXPECT_EQ(report(rig.b), "SIP/2.0 486 Busy Here\r\nterminated;reason=noresource");
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_FALSE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("INVITE"));
  // RFC 3515 2.4.6: from the second on, NOTIFYs name their REFER.
  rig.b.request("REFER", {}, kToCarol, 8'000'000);
  const auto notify = rig.b.take("NOTIFY");
  ASSERT_NE(notify, nullptr);
  EXPECT_EQ(value(notify, sip::HeaderId::Event), "refer;id=8000000");
}

TEST(Transfer, RetryAfterOfTheTargetKeepsCallsAwayFromIt) {  // trap 17
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  ASSERT_NE(rig.c.take("INVITE"), nullptr);
  rig.c.answer(503, {}, "Retry-After: 60\r\n");
  EXPECT_EQ(rig.calls.health().state(sip::Transport::Udp, rig.c.endpoint(), rig.now), route::TrunkHealth::State::Busy);
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_FALSE(rig.c.has("INVITE"));
  rig.pass(base::seconds(61));
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.c.has("INVITE"));
}

TEST(Transfer, TheNextPlaceOfATargetsNameGetsTheSameInvite) {  // RFC 3263 4.3
  Rig rig;
  rig.connect();
  rig.advisor.transfer_trunks = {"named"};
  rig.names["pbx.example"] = {{sip::Transport::Udp, rig.d.endpoint()}, {sip::Transport::Udp, rig.c.endpoint()}};
  rig.b.request("REFER", {}, kToCarol);
  const auto first = rig.d.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig.d.answer(503);
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  for (const auto id :
       {sip::HeaderId::From, sip::HeaderId::To, sip::HeaderId::CallId, sip::HeaderId::CSeq, sip::HeaderId::Contact})
    EXPECT_EQ(first->find(id), second->find(id));
  EXPECT_NE(first->top_via().branch, second->top_via().branch);
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.c.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Transfer, OfOneWhoHangsUpAtOnceGoesOnWithoutIt) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  rig.b.bye();
  EXPECT_TRUE(rig.b.has("200 BYE"));
  EXPECT_FALSE(rig.a.has("BYE"));
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("500 INVITE")) << "nobody is there to answer it";
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  EXPECT_TRUE(rig.c.has("ACK"));
  EXPECT_EQ(rig.b.count("BYE"), 0U);
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();

  Rig failed;
  failed.connect();
  failed.b.request("REFER", {}, kToCarol);
  failed.b.bye();
  failed.c.answer(486);
  EXPECT_TRUE(failed.a.has("BYE")) << "nobody is left to talk to";
  failed.pass(minutes(2));
  failed.expect_idle();
}

TEST(Transfer, AnotherForkOfATargetThatWasNotTakenIsSentAwayInItsOwnDialog) {
  for (const bool ended : {false, true}) {
    Rig rig;
    rig.connect();
    rig.b.request("REFER", {}, kToCarol);
    rig.b.clear();
    const auto invite = rig.c.take("INVITE");
    ASSERT_NE(invite, nullptr);
    rig.c.answer_to(invite, 200, {}, {}, "fork-1");  // without an offer there is nothing to connect
    EXPECT_EQ(report(rig.b), "SIP/2.0 488 Not Acceptable Here\r\nterminated;reason=noresource");
    rig.c.clear();
    if (ended) rig.a.bye();
    rig.c.answer_to(invite, 200, {}, {}, "fork-2");
    for (const char* what : {"ACK", "BYE"}) {
      const auto sent = rig.c.take(what);
      ASSERT_NE(sent, nullptr) << what;
      EXPECT_EQ(sent->call_id(), invite->call_id()) << what;
      EXPECT_EQ(sent->from_tag(), invite->from_tag()) << what;
      EXPECT_EQ(sent->to_tag(), "fork-2") << what;
    }
    if (!ended) rig.a.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Transfer, IsGivenUpWhenTheOtherPartyHangsUp) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  rig.c.answer(180);
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("CANCEL"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Transfer, ToATargetThatNeverAnswersEnds) {
  Rig rig;
  rig.connect();
  rig.c.deaf = true;
  rig.b.request("REFER", {}, kToCarol);
  rig.b.clear();
  rig.pass(seconds(9));
  EXPECT_EQ(report(rig.b), "SIP/2.0 408 Request Timeout\r\nterminated;reason=noresource");
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.b.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 4488: no subscription.
TEST(Transfer, WithoutReportsWhenTheTransferorWantsNone) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, std::string(kToCarol) + "Refer-Sub: false\r\nSupported: norefersub\r\n");
  const auto accepted = rig.b.take("202 REFER");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->find("Refer-Sub"), "false");
  rig.c.answer(486);
  EXPECT_FALSE(rig.b.has("NOTIFY"));
}

TEST(Transfer, IsRefusedWhenItSaysNothingThatCanBeDone) {
  Rig rig;
  rig.connect();
  const std::pair<std::string_view, int> cases[] = {
      {"", 400},
      {"Refer-To: <http://x.invalid/>\r\n", 416},
      {"Refer-To: <sip:c@x.invalid;method=BYE>\r\n", 403},
      {"Refer-To: <sip:c@x.invalid?Replaces=nonsense>\r\n", 400},
      {"Refer-To: <sip:c@x.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n", 481},
  };
  for (const auto& [headers, status] : cases) {
    rig.b.request("REFER", {}, headers);
    EXPECT_TRUE(rig.b.take(std::to_string(status) + " REFER")) << headers;
  }
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Reject;
  no.status = 403;
  rig.advisor.decision = no;
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.b.has("403 REFER")) << "the policy decides";
  EXPECT_EQ(rig.calls.counters().refused_transfer, 6U);
  EXPECT_FALSE(rig.c.has("INVITE"));

  rig.settings->crossing["core"].transfers = Transfers::Refuse;
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.b.has("405 REFER"));
}

TEST(Transfer, MayNeedThePasswordOfWhoAsksForIt) {
  Rig rig;
  rig.connect();
  policy::InviteDecision prove;
  prove.kind = policy::InviteDecision::Kind::Challenge;
  rig.advisor.decision = prove;
  rig.b.request("REFER", {}, kToCarol);
  const auto asked = rig.b.take("407 REFER");
  ASSERT_NE(asked, nullptr);
  EXPECT_TRUE(asked->find(sip::HeaderId::ProxyAuthenticate).has_value());
  rig.advisor.decision.reset();
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.b.has("202 REFER"));
}

TEST(Transfer, ASecondOneMeanwhileIsPutOff) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  rig.a.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.a.has("500 REFER"));
}

TEST(Transfer, IsPassedOnInTheWordsOfTheOtherSide) {
  Rig rig;
  rig.connect();
  rig.settings->crossing["access"].transfers = Transfers::Pass;
  rig.a.request("REFER", {},
                "Refer-To: <sip:carol@secret.invalid;method=INVITE>\r\nReferred-By: <sip:alice@secret.invalid>\r\n",
                9'000'000);
  const auto refer = rig.b.take("REFER");
  ASSERT_NE(refer, nullptr);
  EXPECT_EQ(value(refer, sip::HeaderId::ReferTo), "<sip:carol@203.0.113.1>");
  EXPECT_EQ(value(refer, sip::HeaderId::ReferredBy), "<sip:alice@203.0.113.1>");
  EXPECT_TRUE(refer->find(sip::HeaderId::Contact).has_value()) << "RFC 3515 2.2";
  EXPECT_EQ(refer->bytes().find("secret"), std::string_view::npos);
  rig.b.answer_to(refer, 202);
  EXPECT_TRUE(rig.a.has("202 REFER"));
  EXPECT_FALSE(rig.c.has("INVITE")) << "that is the other party's business now";
  const auto notify = [&rig, &refer](std::string_view id) {
    rig.b.request("NOTIFY", "SIP/2.0 100 Trying\r\n",
                  "Event: refer;id=" + std::string(id) + "\r\nSubscription-State: active;expires=60\r\n" +
                      "Content-Type: message/sipfrag\r\n");
    const auto crossed = rig.a.take("NOTIFY");
    return crossed == nullptr ? "(none)" : value(crossed, sip::HeaderId::Event);
  };
  EXPECT_EQ(notify(std::to_string(refer->cseq().number)), "refer;id=9000000");
  EXPECT_EQ(notify("77"), "refer;id=77");
}

TEST(Refer, ReplacesIsReadFromTheUri) {
  const auto named = named_dialog("a@b;from-tag=1;to-tag=2;early-only");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->call_id, "a@b");
  EXPECT_EQ(named->to_tag, "2");
  EXPECT_EQ(named->from_tag, "1");
  EXPECT_TRUE(named->early_only);
  EXPECT_FALSE(named_dialog("a@b;to-tag=2"));
  EXPECT_FALSE(named_dialog("a@b"));
}

}  // namespace
}  // namespace sbc::call::test
