// T.38 fax: m-lines over UDPTL, and the re-INVITEs from audio to them and back (T.38 Annex D, RFC 3362).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kFaxLines =
    "a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:262\r\n"
    "a=T38FaxMaxDatagram:176\r\na=T38FaxUdpEC:t38UDPRedundancy\r\na=T38FaxUdpECMax:3\r\n";

std::string head(const Peer& peer, int version) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\n";
}

std::string fax(const Peer& peer, int port, int version = 2) {
  return head(peer, version) + "m=image " + std::to_string(port) + " udptl t38\r\n" + kFaxLines +
         "a=T38VendorInfo:0 0 37\r\n";
}

const control::SessionSpec& session(const Rig& rig) {
  return rig.relay.sessions.begin()->second;
}

std::string text(const sip::MessagePtr& message) {
  EXPECT_NE(message, nullptr);
  return message != nullptr ? std::string(message->body()) : std::string();
}

// trap 38: one m-line turns from audio into fax and back; the relay's ports stay.
TEST(Fax, AReinviteTurnsAudioIntoFaxAndBack) {
  Rig rig;
  rig.connect();
  EXPECT_EQ(session(rig).flows.at(0).transport, control::Transport::Rtp);
  rig.b.reinvite(fax(rig.b, 6100));
  const auto offer = text(rig.a.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("m=image "));
  EXPECT_THAT(offer, HasSubstr(" udptl t38\r\n"));
  EXPECT_THAT(offer, HasSubstr(kFaxLines));
  EXPECT_THAT(offer, Not(HasSubstr("VendorInfo")));
  EXPECT_THAT(offer, Not(HasSubstr("a=rtcp")));
  EXPECT_THAT(offer, Not(HasSubstr("a=send")));
  // Until the other side has agreed it is audio that flows.
  EXPECT_EQ(session(rig).flows.at(0).transport, control::Transport::Rtp);
  rig.a.answer(200, fax(rig.a, 4100));
  const auto answer = text(rig.b.take("200 INVITE"));
  EXPECT_THAT(answer, HasSubstr(kFaxLines));
  rig.b.ack();
  const control::FlowSpec& flow = session(rig).flows.at(0);
  EXPECT_EQ(flow.transport, control::Transport::Udptl);
  EXPECT_EQ(flow.kind, "image");
  EXPECT_EQ(flow.a.dscp, route::Marks{}.fax);
  EXPECT_EQ(flow.a.remote_rtp->port, 4100);
  EXPECT_EQ(flow.b.remote_rtp->port, 6100);
  EXPECT_FALSE(flow.a.remote_rtcp.has_value());
  EXPECT_EQ(rig.relay.opened, 1U);

  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 3));
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr("m=audio "));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 3));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr("m=audio "));
  rig.a.ack();
  EXPECT_EQ(session(rig).flows.at(0).transport, control::Transport::Rtp);
  EXPECT_EQ(session(rig).flows.at(0).b.remote_rtp->port, 6000);
  rig.a.bye();
  end_well(rig);
}

// trap 38: a peer that has no fax refuses, and audio goes on as it was.
TEST(Fax, ARefusalLeavesTheAudioCall) {
  Rig rig;
  rig.connect();
  const control::SessionSpec before = session(rig);
  rig.b.reinvite(fax(rig.b, 6100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.b.has("488 INVITE"));
  EXPECT_EQ(session(rig), before);
  rig.a.bye();
  end_well(rig);
}

// As others do it: the audio line is refused, fax stands beside it.
TEST(Fax, MayStandInALineOfItsOwn) {
  Rig rig;
  rig.connect();
  const auto both = [](const Peer& peer, int port) {
    return head(peer, 2) + "m=audio 0 RTP/AVP 0\r\nm=image " + std::to_string(port) + " UDPTL t38\r\n" + kFaxLines;
  };
  rig.b.reinvite(both(rig.b, 6100));
  const auto offer = text(rig.a.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("m=audio 0 RTP/AVP 0\r\n"));
  EXPECT_THAT(offer, HasSubstr(" UDPTL t38\r\n"));
  rig.a.answer(200, both(rig.a, 4100));
  EXPECT_THAT(text(rig.b.take("200 INVITE")), HasSubstr(" UDPTL t38\r\n"));
  rig.b.ack();
  ASSERT_EQ(session(rig).flows.size(), 1U);
  EXPECT_EQ(session(rig).flows[0].index, 1U);
  EXPECT_EQ(session(rig).flows[0].transport, control::Transport::Udptl);
  rig.a.bye();
  end_well(rig);
}

// trap 38: ports that were given up for the offer could not be had again.
TEST(Fax, ARefusalOfALineOfItsOwnLeavesTheAudioCallToo) {
  Rig rig;
  rig.connect();
  const control::SessionSpec before = session(rig);
  rig.relay.history.clear();
  rig.b.reinvite(head(rig.b, 2) + "m=audio 0 RTP/AVP 0\r\nm=image 6100 udptl t38\r\n" + kFaxLines);
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.answer(488);
  EXPECT_TRUE(rig.b.has("488 INVITE"));
  ASSERT_FALSE(rig.relay.history.empty());
  for (const control::SessionSpec& spec : rig.relay.history) {
    ASSERT_FALSE(spec.flows.empty());
    EXPECT_EQ(spec.flows[0], before.flows[0]) << "audio goes on meanwhile";
  }
  EXPECT_EQ(session(rig), before);
  rig.a.bye();
  end_well(rig);
}

// trap 38: both ends have heard the tones and ask at once.
TEST(Fax, WhenBothEndsAskAtOnceNeitherLosesTheCall) {
  Rig rig;
  rig.connect();
  rig.b.reinvite(fax(rig.b, 6100));
  ASSERT_TRUE(rig.a.has("INVITE"));
  rig.a.reinvite(fax(rig.a, 4100));
  EXPECT_TRUE(rig.a.has("491 INVITE"));
  rig.a.answer(200, fax(rig.a, 4100));
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  EXPECT_EQ(session(rig).flows.at(0).transport, control::Transport::Udptl);
  rig.b.bye();
  end_well(rig);
}

TEST(Fax, ACallMayBeginWithIt) {
  Rig rig;
  rig.a.invite({.body = fax(rig.a, 4100, 1)});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" udptl t38\r\n"));
  EXPECT_EQ(session(rig).flows.at(0).transport, control::Transport::Udptl);
  rig.b.answer(200, fax(rig.b, 6100, 1));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(kFaxLines));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

void secure(Rig& rig, policy::MediaSecurity mode) {
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) {
    trunk.media_security = mode;
    trunk.sdes_in_clear = true;
  }
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {});
  ASSERT_TRUE(built);
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
}

// Never in clear what was to be secure.
TEST(Fax, DoesNotGoWhereMediaMustBeProtected) {
  Rig rig;
  secure(rig, policy::MediaSecurity::Sdes);
  rig.a.invite({.body = fax(rig.a, 4100, 1)});
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  end_well(rig);
}

TEST(Fax, GoesInClearWhereProtectionIsBestEffort) {
  Rig rig;
  secure(rig, policy::MediaSecurity::BestEffort);
  rig.a.invite({.body = fax(rig.a, 4100, 1)});
  const auto offer = text(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr(" udptl t38\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("crypto")));
  EXPECT_FALSE(session(rig).flows.at(0).b.srtp.has_value());
  rig.b.answer(200, fax(rig.b, 6100, 1));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  // Back to audio, which is protected again where it can be.
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 2));
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr("a=crypto:1 "));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// RFC 4103: text is RTP like audio, its redundancy with it.
TEST(Text, IsAnchoredBesideAudio) {
  Rig rig;
  const auto text_of = [](const Peer& peer, int port) {
    return head(peer, 1) + "m=audio " + std::to_string(port) + " RTP/AVP 0\r\nm=text " + std::to_string(port + 2) +
           " RTP/AVP 98 100\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\na=fmtp:100 98/98/98\r\n";
  };
  rig.a.invite({.body = text_of(rig.a, 4000)});
  EXPECT_THAT(
      text(rig.b.take("INVITE")),
      HasSubstr(" RTP/AVP 98 100\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\na=fmtp:100 98/98/98\r\n"));
  rig.b.answer(200, text_of(rig.b, 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  ASSERT_EQ(session(rig).flows.size(), 2U);
  EXPECT_EQ(session(rig).flows[1].kind, "text");
  EXPECT_EQ(session(rig).flows[1].transport, control::Transport::Rtp);
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
