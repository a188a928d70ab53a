// Requests for whole pictures between a leg that has them in RTCP and one that has them as INFO (RFC 5168).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "places.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kType = "Content-Type: application/media_control+xml\r\n";
constexpr const char* kUpdate =
    "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>";

std::string video(const Peer& peer, int port, bool feedback, const std::string& more = {}) {
  const std::string profile = feedback ? " RTP/AVPF " : " RTP/AVP ";
  return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + profile + "0\r\nm=video " + std::to_string(port + 2) + profile +
         "96\r\na=rtpmap:96 VP8/90000\r\n" + more;
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(1);
}

const std::string kAsks = "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n";

// A has feedback, B none. Returns what A is answered.
std::string connect(Rig& rig, const std::string& asks = kAsks) {
  rig.a.invite({.body = video(rig.a, 4000, true, asks)});
  const auto invite = rig.b.take("INVITE");
  EXPECT_TRUE(invite);
  rig.b.answer(200, video(rig.b, 6000, false));
  const auto ok = rig.a.take("200 INVITE");
  rig.a.ack();
  return ok != nullptr ? std::string(ok->body()) : std::string();
}

void ask(Rig& rig, control::HalfSide half = control::HalfSide::A) {
  rig.relay_event(control::PictureAsked{rig.relay.sessions.begin()->first, 1, half});
}

TEST(Pictures, FeedbackAboutThemIsAgreedOnWithALegThatHasItAlone) {
  Rig rig;
  const std::string answer = connect(rig);
  EXPECT_THAT(answer, HasSubstr("a=rtcp-fb:96 nack pli\r\n"));
  EXPECT_THAT(answer, HasSubstr("a=rtcp-fb:96 ccm fir\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("a=rtcp-fb:96 nack\r\n"))) << "nobody would repeat a packet";
  ASSERT_TRUE(flow(rig).a.pictures);
  EXPECT_TRUE(flow(rig).a.pictures->told);
  EXPECT_FALSE(flow(rig).a.pictures->intra);
  EXPECT_FALSE(flow(rig).b.pictures);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(Pictures, ARequestInRtcpBecomesInfo) {
  Rig rig;
  connect(rig);
  ask(rig);
  const auto info = rig.b.take("INFO");
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->find(sip::HeaderId::ContentType), "application/media_control+xml");
  EXPECT_THAT(std::string(info->body()), HasSubstr("<picture_fast_update/>"));
  rig.b.answer_to(info, 200);
  ask(rig);
  EXPECT_FALSE(rig.b.has("INFO")) << "too soon";
  rig.pass(milliseconds(1000));
  ask(rig);
  EXPECT_TRUE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().pictures_to_info, 2U);
  EXPECT_EQ(rig.calls.counters().pictures_held_back, 1U);
}

TEST(Pictures, WhoRefusesOneIsAskedForNoMore) {
  Rig rig;
  connect(rig);
  ask(rig);
  rig.b.answer_to(rig.b.take("INFO"), 415);
  rig.pass(milliseconds(5000));
  ask(rig);
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Pictures, AnInfoBecomesARequestInRtcp) {
  Rig rig;
  connect(rig);
  rig.b.request("INFO", kUpdate, kType);
  EXPECT_TRUE(rig.b.has("200 INFO"));
  EXPECT_FALSE(rig.a.has("INFO"));
  ASSERT_TRUE(flow(rig).a.pictures);
  EXPECT_EQ(flow(rig).a.pictures->asked, 1U);
  rig.b.request("INFO", kUpdate, kType);
  EXPECT_TRUE(rig.b.has("200 INFO"));
  EXPECT_EQ(flow(rig).a.pictures->asked, 1U) << "too soon";
  rig.pass(milliseconds(1000));
  rig.b.request("INFO", kUpdate, kType);
  EXPECT_EQ(flow(rig).a.pictures->asked, 2U);
  EXPECT_EQ(rig.calls.counters().pictures_to_media, 2U);
  EXPECT_EQ(rig.calls.counters().pictures_held_back, 1U);
  // Anything else of that type is the other side's business.
  rig.b.request("INFO", "<media_control/>", kType);
  EXPECT_TRUE(rig.a.has("INFO"));
}

TEST(Pictures, WhoHasFirAloneIsAskedByIt) {
  Rig rig;
  connect(rig, "a=rtcp-fb:* ccm fir\r\n");
  ASSERT_TRUE(flow(rig).a.pictures);
  EXPECT_TRUE(flow(rig).a.pictures->intra);
}

TEST(Pictures, RequestsOfTwoPeersOfOneKindCrossAsTheyAre) {
  Rig both;
  both.a.invite({.body = video(both.a, 4000, true, kAsks)});
  ASSERT_TRUE(both.b.has("INVITE"));
  both.b.answer(200, video(both.b, 6000, true, kAsks));
  ASSERT_TRUE(both.a.has("200 INVITE"));
  both.a.ack();
  EXPECT_FALSE(flow(both).a.pictures || flow(both).b.pictures);
  both.b.request("INFO", kUpdate, kType);
  EXPECT_TRUE(both.a.has("INFO"));

  Rig none;
  none.a.invite({.body = video(none.a, 4000, false)});
  ASSERT_TRUE(none.b.has("INVITE"));
  none.b.answer(200, video(none.b, 6000, false));
  ASSERT_TRUE(none.a.has("200 INVITE"));
  none.a.ack();
  EXPECT_FALSE(flow(none).a.pictures || flow(none).b.pictures);
  none.b.request("INFO", kUpdate, kType);
  EXPECT_TRUE(none.a.has("INFO"));
}

}  // namespace
}  // namespace sbc::call::test
