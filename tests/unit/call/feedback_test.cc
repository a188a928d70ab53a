// Profiles with feedback and without (RFC 4585, RFC 5124) on the two legs of a call, and what numbers the packets of a
// transport where the two have other transports.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "places.h"

namespace sbc::call::test {
namespace {

using policy::MediaSecurity;
using route::RtcpFeedback;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kNumbers = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const std::string kAbout =
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\n"
    "a=rtcp-fb:96 transport-cc\r\na=extmap:3 " +
    std::string(kNumbers) + "\r\n";

std::string head(const Peer& peer, int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\n";
}

std::string plain(const Peer& peer, int port, std::string_view profile, const std::string& about = kAbout,
                  int version = 1) {
  const std::string with = " " + std::string(profile) + " ";
  return head(peer, version) + "m=audio " + std::to_string(port) + with + "0\r\nm=video " + std::to_string(port + 2) +
         with + "96\r\n" + about;
}

std::string transport(const std::string& setup) {
  std::string fingerprint = "AA";
  for (int i = 1; i < 32; ++i) fingerprint += ":AA";
  return "a=ice-ufrag:theirs\r\na=ice-pwd:password-of-the-web-peer\r\na=fingerprint:sha-256 " + fingerprint +
         "\r\na=setup:" + setup + "\r\na=rtcp-mux\r\n";
}

// Audio and video, both of which number their packets.
std::string web(const Peer& peer, const std::string& setup, bool bundled) {
  const std::string numbers = "a=extmap:3 " + std::string(kNumbers) + "\r\n";
  return head(peer) + (bundled ? "a=group:BUNDLE 0 1\r\n" : "") + "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" +
         transport(setup) + "a=rtcp-fb:0 transport-cc\r\n" + numbers + "m=video " + (bundled ? "4000" : "4002") +
         " UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" + transport(setup) + kAbout;
}

void browser_calls_a_phone_with_feedback(Rig& rig) {
  change_places(
      rig, [](route::Realm& realm) { realm.media_security = MediaSecurity::Webrtc; },
      [](route::Trunk& trunk) {
        trunk.media_security = MediaSecurity::None;
        trunk.rtcp_feedback = RtcpFeedback::Always;
      });
  rig.a.invite({.body = web(rig.a, "actpass", true)});
}

TEST(RtcpFeedback, IsOfferedAsTheSideThatIsCalledWantsIt) {
  struct {
    RtcpFeedback wanted;
    MediaSecurity security;
    const char* from;
    const char* to;
  } const cases[] = {
      {RtcpFeedback::AsOffered, MediaSecurity::None, "RTP/AVP", "RTP/AVP"},
      {RtcpFeedback::AsOffered, MediaSecurity::None, "RTP/AVPF", "RTP/AVPF"},
      {RtcpFeedback::Always, MediaSecurity::None, "RTP/AVP", "RTP/AVPF"},
      {RtcpFeedback::Never, MediaSecurity::None, "RTP/AVPF", "RTP/AVP"},
      {RtcpFeedback::Always, MediaSecurity::Sdes, "RTP/AVP", "RTP/SAVPF"},
      {RtcpFeedback::Never, MediaSecurity::Sdes, "RTP/AVPF", "RTP/SAVP"},
      {RtcpFeedback::Always, MediaSecurity::Dtls, "RTP/AVP", "UDP/TLS/RTP/SAVPF"},
      {RtcpFeedback::Never, MediaSecurity::Dtls, "RTP/AVPF", "UDP/TLS/RTP/SAVP"},
      {RtcpFeedback::Never, MediaSecurity::Webrtc, "RTP/AVP", "UDP/TLS/RTP/SAVPF"},  // RFC 8827: no other is taken
  };
  for (const auto& c : cases) {
    Rig rig;
    change_places(rig, kAsItIs, [&c](route::Trunk& trunk) {
      trunk.rtcp_feedback = c.wanted;
      trunk.media_security = c.security;
      trunk.sdes_in_clear = true;
    });
    rig.a.invite({.body = plain(rig.a, 4000, c.from)});
    const std::string offer = text_of(rig.b.take("INVITE"));
    EXPECT_THAT(offer, testing::ContainsRegex("m=audio [1-9][0-9]* " + std::string(c.to) + " 0\r\n")) << c.from;
    EXPECT_THAT(offer, testing::ContainsRegex("m=video [1-9][0-9]* " + std::string(c.to) + " 96\r\n")) << c.from;
  }
}

TEST(RtcpFeedback, OfOneLegAloneIsAskedForNothingThatTheOtherLacks) {
  Rig rig;
  change_places(rig, kAsItIs, [](route::Trunk& trunk) { trunk.rtcp_feedback = RtcpFeedback::Never; });
  rig.a.invite({.body = plain(rig.a, 4000, "RTP/AVPF")});
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, Not(HasSubstr("rtcp-fb")));
  EXPECT_THAT(offer, Not(HasSubstr("extmap")));
  rig.b.answer(200, plain(rig.b, 6000, "RTP/AVP", "a=rtpmap:96 VP8/90000\r\n"));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr(" RTP/AVPF 96\r\n"));
  EXPECT_THAT(answer, HasSubstr("a=rtcp-fb:96 nack pli\r\n")) << "which reaches the other side as INFO";
  EXPECT_THAT(answer, Not(HasSubstr("a=rtcp-fb:96 nack\r\n")));
  EXPECT_THAT(answer, Not(HasSubstr("remb")));
  // What was agreed on stays, whoever asks.
  rig.b.reinvite(plain(rig.b, 6000, "RTP/AVP", "a=rtpmap:96 VP8/90000\r\n", 2));
  EXPECT_THAT(text_of(rig.a.take("INVITE")), HasSubstr(" RTP/AVPF 96\r\n"));
  rig.a.answer(200, plain(rig.a, 4000, "RTP/AVPF", kAbout, 2));
  EXPECT_THAT(text_of(rig.b.take("200 INVITE")), HasSubstr(" RTP/AVP 96\r\n"));
  rig.b.ack();
  rig.a.bye();
  end_well(rig);
}

// What a browser asks of a phone that has feedback reaches it: repetitions, pictures, rates.
TEST(RtcpFeedback, OfABrowserCrossesWhereAPhoneHasIt) {
  Rig rig;
  browser_calls_a_phone_with_feedback(rig);
  const std::string offer = text_of(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr(" RTP/AVPF 96\r\n"));
  for (const char* kind : {"nack", "nack pli", "goog-remb"})
    EXPECT_THAT(offer, HasSubstr("a=rtcp-fb:96 " + std::string(kind) + "\r\n"));
  // The browser numbers audio and video as one row, of which each of the phone's transports would see gaps alone.
  EXPECT_THAT(offer, Not(HasSubstr("transport-cc")));
  EXPECT_THAT(offer, Not(HasSubstr(kNumbers)));
  rig.b.answer(200, plain(rig.b, 6000, "RTP/AVPF"));
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("a=rtcp-fb:96 goog-remb\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("transport-cc")));
  EXPECT_THAT(answer, Not(HasSubstr(kNumbers)));
  for (const control::FlowSpec& flow : rig.relay.sessions.begin()->second.flows) {
    EXPECT_THAT(*flow.a.extensions, IsEmpty());
    EXPECT_THAT(*flow.b.extensions, IsEmpty());
  }
  rig.a.bye();
  end_well(rig);
}

TEST(TransportNumbers, CrossWhereBothTransportsHaveTheSameLines) {
  for (const bool bundles : {true, false}) {
    Rig rig;
    change_places(
        rig, [](route::Realm& realm) { realm.media_security = MediaSecurity::Webrtc; },
        [](route::Trunk& trunk) { trunk.media_security = MediaSecurity::Webrtc; });
    rig.a.invite({.body = web(rig.a, "actpass", true)});
    EXPECT_THAT(text_of(rig.b.take("INVITE")), HasSubstr(kNumbers)) << "it is expected to bundle";
    rig.b.answer(200, web(rig.b, "active", bundles));
    const std::string answer = text_of(rig.a.take("200 INVITE"));
    rig.a.ack();
    EXPECT_EQ(answer.find(kNumbers) != std::string::npos, bundles) << answer;
    EXPECT_EQ(answer.find("transport-cc") != std::string::npos, bundles) << answer;
    for (const control::FlowSpec& flow : rig.relay.sessions.begin()->second.flows) {
      if (bundles)
        EXPECT_THAT(*flow.b.extensions, ElementsAre(control::ExtensionRule{3, 3}));
      else
        EXPECT_THAT(*flow.b.extensions, IsEmpty());
    }
    rig.a.bye();
    end_well(rig);
  }
}

TEST(TransportNumbers, OfOneLineCrossWhateverElseIsBundled) {
  Rig rig;
  browser_calls_a_phone_with_feedback(rig);
  ASSERT_TRUE(rig.b.take("INVITE"));
  // Nothing else is left on the browser's transport.
  const std::string about = "a=rtcp-fb:0 transport-cc\r\na=extmap:3 " + std::string(kNumbers) + "\r\n";
  rig.b.answer(200, head(rig.b) + "m=audio 6000 RTP/AVPF 0\r\n" + about + "m=video 0 RTP/AVPF 96\r\n");
  const std::string answer = text_of(rig.a.take("200 INVITE"));
  rig.a.ack();
  EXPECT_THAT(answer, HasSubstr("a=rtcp-fb:0 transport-cc\r\n"));
  EXPECT_THAT(answer, HasSubstr(kNumbers));
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
