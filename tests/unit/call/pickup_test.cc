// INVITE with Replaces of a callee that rings (RFC 3891 3, 7.1): what the three see, what the caller has heard before,
// and who is where when it fails.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::seconds;

std::string reliable(int rseq) {
  return "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n";
}

// The early dialog of the border with b, as b names it: to-tag is the border's.
std::string replaces_ringing(const Peer& callee, std::string_view more = {}, std::string_view tag = {}) {
  for (const auto& message : callee.log) {
    if (message->is_response() || message->method() != sip::Method::Invite || !message->to_tag().empty()) continue;
    return "Replaces: " + std::string(message->call_id()) + ";to-tag=" + std::string(message->from_tag()) +
           ";from-tag=" + (tag.empty() ? "tag-of-" + callee.name() : std::string(tag)) + std::string(more) + "\r\n";
  }
  return {};
}

// The early dialog of the caller with the border, as the caller names it, or, mirrored, as the border would.
std::string replaces_caller(const sip::Message& ringing, bool mirrored) {
  const std::string ours(ringing.to_tag());
  const std::string theirs(ringing.from_tag());
  return "Replaces: " + std::string(ringing.call_id()) + ";to-tag=" + (mirrored ? theirs : ours) +
         ";from-tag=" + (mirrored ? ours : theirs) + "\r\n";
}

// Another telephone of b's trunk.
void pick_up(Rig& rig, const std::string& headers, std::string_view body) {
  rig.advisor.arrival_trunk = "t1";
  rig.c.invite({.body = std::string(body), .headers = headers});
}
void pick_up(Rig& rig) {
  pick_up(rig, replaces_ringing(rig.b), sdp(rig.c.ip(), 7000));
}

// a and c talk, and nobody else has a part in it.
void expect_talk(Rig& rig) {
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.size(), 1U);
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  const auto& flow = rig.relay.sessions.begin()->second.flows.at(0);
  EXPECT_EQ(flow.a.remote_rtp->ip.text(), rig.a.ip());
  EXPECT_EQ(flow.b.remote_rtp->ip.text(), rig.c.ip());
  rig.a.clear();
  rig.c.clear();
  rig.c.reinvite(sdp(rig.c.ip(), 7000, "sendonly", 2));
  EXPECT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  rig.c.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  end_well(rig);
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_TRUE(rig.records[0].answered);
}

TEST(PickUp, ConnectsTheCallerWithTheNewcomerAndCancelsTheCallee) {
  Rig rig;
  rig.ring();
  pick_up(rig);
  const auto cancel = rig.b.take("CANCEL");
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->find(sip::HeaderId::Reason), "SIP;cause=200;text=\"Call completed elsewhere\"");
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_NE(accepted->body().find("m=audio"), std::string_view::npos);
  EXPECT_EQ(accepted->bytes().find(rig.c.ip()), std::string_view::npos);
  const auto answered = rig.c.take("200 INVITE");
  ASSERT_NE(answered, nullptr);
  EXPECT_NE(answered->body().find("m=audio"), std::string_view::npos);
  EXPECT_EQ(answered->bytes().find(rig.a.ip()), std::string_view::npos);
  rig.c.ack();
  rig.a.ack();
  expect_talk(rig);
}

TEST(PickUp, WaitsForTheAcksInEitherOrder) {
  for (const bool caller_first : {true, false}) {
    Rig rig;
    rig.ring();
    pick_up(rig);
    caller_first ? rig.a.ack() : rig.c.ack();
    rig.pass(seconds(1));
    EXPECT_GT((caller_first ? rig.c : rig.a).count("200 INVITE"), 1U) << "its 200 is repeated";
    caller_first ? rig.c.ack() : rig.a.ack();
    expect_talk(rig);
  }
}

TEST(PickUp, OfACallWithoutAnOfferBringsTheCallerTheNewcomers) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(180);
  pick_up(rig);
  EXPECT_TRUE(rig.b.has("CANCEL"));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_NE(accepted->body().find("m=audio"), std::string_view::npos);
  EXPECT_FALSE(rig.c.has("200 INVITE")) << "the answer comes with the caller's ACK";
  rig.a.ack(sdp(rig.a.ip(), 4000));
  const auto answered = rig.c.take("200 INVITE");
  ASSERT_NE(answered, nullptr);
  EXPECT_NE(answered->body().find("m=audio"), std::string_view::npos);
  rig.c.ack();
  expect_talk(rig);
}

TEST(PickUp, WithoutAnOfferGetsTheCallers) {
  Rig rig;
  rig.ring();
  pick_up(rig, replaces_ringing(rig.b), {});
  const auto offer = rig.c.take("200 INVITE");
  ASSERT_NE(offer, nullptr);
  EXPECT_NE(offer->body().find("m=audio"), std::string_view::npos);
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_FALSE(rig.a.has("200 INVITE")) << "nobody has answered its offer yet";
  rig.c.ack(sdp(rig.c.ip(), 7000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  expect_talk(rig);
}

// RFC 3264 6.1: an answer has the numbers of the offer, and no format that the offer lacks; the relay translates
// (trap 34).
TEST(PickUp, GivesEachSideTheFormatsThatBothHave) {
  Rig rig;
  const std::string events = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";
  std::string offer = sdp(rig.a.ip(), 4000);
  offer.replace(offer.find("AVP 8 0"), 7, "AVP 8 0 101");
  rig.a.invite({.body = offer + events});
  rig.b.answer(180);
  std::string newcomers = sdp(rig.c.ip(), 7000);
  newcomers.replace(newcomers.find("AVP 8 0"), 7, "AVP 9 0 96");
  newcomers.replace(newcomers.find("a=rtpmap:8 PCMA/8000"), 20, "a=rtpmap:96 telephone-event/8000");
  pick_up(rig, replaces_ringing(rig.b), newcomers);
  const auto accepted = rig.a.take("200 INVITE");
  const auto answered = rig.c.take("200 INVITE");
  ASSERT_TRUE(accepted != nullptr && answered != nullptr);
  EXPECT_NE(accepted->body().find("RTP/AVP 0 101\r\n"), std::string_view::npos) << accepted->body();
  EXPECT_NE(answered->body().find("RTP/AVP 0 96\r\n"), std::string_view::npos) << answered->body();
  const control::FlowSpec& flow = rig.relay.sessions.begin()->second.flows.at(0);
  ASSERT_TRUE(flow.a.rewrite && flow.b.rewrite);
  EXPECT_EQ(flow.a.rewrite->payloads.back(),
            (control::PayloadRule{.from = 96, .to = 101, .clock_from = 8000, .use = control::PayloadUse::Event}));
  EXPECT_EQ(flow.b.rewrite->payloads.back(),
            (control::PayloadRule{.from = 101, .to = 96, .clock_from = 8000, .use = control::PayloadUse::Event}));
  rig.a.ack();
  rig.c.ack();
  expect_talk(rig);
}

TEST(PickUp, RefusesALineThatOnlyOneSideHas) {
  Rig rig;
  rig.ring();
  pick_up(rig, replaces_ringing(rig.b), sdp_two_lines(rig.c.ip(), 7000));
  const auto answered = rig.c.take("200 INVITE");
  ASSERT_NE(answered, nullptr);
  EXPECT_NE(answered->body().find("m=video 0 "), std::string_view::npos);
  rig.a.ack();
  rig.c.ack();
  rig.a.bye();
  end_well(rig);
}

// RFC 3261 13.2.1: the first answer in a dialog is the answer, so another party's needs another dialog (13.2.2.4).
TEST(PickUp, AfterEarlyMediaAnswersInADialogOfItsOwn) {
  for (const bool acknowledged : {false, true}) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = acknowledged ? "Require: 100rel\r\n" : ""});
    rig.b.answer(183, sdp(rig.b.ip(), 6000), acknowledged ? reliable(7) : "");
    const auto early = rig.a.take("183");
    ASSERT_NE(early, nullptr);
    if (acknowledged) {
      rig.a.request("PRACK", {},
                    "RAck: " + std::string(*early->find(sip::HeaderId::RSeq)) + " " +
                        std::to_string(early->cseq().number) + " INVITE\r\n");
      EXPECT_TRUE(rig.a.has("200 PRACK"));
      rig.b.answer_to(rig.b.take("PRACK"), 200);
    }
    pick_up(rig);
    const auto accepted = rig.a.take("200 INVITE");
    ASSERT_NE(accepted, nullptr);
    EXPECT_NE(accepted->to_tag(), early->to_tag());
    EXPECT_NE(accepted->body().find("m=audio"), std::string_view::npos);
    rig.a.ack();
    rig.c.ack();
    expect_talk(rig);
  }
}

TEST(PickUp, OfAForkCancelsAllOfThem) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(180, {}, {}, "one");
  rig.b.answer(183, sdp(rig.b.ip(), 6000), {}, "two");
  pick_up(rig, replaces_ringing(rig.b, {}, "one"), sdp(rig.c.ip(), 7000));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.c.ack();
  expect_talk(rig);
}

TEST(PickUp, HangsUpACalleeWhoseAnswerCrossesTheCancel) {
  Rig rig;
  rig.ring();
  rig.b.auto_terminate = false;
  pick_up(rig);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.a.ack();
  rig.c.ack();
  expect_talk(rig);
}

TEST(PickUp, IsNamedAsWellByTheDialogOfTheOtherEnd) {
  Rig rig;
  rig.advisor.arrival_trunk = "t1";
  rig.a.invite();
  rig.b.answer(180);
  const auto ringing = rig.a.take("180");
  // The caller began that dialog, and would be asked to replace it.
  pick_up(rig, replaces_caller(*ringing, true), sdp(rig.c.ip(), 7000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.c.ack();
  expect_talk(rig);
}

// --- how it fails -------------------------------------------------------------------------------------------------

// trap 77
TEST(PickUp, IsRefusedAsTheRfcSaysAndTheCalleeRingsOn) {
  Rig rig;
  rig.ring();
  const std::string right = replaces_ringing(rig.b);
  rig.advisor.arrival_trunk = "t1";
  const auto status = [&rig](const std::string& headers, const std::string& body) {
    rig.c.clear();
    rig.c.invite({.body = body, .headers = headers});
    for (const int one : {400, 403, 481, 486, 488, 500, 603})
      if (rig.c.has(std::to_string(one) + " INVITE")) return one;
    return 0;
  };
  const std::string offer = sdp(rig.c.ip(), 7000);
  std::string strange = offer;
  strange.replace(strange.find("AVP 8 0"), 7, "AVP 9 9");
  EXPECT_EQ(status(right, strange), 488) << "no codec in common";
  EXPECT_EQ(status(replaces_ringing(rig.b, {}, "nobody"), offer), 481);
  rig.advisor.arrival_trunk = "t2";
  EXPECT_EQ(status(right, offer), 403) << "another carrier's";
  rig.advisor.arrival_trunk = "t1";
  policy::InviteDecision no;
  no.kind = policy::InviteDecision::Kind::Reject;
  no.status = 403;
  rig.advisor.decision = no;
  EXPECT_EQ(status(right, offer), 403) << "the policy decides";
  rig.advisor.decision.reset();
  EXPECT_FALSE(rig.b.has("CANCEL"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_EQ(status(replaces_ringing(rig.b, ";early-only"), offer), 486) << "7.1: it is confirmed";
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(PickUp, OfWhatTheBorderDidNotBeginGets481) {  // RFC 3891 3
  Rig rig;
  rig.ring();
  rig.advisor.arrival_trunk.clear();
  Peer other(rig, "anna", "198.51.100.78:5066", 0);
  rig.guest = &other;
  const auto ringing = rig.a.log.back();
  other.invite({.body = sdp(other.ip(), 4400), .headers = replaces_caller(*ringing, false)});
  EXPECT_TRUE(other.has("481 INVITE"));
  EXPECT_FALSE(rig.b.has("CANCEL"));
  rig.a.cancel();
  end_well(rig);
}

TEST(PickUp, OfACallThatHasJustEndedIsDeclined) {
  Rig rig;
  rig.ring();
  rig.b.auto_terminate = false;
  rig.a.cancel();
  pick_up(rig);
  EXPECT_TRUE(rig.c.has("603 INVITE"));
  rig.b.answer(487);
  end_well(rig);
}

TEST(PickUp, WhenNobodyHasAnOfferIsRefused) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(180);
  pick_up(rig, replaces_ringing(rig.b), {});
  EXPECT_TRUE(rig.c.has("488 INVITE"));
  EXPECT_FALSE(rig.b.has("CANCEL"));
  rig.a.cancel();
  end_well(rig);
}

TEST(PickUp, IsOfferedWhatTheBorderOffersForTheCaller) {
  Rig rig;
  auto trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) trunk.late_offer = policy::LateOffer::Offer;
  rig.settings->routes =
      std::make_shared<const route::Table>(*route::Table::build(rig.settings->routes->realms(), std::move(trunks), {}));
  rig.a.invite({});
  rig.b.answer(180);
  pick_up(rig, replaces_ringing(rig.b), {});
  EXPECT_NE(rig.c.take("200 INVITE")->body().find("m=audio"), std::string_view::npos);
  rig.c.ack(sdp(rig.c.ip(), 7000));
  EXPECT_NE(rig.a.take("200 INVITE")->body().find("m=audio"), std::string_view::npos);
  rig.a.ack(sdp(rig.a.ip(), 4000));
  expect_talk(rig);
}

TEST(PickUp, ThatIsCancelledWhileTheCallerAnswersEndsTheCall) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(180);
  pick_up(rig);
  rig.c.cancel();
  EXPECT_TRUE(rig.c.has("487 INVITE"));
  rig.a.ack(sdp(rig.a.ip(), 4000));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_FALSE(rig.c.has("BYE"));
  end_well(rig);
}

TEST(PickUp, ThatIsCancelledBeforeTheRelayHasPortsLeavesTheCallerUnavailable) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(180);
  rig.relay.mood = FakeRelay::Mood::Slow;
  pick_up(rig);
  rig.c.cancel();
  EXPECT_TRUE(rig.c.has("487 INVITE"));
  EXPECT_TRUE(rig.a.has("480 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.release_relay();
  end_well(rig);
}

TEST(PickUp, ACallerThatGivesUpMeanwhileEndsIt) {
  for (const bool relay_waits : {true, false}) {
    Rig rig;
    rig.a.invite({});
    rig.b.answer(180);
    if (relay_waits) rig.relay.mood = FakeRelay::Mood::Slow;
    pick_up(rig);
    relay_waits ? rig.a.cancel() : rig.a.bye();
    EXPECT_EQ(rig.a.has("487 INVITE"), relay_waits);
    EXPECT_TRUE(rig.c.has("603 INVITE")) << "RFC 3891 3: its phone is not to ring on";
    rig.relay.mood = FakeRelay::Mood::Willing;
    rig.release_relay();
    end_well(rig);
  }
}

TEST(PickUp, ANewcomerThatHangsUpBeforeTheCallerIsAnsweredEndsIt) {
  Rig rig;
  rig.ring();
  pick_up(rig, replaces_ringing(rig.b), {});
  rig.c.bye();
  EXPECT_TRUE(rig.c.has("200 BYE"));
  EXPECT_TRUE(rig.a.has("480 INVITE"));
  end_well(rig);
}

TEST(PickUp, WithoutAnAckEndsBothLegs) {
  for (const bool offers : {true, false}) {
    Rig rig;
    rig.ring();
    pick_up(rig, replaces_ringing(rig.b), offers ? sdp(rig.c.ip(), 7000) : "");
    if (offers) rig.a.ack();
    rig.pass(seconds(40));
    EXPECT_TRUE(rig.c.has("BYE"));
    EXPECT_EQ(rig.a.has("BYE"), offers);
    EXPECT_EQ(rig.a.has("504 INVITE"), !offers);
    end_well(rig);
  }
}

TEST(PickUp, WithAnAnswerThatCannotBeUsedEndsBothLegs) {
  Rig rig;
  rig.ring();
  pick_up(rig, replaces_ringing(rig.b), {});
  rig.c.ack("v=0\r\nnonsense\r\n");
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_FALSE(rig.c.has("ACK"));
  EXPECT_TRUE(rig.a.has("500 INVITE") || rig.a.has("488 INVITE"));
  end_well(rig);
}

TEST(PickUp, WithoutPortsForItEndsTheCall) {
  Rig rig;
  rig.a.invite({});
  rig.b.answer(180);
  rig.relay.mood = FakeRelay::Mood::Refusing;
  pick_up(rig);
  EXPECT_TRUE(rig.a.has("503 INVITE"));
  EXPECT_TRUE(rig.c.has("603 INVITE"));
  rig.relay.mood = FakeRelay::Mood::Willing;
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
