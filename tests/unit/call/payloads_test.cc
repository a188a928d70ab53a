// Payload types that mean different things on the two legs of a call.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using control::PayloadRule;
using control::PayloadUse;
using testing::ElementsAre;
using testing::HasSubstr;

std::string body(const Peer& peer, int port, std::string_view formats, std::string_view attributes, int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP " + std::string(formats) + "\r\n" +
         std::string(attributes);
}

std::string opus(int opus, int events) {
  return "a=rtpmap:" + std::to_string(opus) + " opus/48000/2\r\na=rtpmap:" + std::to_string(events) +
         " telephone-event/8000\r\n";
}

std::string text(const sip::MessagePtr& message) {
  EXPECT_NE(message, nullptr);
  return message != nullptr ? std::string(message->body()) : std::string();
}

const control::FlowSpec& flow(const Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

void connect(Rig& rig, int answered) {
  rig.a.invite({.body = body(rig.a, 4000, "111 101", opus(111, 101))});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, std::to_string(answered) + " " + std::to_string(answered + 1),
                         opus(answered, answered + 1)));
}

// trap 34: the caller keeps its numbers, the callee gets its own.
TEST(Payloads, AnAnswerWithOtherNumbersIsMappedTowardTheCallee) {
  Rig rig;
  connect(rig, 96);
  const auto answer = text(rig.a.take("200 INVITE"));
  EXPECT_THAT(answer, HasSubstr(" RTP/AVP 111 101\r\na=rtpmap:111 opus/48000/2\r\n"));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).b.rewrite);
  EXPECT_THAT(flow(rig).b.rewrite->payloads, ElementsAre(PayloadRule{111, 96, 48'000, 0, PayloadUse::Pass},
                                                         PayloadRule{101, 97, 8000, 0, PayloadUse::Event}));
  EXPECT_FALSE(flow(rig).b.rewrite->closed);
  // The callee was offered the caller's numbers, and sends those.
  ASSERT_TRUE(flow(rig).a.rewrite);
  EXPECT_THAT(flow(rig).a.rewrite->payloads, ElementsAre(PayloadRule{111, 111, 48'000, 0, PayloadUse::Pass},
                                                         PayloadRule{101, 101, 8000, 0, PayloadUse::Event}));
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(Payloads, WhereBothAgreeEachKeepsItsNumber) {
  Rig rig;
  rig.a.invite({.body = body(rig.a, 4000, "111 0 101", opus(111, 101))});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "0 101", "a=rtpmap:101 telephone-event/8000\r\n"));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(" RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"));
  rig.a.ack();
  for (const auto* half : {&flow(rig).a, &flow(rig).b}) {
    ASSERT_TRUE(half->rewrite);
    for (const PayloadRule& rule : half->rewrite->payloads) EXPECT_EQ(rule.to, rule.from);
  }
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// trap 34: RFC 3264 8.3.2, a number keeps its meaning for as long as the session lasts, whatever the other side does.
TEST(Payloads, APeerThatChangesItsNumbersIsNotHeardOfOnTheOtherSide) {
  Rig rig;
  connect(rig, 111);
  ASSERT_NE(rig.a.take("200 INVITE"), nullptr);
  rig.b.clear();
  rig.a.ack();
  rig.a.reinvite(body(rig.a, 4000, "120 121", opus(120, 121), 2));
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 111 "));
  rig.b.answer(200, body(rig.b, 6000, "111 112", opus(111, 112), 2));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(" RTP/AVP 120 121\r\n"));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).a.rewrite);
  EXPECT_EQ(flow(rig).a.rewrite->payloads.at(0).from, 111);
  EXPECT_EQ(flow(rig).a.rewrite->payloads.at(0).to, 120);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// Whoever takes a party's place has its own numbers; the party that stays is told the ones that it knows.
TEST(Payloads, AfterATransferThePartyThatStaysKeepsItsNumbers) {
  Rig rig;
  connect(rig, 111);
  rig.a.clear();
  rig.a.ack();
  rig.b.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
  const auto invite = rig.c.take("INVITE");
  ASSERT_NE(invite, nullptr);
  rig.c.answer(200, body(rig.c, 7000, "99 100", opus(99, 100)));
  EXPECT_THAT(text(rig.a.take("INVITE")), HasSubstr(" RTP/AVP 111 "));
  rig.a.answer(200, body(rig.a, 4000, "111 101", opus(111, 101), 2));
  ASSERT_TRUE(rig.c.has("ACK"));
  EXPECT_THAT(text(rig.c.take("ACK")), HasSubstr(" RTP/AVP 99 100\r\n"));
  ASSERT_TRUE(flow(rig).b.rewrite);
  EXPECT_EQ(flow(rig).b.rewrite->payloads.at(0).from, 111);
  EXPECT_EQ(flow(rig).b.rewrite->payloads.at(0).to, 99);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
