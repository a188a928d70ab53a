// One stream toward a listener, whoever speaks.

#include <gtest/gtest.h>

#include "places.h"

namespace sbc::call::test {
namespace {

using base::minutes;

const control::FlowSpec& flow(const Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

bool continuous(const control::HalfSpec& half) {
  return half.rewrite && half.rewrite->continuous;
}

std::string audio(const Peer& peer, int port, std::string_view more = "") {
  return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 0\r\n" + std::string(more);
}

void end(Rig& rig) {
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// trap 58: without anything configured, so that a transfer changes nothing for who stays.
TEST(Streams, EachPartyHearsOneStreamFromTheBeginning) {
  Rig rig;
  rig.a.invite({.body = audio(rig.a, 4000)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, audio(rig.b, 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_TRUE(continuous(flow(rig).a));
  EXPECT_TRUE(continuous(flow(rig).b));
  rig.b.request("REFER", {}, "Refer-To: <sip:carol@secret.invalid>\r\n");
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, audio(rig.c, 7000));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(200, audio(rig.a, 4000));
  EXPECT_TRUE(continuous(flow(rig).a)) << "and goes on";
  EXPECT_EQ(rig.relay.sessions.size(), 1U) << "in the same session";
  end(rig);
}

// RFC 5576: who names two sources speaks in both.
TEST(Streams, SeveralSourcesOfAPeerStaySeveral) {
  Rig rig;
  rig.a.invite({.body = audio(rig.a, 4000, "a=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\n")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, audio(rig.b, 6000, "a=ssrc:3 cname:y\r\n"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(continuous(flow(rig).b));
  EXPECT_TRUE(continuous(flow(rig).a));
  end(rig);
}

TEST(Streams, OfAPeerThatMixesStreamsNothingIsMade) {
  Rig rig;
  change_places(rig, [](route::Realm& realm) { realm.mixed_streams = true; }, [](route::Trunk&) {});
  rig.a.invite({.body = audio(rig.a, 4000)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, audio(rig.b, 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_FALSE(continuous(flow(rig).b));
  end(rig);
}

const control::FlowSpec& video(const Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(1);
}

// The caller's video, with these lines; the callee's is plain.
void call_with_video(Rig& rig, std::string_view formats, std::string_view lines) {
  const std::string own = "m=video 4002 RTP/AVP " + std::string(formats) + "\r\n" + std::string(lines);
  rig.a.invite({.body = audio(rig.a, 4000, own)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, audio(rig.b, 6000, "m=video 6002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
}

// trap 50: who has been told nothing cannot speak yet, so whatever comes in its name is forged.
TEST(Streams, NothingIsTakenInTheNameOfWhoHasBeenToldNoAddress) {
  Rig rig;
  rig.a.invite({.body = audio(rig.a, 4000)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  EXPECT_FALSE(flow(rig).a.receive) << "the caller knows no port of ours";
  EXPECT_TRUE(flow(rig).b.receive) << "the callee does";
  rig.b.answer(183, audio(rig.b, 6000));
  EXPECT_TRUE(flow(rig).a.receive);
  rig.b.answer(200, audio(rig.b, 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_TRUE(flow(rig).a.receive);
  EXPECT_TRUE(flow(rig).b.receive);
  end(rig);
}

// A forged address is not enough to be seen.
TEST(Streams, VideoIsTakenFromTheStreamsThatItsPeerNames) {
  Rig rig;
  call_with_video(rig, "96 97",
                  "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 1 2\r\n"
                  "a=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\n");
  EXPECT_EQ(video(rig).a.sources, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_FALSE(video(rig).a.one_stream) << "several at a time";
  EXPECT_TRUE(video(rig).b.one_stream) << "of who names none one at a time";
  EXPECT_FALSE(continuous(video(rig).b)) << "each keeps its name";
  EXPECT_TRUE(continuous(video(rig).a)) << "the callee has one, which goes on when another party takes its place";
  end(rig);
}

TEST(Streams, VideoWithRepairsThatNamesNoStreamsMayHaveSeveral) {
  Rig rig;
  call_with_video(rig, "96 97", "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
  EXPECT_TRUE(video(rig).a.sources.empty());
  EXPECT_FALSE(video(rig).a.one_stream);
  end(rig);
}

TEST(Streams, TextComesInOne) {
  Rig rig;
  const std::string text = "m=text 4002 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\n";
  rig.a.invite({.body = audio(rig.a, 4000, text)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, audio(rig.b, 6000, text));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_TRUE(video(rig).a.one_stream);
  EXPECT_TRUE(video(rig).b.one_stream);
  EXPECT_TRUE(continuous(video(rig).a));
  EXPECT_TRUE(continuous(video(rig).b));
  end(rig);
}

}  // namespace
}  // namespace sbc::call::test
