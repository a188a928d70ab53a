// Calls between two sides that share no codec, where rules allow to transcode (call/media_transcoding.cc).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec_rig.h"

namespace sbc::call::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kOpus =
    "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:97 telephone-event/48000\r\n";

const control::FlowSpec& flow(Rig& rig) {
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  return rig.relay.sessions.begin()->second.flows.at(0);
}

TEST(Transcoding, JoinsAPhoneAndATrunkThatShareNoCodec) {
  Rig rig;
  configure(rig, {}, {.transcode = {"opus"}});
  rig.a.invite({.body = body(rig.a, 4000, "8 101", std::string(kEvents) + "a=ptime:30\r\n")});
  const auto offer = text(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr(" RTP/AVP 8 96 97 101\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=rtpmap:96 opus/48000/2\r\n"));
  rig.b.answer(200, body(rig.b, 6000, "96 97", kOpus));
  const auto answer = text(rig.a.take("200 INVITE"));
  EXPECT_THAT(answer, HasSubstr(" RTP/AVP 8 101\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("opus")));
  rig.a.ack();
  const auto& toward_b = flow(rig).b.transcode;
  ASSERT_TRUE(toward_b);
  ASSERT_EQ(toward_b->from.size(), 1U);
  EXPECT_EQ(toward_b->from[0], (control::AudioFormat{"PCMA", 8, ""}));
  EXPECT_EQ(toward_b->to, (control::AudioFormat{"opus", 96, "useinbandfec=1"}));
  EXPECT_EQ(toward_b->ptime_ms, 20U);
  ASSERT_EQ(toward_b->events.size(), 1U);
  EXPECT_EQ(toward_b->events[0].to, 97);  // trap 35: 8000 against 48000
  EXPECT_EQ(toward_b->events[0].clock_to, 48'000U);
  const auto& toward_a = flow(rig).a.transcode;
  ASSERT_TRUE(toward_a);
  EXPECT_EQ(toward_a->from[0].payload_type, 96);
  EXPECT_EQ(toward_a->to, (control::AudioFormat{"PCMA", 8, ""}));
  EXPECT_EQ(toward_a->ptime_ms, 30U);  // trap 37: as its listener wants it
  rig.a.bye();
  end_well(rig);
}

TEST(Transcoding, BeginsWithEarlyMedia) {
  Rig rig;
  configure(rig, {}, {.transcode = {"G722"}});
  rig.a.invite({.body = body(rig.a, 4000, "8")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(183, body(rig.b, 6000, "9"));
  EXPECT_THAT(text(rig.a.take("183 INVITE")), HasSubstr(" RTP/AVP 8\r\n"));
  ASSERT_TRUE(flow(rig).a.transcode);
  EXPECT_EQ(flow(rig).a.transcode->from[0], (control::AudioFormat{"G722", 9, ""}));
  EXPECT_TRUE(flow(rig).b.transcode);
  rig.b.answer(200, body(rig.b, 6000, "9"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_TRUE(flow(rig).a.transcode);
  rig.a.bye();
  end_well(rig);
}

TEST(Transcoding, IsNotDoneWhereBothSidesHaveACodec) {
  Rig rig;
  configure(rig, {}, {.transcode = {"opus", "G722"}});
  rig.a.invite({.body = body(rig.a, 4000, "0 8")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "9 8"));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr("8"));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.transcode);
  EXPECT_FALSE(flow(rig).b.transcode);
  rig.a.bye();
  end_well(rig);
}

TEST(Transcoding, IsDoneByForceWhereThePolicyAsks) {
  Rig rig;
  configure(rig, {}, {.allow = {"PCMA"}, .force = {"PCMA"}, .transcode = {"PCMA"}});
  rig.a.invite({.body = body(rig.a, 4000, "9 0 101", kEvents)});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.b.answer(200, body(rig.b, 6000, "8 101", kEvents));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(" RTP/AVP 9 101\r\n"));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).a.transcode);
  EXPECT_EQ(flow(rig).a.transcode->to.coding, "G722");
  rig.a.bye();
  end_well(rig);
}

TEST(Transcoding, GoesOnWhenEitherSideSpeaksAgain) {
  Rig rig;
  configure(rig, {}, {.transcode = {"opus"}});
  rig.a.invite({.body = body(rig.a, 4000, "8")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "96", "a=rtpmap:96 opus/48000/2\r\n"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  // The trunk re-offers what it has: the phone is offered its own codec beside.
  rig.b.reinvite(body(rig.b, 6000, "96", "a=rtpmap:96 opus/48000/2\r\na=sendonly\r\n", 2));
  EXPECT_THAT(text(rig.a.take("INVITE")), HasSubstr("8"));
  EXPECT_TRUE(flow(rig).a.transcode);
  rig.a.answer(200, body(rig.a, 4000, "8", "a=recvonly\r\n", 2));
  EXPECT_THAT(text(rig.b.take("200 INVITE")), HasSubstr(" RTP/AVP 96\r\n"));
  rig.b.ack();
  ASSERT_TRUE(flow(rig).a.transcode);
  EXPECT_EQ(flow(rig).a.transcode->to.coding, "PCMA");
  ASSERT_TRUE(flow(rig).b.transcode);
  // Then it can do PCMA as well, and nothing is transcoded any more.
  rig.b.reinvite(body(rig.b, 6000, "8", "", 3));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, body(rig.a, 4000, "8", "", 3));
  ASSERT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  EXPECT_FALSE(flow(rig).a.transcode);
  EXPECT_FALSE(flow(rig).b.transcode);
  rig.b.bye();
  end_well(rig);
}

TEST(Transcoding, WantsLeave) {
  Rig rig;
  configure(rig, {}, {.order = {"opus"}});
  rig.a.invite({.body = body(rig.a, 4000, "8")});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 8\r\n"));
  rig.b.answer(488, "");
  ASSERT_TRUE(rig.a.has("488 INVITE"));
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
