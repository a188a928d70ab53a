// Attended transfers: the far parties of two calls, on one shard or two, are joined, or their REFER is passed on.

#include <gtest/gtest.h>

#include "rig.h"
#include "transfers.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

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
TEST(Attended, JoinsTheFarPartiesOfBothCalls) {
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

// The REFER overtakes the ACK of the second call, or that call is just being changed.
TEST(Attended, WaitsWhileTheSecondCallIsBusy) {
  for (const bool ends : {true, false}) {
    Rig rig;
    const std::string refer_to = second_call(rig);
    rig.d.reinvite(sdp(rig.d.ip(), 8002, "sendonly", 2));
    ASSERT_TRUE(rig.c.has("INVITE"));
    rig.b.request("REFER", {}, refer_to);
    EXPECT_TRUE(rig.b.has("202 REFER"));
    EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
    rig.pass(milliseconds(500));
    EXPECT_FALSE(rig.b.has("NOTIFY")) << "nothing is known yet";
    if (!ends) {
      rig.pass(seconds(2));
      EXPECT_EQ(report(rig.b), "SIP/2.0 500 Server Internal Error\r\nterminated;reason=noresource");
      EXPECT_EQ(rig.calls.connected(), 2U) << "both calls go on";
      EXPECT_EQ(rig.calls.counters().refused_transfer, 1U);
      continue;
    }
    rig.c.answer(200, sdp(rig.c.ip(), 9000, "recvonly", 2));
    rig.d.ack();
    rig.d.clear();
    rig.pass(milliseconds(200));
    EXPECT_EQ(report(rig.b), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
    EXPECT_TRUE(rig.c.has("BYE"));
    ASSERT_TRUE(rig.d.has("INVITE")) << "it is asked for its offer";
    rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 3));
    rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.d.bye();
    EXPECT_TRUE(rig.a.has("BYE"));
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

TEST(Attended, WaitsWhileTheSecondCallOfAnotherShardIsBusy) {
  Rig other({.seed = 2, .shard = 1});
  const std::string refer_to = second_call(other);
  other.d.reinvite(sdp(other.d.ip(), 8002, "sendonly", 2));
  Rig rig;
  rig.connect();
  rig.b.request("REFER", {}, refer_to);
  ASSERT_EQ(rig.wanted.size(), 1U);
  auto busy = other.give_leg(rig.wanted[0]);
  ASSERT_FALSE(busy);
  rig.take_leg(rig.wanted[0], std::move(busy));
  EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
  EXPECT_FALSE(rig.b.has("NOTIFY")) << "it is asked once more";
  rig.pass(milliseconds(200));
  ASSERT_EQ(rig.wanted.size(), 2U);
  EXPECT_NE(rig.wanted[1].number, rig.wanted[0].number);
  other.c.answer(200, sdp(other.c.ip(), 9000, "recvonly", 2));
  other.d.ack();
  auto moved = other.give_leg(rig.wanted[1]);
  ASSERT_TRUE(moved);
  rig.take_leg(rig.wanted[1], std::move(moved));
  EXPECT_EQ(report(rig.b), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
}

// Two shards: the rigs share no call, and the test carries what goes between them.
TEST(Attended, TakesTheFarPartyOfACallOfAnotherShard) {
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

TEST(Attended, WaitsUntilTheCallIsFreeForTheLegOfAnotherShard) {
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

TEST(Attended, ThatNoShardAnswersIsReported) {
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

TEST(Attended, TakesAFarPartyThatHadCalledTheTransferor) {
  Rig rig;
  rig.connect();
  rig.advisor.trunks = {"t2"};
  rig.d.invite();
  const auto invite = rig.c.take("INVITE");
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.d.ack();
  rig.c.request("OPTIONS");
  const auto mine = rig.c.take("200 OPTIONS");
  rig.b.request("REFER", {},
                "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(mine->call_id()) + "%3Bto-tag%3D" +
                    std::string(mine->to_tag()) + "%3Bfrom-tag%3D" + std::string(mine->from_tag()) + ">\r\n");
  EXPECT_TRUE(rig.c.has("BYE"));
  rig.d.answer(200, sdp(rig.d.ip(), 8000, "sendrecv", 2));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.pass(minutes(1));  // all that is left of the second call goes
  rig.d.bye();
  EXPECT_TRUE(rig.d.has("200 BYE"));
  EXPECT_TRUE(rig.a.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Attended, ThatTheFarPartyRefusesEndsBoth) {
  Rig rig;
  const std::string refer_to = second_call(rig);
  rig.b.request("REFER", {}, refer_to);
  rig.d.answer(488);
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.d.has("BYE"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 3891 3: what still rings is an early dialog that the transferor began, and cannot be taken from there.
TEST(Attended, ToACallThatStillRingsIs481AndItRingsOn) {
  Rig rig;
  rig.connect();
  rig.advisor.trunks = {"far"};
  rig.c.invite();
  rig.d.answer(180);
  const auto ringing = rig.c.take("180");
  ASSERT_NE(ringing, nullptr);
  rig.b.request("REFER", {},
                "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(ringing->call_id()) + "%3Bto-tag%3D" +
                    std::string(ringing->to_tag()) + "%3Bfrom-tag%3D" + std::string(ringing->from_tag()) + ">\r\n");
  EXPECT_EQ(report(rig.b), "SIP/2.0 100 Trying\r\nactive;expires=600");
  ASSERT_EQ(rig.wanted.size(), 1U) << "no dialog of that name is known here";
  const LegWanted wanted = rig.wanted[0];
  rig.take_leg(wanted, rig.give_leg(wanted));
  EXPECT_EQ(report(rig.b).substr(0, 11), "SIP/2.0 481");
  EXPECT_EQ(rig.calls.counters().refused_transfer, 1U);
  EXPECT_FALSE(rig.d.has("CANCEL"));
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Attended, FromAnotherRealmIsRefused) {
  Rig rig;
  const std::string refer_to = second_call(rig);
  rig.a.request("REFER", {}, refer_to);
  EXPECT_TRUE(rig.a.has("403 REFER")) << "the call that it names is none of that side's";
  EXPECT_EQ(rig.calls.connected(), 2U);
}

// trap 77
TEST(Attended, IsPassedOnToANetworkThatHasBothFarParties) {
  Rig rig;
  rig.connect();
  rig.settings->crossing["access"].transfers = Transfers::Pass;
  Peer anna(rig, "anna", "198.51.100.78:5066", 0);  // the transferor's second telephone
  rig.guest = &anna;
  anna.invite({.body = sdp(anna.ip(), 4400)});
  const auto consultation = rig.b.take("INVITE");
  rig.b.answer(200, sdp(rig.b.ip(), 5004));
  anna.ack();
  const auto mine = anna.last_accepted();
  const std::string refer_to = "Refer-To: <sip:x@secret.invalid?Replaces=" + std::string(mine->call_id()) +
                               "%3Bto-tag%3D" + std::string(mine->to_tag()) + "%3Bfrom-tag%3D" +
                               std::string(mine->from_tag()) + ">\r\n";
  rig.a.request("REFER", {}, refer_to);
  const auto refer = rig.b.take("REFER");
  ASSERT_NE(refer, nullptr);
  const std::string there = value(refer, sip::HeaderId::ReferTo);
  EXPECT_NE(there.find("?Replaces=" + std::string(consultation->call_id()) + "%3Bto-tag%3D"), std::string::npos)
      << there;
  EXPECT_NE(there.find("%3Bfrom-tag%3D" + std::string(consultation->from_tag())), std::string::npos) << there;
  EXPECT_EQ(refer->bytes().find(mine->call_id()), std::string_view::npos);
}

TEST(Attended, ThatTheOtherPartyCouldNotReadIsCarriedOutHere) {
  Rig rig;
  const std::string refer_to = second_call(rig);  // its far party is in another network
  rig.settings->crossing["core"].transfers = Transfers::Pass;
  rig.b.request("REFER", {}, refer_to);
  EXPECT_TRUE(rig.b.has("202 REFER"));
  EXPECT_FALSE(rig.a.has("REFER"));
  EXPECT_TRUE(rig.d.has("INVITE"));
}

// RFC 3911, RFC 4538: the far side knows the dialog by its own identifiers.
TEST(Attended, JoinAndTargetDialogNameTheFarSidesDialog) {
  Rig rig;
  rig.connect();
  rig.b.request("OPTIONS");
  const auto far = rig.b.take("200 OPTIONS");  // From: b's end
  const auto near = rig.a.last_accepted();
  const std::string call_id(near->call_id()), ours(near->to_tag()), alices(near->from_tag());
  const auto invite = [&rig](const std::string& headers) {
    Peer anna(rig, "anna", "198.51.100.78:5066", 0);
    rig.guest = &anna;
    anna.invite({.body = sdp(anna.ip(), 4400), .headers = headers});
    EXPECT_EQ(anna.has("481 INVITE"), headers.starts_with("Join: nobody"));
    rig.guest = nullptr;
    return rig.b.take("INVITE");
  };
  const auto joining = invite("Join: " + call_id + ";to-tag=" + ours + ";from-tag=" + alices + "\r\n");
  ASSERT_NE(joining, nullptr);
  EXPECT_EQ(value(joining, sip::HeaderId::Join), std::string(far->call_id()) +
                                                     ";to-tag=" + std::string(far->from_tag()) +
                                                     ";from-tag=" + std::string(far->to_tag()));
  const auto known = invite("Target-Dialog: " + call_id + ";local-tag=" + ours + ";remote-tag=" + alices + "\r\n");
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(value(known, sip::HeaderId::TargetDialog), std::string(far->call_id()) +
                                                           ";local-tag=" + std::string(far->from_tag()) +
                                                           ";remote-tag=" + std::string(far->to_tag()));
  EXPECT_FALSE(joining->find(sip::HeaderId::Require));
  // RFC 3911 7.2: who insists on it insists on it at the far side.
  const auto insisting =
      invite("Join: " + call_id + ";to-tag=" + ours + ";from-tag=" + alices + "\r\nRequire: join\r\n");
  ASSERT_NE(insisting, nullptr);
  EXPECT_EQ(value(insisting, sip::HeaderId::Require), "join");
  EXPECT_EQ(invite("Require: join\r\n"), nullptr) << "420: there is nobody to join";
  EXPECT_EQ(invite("Join: nobody;to-tag=a;from-tag=b\r\n"), nullptr);
  const auto unknown = invite("Target-Dialog: nobody;local-tag=a;remote-tag=b\r\n");
  ASSERT_NE(unknown, nullptr);
  EXPECT_FALSE(unknown->find(sip::HeaderId::TargetDialog));
}

}  // namespace
}  // namespace sbc::call::test
