// REFER carried out by the border: blind and attended, what the three parties see, and what happens when it fails.

#include <gtest/gtest.h>

#include "sbc/call/refer.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

std::string value(const sip::MessagePtr& message, sip::HeaderId id) {
  return std::string(message->find(id).value_or("(none)"));
}

// The next NOTIFY to the peer, answered.
std::string report(Peer& peer) {
  const auto notify = peer.take("NOTIFY");
  if (notify == nullptr) return "(none)";
  peer.answer_to(notify, 200);
  return std::string(notify->body()) + value(notify, sip::HeaderId::SubscriptionState);
}

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

  rig.settings->crossing["core"].transfers = false;
  rig.b.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.b.has("405 REFER"));
}

TEST(Transfer, ASecondOneMeanwhileIsPutOff) {
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, kToCarol);
  rig.a.request("REFER", {}, kToCarol);
  EXPECT_TRUE(rig.a.has("500 REFER"));
}

// The transferor's second call, here over another phone of the same realm.
std::string second_call(Rig& rig) {
  rig.connect();
  rig.advisor.trunks = {"far"};
  rig.c.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 8000));
  rig.c.ack();
  const auto accepted = rig.c.last_accepted();
  rig.c.clear();
  rig.d.clear();
  return "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(accepted->call_id()) + "%3Bto-tag%3D" +
         std::string(accepted->to_tag()) + "%3Bfrom-tag%3D" + std::string(accepted->from_tag()) + ">\r\n";
}

// trap 77: Replaces names a dialog by its identifiers on the transferor's side.
TEST(Transfer, AttendedJoinsTheFarPartiesOfBothCalls) {
  Rig rig;
  const std::string refer_to = second_call(rig);
  ASSERT_EQ(rig.calls.connected(), 2U);
  rig.b.request("REFER", {}, refer_to);
  EXPECT_TRUE(rig.b.has("202 REFER"));
  EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
  EXPECT_EQ(report(rig.b), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_TRUE(rig.c.has("BYE"));

  const auto asked = rig.d.take("INVITE");
  ASSERT_NE(asked, nullptr);
  EXPECT_FALSE(asked->to_tag().empty()) << "in its dialog";
  EXPECT_EQ(asked->body(), "");
  rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 2));
  const auto offered = rig.a.take("INVITE");
  ASSERT_NE(offered, nullptr);
  EXPECT_NE(offered->body().find("m=audio"), std::string_view::npos);
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  const auto ack = rig.d.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio"), std::string_view::npos);
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.d.request("INFO");
  EXPECT_TRUE(rig.a.has("INFO")) << "its requests find the call that it belongs to now";
  rig.d.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// Two shards: the rigs share no call, and the test carries what goes between them.
TEST(Transfer, AttendedTakesTheFarPartyOfACallOfAnotherShard) {
  Rig other({.seed = 2, .shard = 1});
  const std::string refer_to = second_call(other);  // connect() there is a call of strangers
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, refer_to);
  EXPECT_TRUE(rig.b.has("202 REFER"));
  EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
  ASSERT_EQ(rig.wanted.size(), 1U);
  EXPECT_EQ(rig.wanted[0].shard, 1);
  EXPECT_FALSE(rig.b.has("NOTIFY")) << "nothing is known yet";

  auto moved = other.give_leg(rig.wanted[0]);
  ASSERT_TRUE(moved);
  EXPECT_TRUE(other.c.has("BYE")) << "the transferor's second call ends";
  EXPECT_FALSE(other.d.has("BYE"));
  EXPECT_EQ(other.calls.connected(), 1U);
  EXPECT_EQ(other.relay.sessions.size(), 1U);

  rig.take_leg(rig.wanted[0], std::move(moved));
  EXPECT_EQ(report(rig.b), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  EXPECT_TRUE(rig.d.has("ACK"));
  EXPECT_TRUE(rig.guests_gone.empty());
  rig.a.bye();
  EXPECT_TRUE(rig.d.has("BYE"));
  EXPECT_EQ(rig.guests_gone.size(), 1U) << "nothing leads from the other shard to here any more";
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Transfer, AttendedWaitsUntilTheCallIsFreeForTheLegOfAnotherShard) {
  Rig other({.seed = 2, .shard = 1});
  const std::string refer_to = second_call(other);
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, refer_to);
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.take_leg(rig.wanted.at(0), other.give_leg(rig.wanted.at(0)));
  EXPECT_FALSE(rig.d.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 5000, "recvonly", 2));
  rig.a.ack();
  rig.pass(seconds(1));
  EXPECT_TRUE(rig.d.has("INVITE"));
}

TEST(Transfer, AttendedThatNoShardAnswersIsReported) {
  for (const bool refused : {true, false}) {
    Rig other({.seed = 2, .shard = 1});
    const std::string refer_to = second_call(other);
    Rig rig;
    rig.connect();
    rig.b.request("REFER", {}, refer_to);
    EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
    const LegWanted wanted = rig.wanted.at(0);
    if (refused) rig.take_leg(wanted, std::unexpected(481));
    rig.pass(seconds(3));
    EXPECT_EQ(report(rig.b).substr(0, 11), refused ? "SIP/2.0 481" : "SIP/2.0 503");
    EXPECT_EQ(rig.calls.connected(), 1U);
    if (refused) continue;
    rig.take_leg(wanted, other.give_leg(wanted));
    EXPECT_TRUE(rig.d.has("BYE")) << "it comes too late, and is in no call";
    EXPECT_EQ(rig.guests_gone.size(), 1U);
  }
}

TEST(Transfer, AttendedThatTheFarPartyRefusesEndsBoth) {
  Rig rig;
  const std::string refer_to = second_call(rig);
  rig.b.request("REFER", {}, refer_to);
  rig.d.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Transfer, AttendedFromAnotherRealmIsRefused) {
  Rig rig;
  const std::string refer_to = second_call(rig);
  rig.a.request("REFER", {}, refer_to);
  EXPECT_TRUE(rig.a.has("403 REFER")) << "the call that it names is none of that side's";
  EXPECT_EQ(rig.calls.connected(), 2U);
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
