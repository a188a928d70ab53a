// What a browser bundles is taken apart for the other leg (RFC 9143), and header extensions cross where both have them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "places.h"

namespace sbc::call::test {
namespace {

using policy::MediaSecurity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
constexpr const char* kMid = "urn:ietf:params:rtp-hdrext:sdes:mid";

void configure(Rig& rig, MediaSecurity a, MediaSecurity b) {
  change_places(
      rig, [a](route::Realm& realm) { realm.media_security = a; },
      [b](route::Trunk& trunk) { trunk.media_security = b; });
}

std::string transport(const std::string& setup = "actpass") {
  std::string fingerprint = "AA";
  for (int i = 1; i < 32; ++i) fingerprint += ":AA";
  return "a=ice-ufrag:theirs\r\na=ice-pwd:password-of-the-web-peer\r\na=fingerprint:sha-256 " + fingerprint +
         "\r\na=setup:" + setup + "\r\na=rtcp-mux\r\n";
}

std::string web_head(const Peer& peer, int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\n";
}
std::string web_line(const std::string& head, const std::string& mid, const std::string& more) {
  return "m=" + head + "\r\na=mid:" + mid + "\r\n" + more;
}

// Audio, video that has no place of its own, and a data channel: one transport.
std::string browser_offer(const Peer& peer, int version = 1) {
  return web_head(peer, version) + "a=group:BUNDLE 0 1 2\r\n" +
         web_line(
             "audio 4000 UDP/TLS/RTP/SAVPF 111 0", "0",
             transport() + "a=rtpmap:111 opus/48000/2\r\na=extmap:1 " + kLevel + "\r\na=extmap:4 " + kMid + "\r\n") +
         web_line("video 0 UDP/TLS/RTP/SAVPF 96 97", "1",
                  "a=bundle-only\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n") +
         web_line("application 0 UDP/DTLS/SCTP webrtc-datachannel", "2", "a=bundle-only\r\n");
}

std::string plain_answer(const Peer& peer, int audio, int video, int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio " + std::to_string(audio) + " RTP/AVP 0\r\nm=video " + std::to_string(video) +
         " RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n";
}

const control::SessionSpec& spec(Rig& rig) {
  return rig.relay.sessions.begin()->second;
}

// trap 40: BUNDLE with a line that has no port, towards a peer that knows nothing of it.
TEST(Bundle, OneTransportOfABrowserMeetsTwoOfThePhones) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  rig.a.invite({.body = browser_offer(rig.a)});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, testing::ContainsRegex("m=audio [1-9][0-9]+ RTP/AVP 111 0\r\n"));
  EXPECT_THAT(offer, testing::ContainsRegex("m=video [1-9][0-9]+ RTP/AVP 96 97\r\n"));
  EXPECT_THAT(offer, HasSubstr("m=application 0 "));
  for (const char* word : {"BUNDLE", "bundle-only", "mid", "extmap"}) EXPECT_THAT(offer, Not(HasSubstr(word)));
  rig.b.answer(200, plain_answer(rig.b, 6000, 6002));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  const std::string port = answer.substr(answer.find("m=audio ") + 8, 5);
  EXPECT_THAT(answer, HasSubstr("m=video " + port + " UDP/TLS/RTP/SAVPF 96\r\n"));
  EXPECT_THAT(answer, HasSubstr("m=application 0 "));
  ASSERT_EQ(spec(rig).flows.size(), 2U);
  EXPECT_TRUE(spec(rig).flows[0].a.ice);
  const control::FlowSpec& video = spec(rig).flows[1];
  EXPECT_FALSE(video.a.ice || video.a.dtls);
  ASSERT_TRUE(video.a.shared);
  EXPECT_EQ(video.a.shared->flow, 0U);
  EXPECT_THAT(video.a.shared->payload_types, ElementsAre(96, 97));
  EXPECT_EQ(video.b.remote_rtp->port, 6002);

  // It holds: the bundle stays, whoever asks.
  rig.b.reinvite(plain_answer(rig.b, 6000, 6002, 2));
  const std::string again = text_of(rig.a.take("INVITE"));
  EXPECT_THAT(again, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  EXPECT_THAT(again, HasSubstr("m=video " + port + " "));
  EXPECT_EQ(again.find("a=candidate"), again.rfind("a=candidate"));  // RFC 9143 7.1.3: of the tagged line alone
  rig.a.answer(200, web_head(rig.a, 2) + "a=group:BUNDLE 0 1\r\n" +
                        web_line("audio 4000 UDP/TLS/RTP/SAVPF 0", "0", transport("passive")) +
                        web_line("video 4000 UDP/TLS/RTP/SAVPF 96", "1", "a=rtpmap:96 VP8/90000\r\n") +
                        web_line("application 0 UDP/DTLS/SCTP webrtc-datachannel", "2", ""));
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  ASSERT_TRUE(spec(rig).flows[1].a.shared);
  rig.a.bye();
  end_well(rig);
}

TEST(Bundle, ALineThatTheOtherSideRefusesLeavesIt) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  rig.a.invite({.body = browser_offer(rig.a)});
  rig.b.take("INVITE");
  rig.b.answer(200, plain_answer(rig.b, 6000, 0));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("a=group:BUNDLE 0\r\n"));
  EXPECT_THAT(answer, HasSubstr("m=video 0 "));
  EXPECT_EQ(spec(rig).flows.size(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Bundle, WithoutItsTransportNothingIsLeft) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  rig.a.invite({.body = browser_offer(rig.a)});
  rig.b.take("INVITE");
  rig.b.answer(200, plain_answer(rig.b, 0, 6002));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("m=audio 0 "));
  EXPECT_THAT(answer, HasSubstr("m=video 0 "));
  EXPECT_THAT(answer, Not(HasSubstr("BUNDLE")));
  rig.a.bye();
  end_well(rig);
}

// trap 40: payload types that two lines share do not tell where a packet belongs.
TEST(Bundle, IsDeclinedWhereItsLinesCannotBeToldApart) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  const auto offer = [&](const std::string& video) {
    return web_head(rig.a) + "a=group:BUNDLE 0 1\r\n" +
           web_line("audio 4000 UDP/TLS/RTP/SAVPF 96 0", "0", transport() + "a=rtpmap:96 opus/48000/2\r\n") +
           web_line(video + " UDP/TLS/RTP/SAVPF 96", "1", transport() + "a=rtpmap:96 VP8/90000\r\n");
  };
  rig.a.invite({.body = offer("video 4002")});
  rig.b.take("INVITE");
  std::string said = plain_answer(rig.b, 6000, 6002);
  said.erase(said.find("m=application"));
  rig.b.answer(200, said);
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, Not(HasSubstr("BUNDLE")));
  ASSERT_EQ(spec(rig).flows.size(), 2U);
  EXPECT_TRUE(spec(rig).flows[1].a.ice);
  rig.a.bye();
  end_well(rig);
}

// RFC 9143 9.2: browsers offer several lines of a kind under the same payload types. Names in packets tell them apart.
// trap 40
TEST(Bundle, LinesOfTheSamePayloadTypesAreToldApartByTheirNames) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  const std::string named = std::string("a=extmap:4 ") + kMid + "\r\n";
  const std::string opus = "a=rtpmap:111 opus/48000/2\r\n" + named;
  const std::string vp8 = "a=rtpmap:96 VP8/90000\r\n" + named;
  const auto offer = [&](int version) {
    return web_head(rig.a, version) + "a=group:BUNDLE a0 a1 v0 v1\r\n" +
           web_line("audio 4000 UDP/TLS/RTP/SAVPF 111 0", "a0", transport() + opus) +
           web_line("audio 0 UDP/TLS/RTP/SAVPF 111", "a1", "a=bundle-only\r\n" + opus) +
           web_line("video 0 UDP/TLS/RTP/SAVPF 96", "v0", "a=bundle-only\r\n" + vp8) +
           web_line("video 0 UDP/TLS/RTP/SAVPF 96", "v1", "a=bundle-only\r\n" + vp8);
  };
  rig.a.invite({.body = offer(1)});
  EXPECT_THAT(text_of(rig.b.take("INVITE")), Not(HasSubstr("extmap")));
  const auto phone = [&](int version) {
    return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + rig.b.ip() + "\r\ns=-\r\nc=IN IP4 " + rig.b.ip() +
           "\r\nt=0 0\r\nm=audio 6000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\nm=audio 6002 RTP/AVP 111\r\n"
           "a=rtpmap:111 opus/48000/2\r\nm=video 6004 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=video 6006 RTP/AVP "
           "96\r\n"
           "a=rtpmap:96 VP8/90000\r\n";
  };
  rig.b.answer(200, phone(1));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("a=group:BUNDLE a0 a1 v0 v1\r\n"));
  const auto lines_of = [&named](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(named); at != std::string::npos; at = text.find(named, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(lines_of(answer), 4U);

  const auto& flows = spec(rig).flows;
  ASSERT_EQ(flows.size(), 4U);
  const std::array names{"a0", "a1", "v0", "v1"};
  for (std::size_t i = 0; i < flows.size(); ++i) {
    ASSERT_TRUE(flows[i].a.mid) << i;
    EXPECT_EQ(flows[i].a.mid->extension, 4);
    EXPECT_EQ(flows[i].a.mid->mid, names[i]);
    EXPECT_EQ(flows[i].a.shared.has_value(), i != 0);
    EXPECT_FALSE(flows[i].b.mid);
  }
  EXPECT_THAT(flows[0].a.mid->payload_types, ElementsAre(0)) << "what it has alone";
  for (std::size_t i = 1; i < flows.size(); ++i) EXPECT_THAT(flows[i].a.shared->payload_types, IsEmpty());

  // We ask again: the names stay agreed on.
  rig.b.reinvite(phone(2));
  EXPECT_EQ(lines_of(text_of(rig.a.take("INVITE"))), 4U);
  rig.a.answer(500);
  rig.a.bye();
  end_well(rig);
}

// trap 40
TEST(Bundle, ALineWithoutAPlaceIsRefusedWhereNothingIsBundled) {
  Rig rig;
  configure(rig, MediaSecurity::Dtls, MediaSecurity::None);
  rig.a.invite({.body = browser_offer(rig.a)});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("m=video 0 "));
  rig.b.answer(200, plain_answer(rig.b, 6000, 0));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("m=video 0 "));
  EXPECT_THAT(answer, Not(HasSubstr("BUNDLE")));
  rig.a.bye();
  end_well(rig);
}

std::string two_lines(const Peer& peer, int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
}
std::string port_of(const std::string& body, const std::string& kind) {
  const std::size_t at = body.find("m=" + kind + " ") + kind.size() + 3;
  return body.substr(at, body.find(' ', at) - at);
}
std::size_t times(const std::string& body, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = body.find(word); at != std::string::npos; at = body.find(word, at + 1)) ++count;
  return count;
}

// RFC 9143 7.2: each line has a place of its own until the answer says that they share one (7.4).
TEST(Bundle, ABrowserThatIsCalledIsOfferedOne) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Webrtc);
  rig.a.invite({.body = two_lines(rig.a)});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  EXPECT_NE(port_of(offer, "audio"), port_of(offer, "video"));
  for (const char* word : {"a=ice-ufrag", "a=candidate", "a=fingerprint", "a=rtcp-mux\r\n"})
    EXPECT_EQ(times(offer, word), 2U) << word;
  EXPECT_THAT(offer, Not(HasSubstr("bundle-only")));
  EXPECT_FALSE(spec(rig).flows[1].b.shared);

  rig.b.answer(200, web_head(rig.b) + "a=group:BUNDLE 0 1\r\n" +
                        web_line("audio 6000 UDP/TLS/RTP/SAVPF 0", "0", transport("active")) +
                        web_line("video 6000 UDP/TLS/RTP/SAVPF 96", "1", "a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  for (const char* word : {"BUNDLE", "mid", "ice"}) EXPECT_THAT(answer, Not(HasSubstr(word)));
  EXPECT_NE(port_of(answer, "audio"), port_of(answer, "video"));
  ASSERT_EQ(spec(rig).flows.size(), 2U);
  EXPECT_TRUE(spec(rig).flows[0].b.ice);
  ASSERT_TRUE(spec(rig).flows[1].b.shared);
  EXPECT_EQ(spec(rig).flows[1].b.shared->flow, 0U);
  EXPECT_THAT(spec(rig).flows[1].b.shared->payload_types, ElementsAre(96));

  // RFC 9143 7.5: what was agreed on is offered from then on.
  rig.a.reinvite(two_lines(rig.a, 2));
  const std::string again = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(again, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  EXPECT_EQ(port_of(again, "audio"), port_of(again, "video"));
  EXPECT_EQ(times(again, "a=candidate"), 1U);
}

TEST(Bundle, APeerThatDoesNotBundleLosesNothing) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Webrtc);
  rig.a.invite({.body = two_lines(rig.a)});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  const auto apart = [&](int version) {
    return web_head(rig.b, version) + web_line("audio 6000 UDP/TLS/RTP/SAVPF 0", "0", transport("active")) +
           web_line("video 6002 UDP/TLS/RTP/SAVPF 96", "1", transport("active") + "a=rtpmap:96 VP8/90000\r\n");
  };
  rig.b.answer(200, apart(1));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  for (const control::FlowSpec& flow : spec(rig).flows) EXPECT_TRUE(flow.b.ice && flow.b.dtls && !flow.b.shared);
  // Nor is it asked again.
  rig.a.reinvite(two_lines(rig.a, 2));
  const std::string again = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(again, Not(HasSubstr("BUNDLE")));
  EXPECT_EQ(port_of(again, "video"), port_of(offer, "video"));
  rig.b.answer(200, apart(2));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// RFC 9143 9.1.1: by payload type they could not be told apart.
TEST(Bundle, LinesThatShareANumberAreNotOfferedAsOne) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Webrtc);
  std::string body = two_lines(rig.a);
  body.replace(body.find("RTP/AVP 0"), 9, "RTP/AVP 96");
  rig.a.invite({.body = body + "m=video 4004 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n"});
  EXPECT_THAT(text_of(rig.b.take("INVITE")), HasSubstr("a=group:BUNDLE 0 2\r\n"));
}

// RFC 9143 7.5.1.
TEST(Bundle, ALineThatIsAddedJoinsIt) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Webrtc);
  const std::string two = two_lines(rig.a, 2);
  std::string one = two_lines(rig.a);
  one.resize(one.find("m=video"));
  rig.a.invite({.body = one});
  EXPECT_THAT(text_of(rig.b.take("INVITE")), HasSubstr("a=group:BUNDLE 0\r\n"));
  rig.b.answer(200, web_head(rig.b) + "a=group:BUNDLE 0\r\n" +
                        web_line("audio 6000 UDP/TLS/RTP/SAVPF 0", "0", transport("active")));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.reinvite(two);
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  EXPECT_NE(port_of(offer, "audio"), port_of(offer, "video"));
  EXPECT_EQ(times(offer, "a=candidate"), 2U);
  rig.b.answer(200, web_head(rig.b, 2) + "a=group:BUNDLE 0 1\r\n" +
                        web_line("audio 6000 UDP/TLS/RTP/SAVPF 0", "0", transport("active")) +
                        web_line("video 6000 UDP/TLS/RTP/SAVPF 96", "1", "a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  ASSERT_EQ(spec(rig).flows.size(), 2U);
  EXPECT_TRUE(spec(rig).flows[1].b.shared);
  rig.a.bye();
  end_well(rig);
}

// RFC 8285 5: what both sides have listed may be sent, and nothing else.
TEST(HeaderExtensions, AreThoseThatBothLegsHaveAgreedTo) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::Webrtc);
  const auto body = [](const Peer& peer, const std::string& setup, const std::string& extensions) {
    return web_head(peer) + web_line("audio 4000 UDP/TLS/RTP/SAVPF 0", "0", transport(setup) + extensions);
  };
  const std::string level = std::string("a=extmap:1 ") + kLevel + "\r\n";
  const std::string mid = std::string("a=extmap:4 ") + kMid + "\r\n";
  rig.a.invite({.body = body(rig.a, "actpass", level + mid + "a=extmap:2 urn:3gpp:video-orientation\r\n")});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr(level));
  EXPECT_THAT(offer, Not(HasSubstr(kMid)));
  EXPECT_THAT(*spec(rig).flows[0].b.extensions, IsEmpty());
  rig.b.answer(200, body(rig.b, "passive", level));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr(level));
  EXPECT_THAT(answer, Not(HasSubstr("video-orientation")));
  for (const control::HalfSpec* half : {&spec(rig).flows[0].a, &spec(rig).flows[0].b})
    EXPECT_THAT(*half->extensions, ElementsAre(control::ExtensionRule{1, 1}));
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
