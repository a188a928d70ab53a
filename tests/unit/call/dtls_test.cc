// DTLS and ICE on one leg (RFC 5763, 8842, 8839), plain RTP on the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/handshake.h"
#include "sbc/sdp/parser.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using policy::MediaSecurity;
using testing::HasSubstr;
using testing::Not;

void configure(Rig& rig, MediaSecurity a, MediaSecurity b) {
  change_places(
      rig, [a](route::Realm& realm) { realm.media_security = a; },
      [b](route::Trunk& trunk) { trunk.media_security = b; });
}

std::string fingerprint(char digit) {
  std::string out(2, digit);
  for (int i = 1; i < 32; ++i) out.append(":").append(2, digit);
  return out;
}

struct Web {
  std::string setup = "actpass";
  char certificate = 'A';
  std::string ufrag = "theirs";
  std::string tls_id = "theirs-of-twenty-letters";
  bool mux = true;
  int version = 1;
};

std::string web_sdp(const Peer& peer, int port, const Web& web = {}) {
  return "v=0\r\no=- 1 " + std::to_string(web.version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio " + std::to_string(port) + " UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" +
         "a=candidate:1 1 udp 2113937151 hidden.local " + std::to_string(port) +
         " typ host\r\na=ice-ufrag:" + web.ufrag + "\r\na=ice-pwd:password-of-the-web-peer\r\na=fingerprint:sha-256 " +
         fingerprint(web.certificate) + "\r\na=setup:" + web.setup + "\r\n" +
         (web.tls_id.empty() ? "" : "a=tls-id:" + web.tls_id + "\r\n") + (web.mux ? "a=rtcp-mux\r\n" : "");
}

std::string attribute(const sip::MessagePtr& message, const std::string& name) {
  const std::string body(message->body());
  const std::size_t at = body.find("a=" + name + ":");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 3;
  return body.substr(from, body.find('\r', from) - from);
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

TEST(Webrtc, TheCallersOfferIsAnsweredByALiteAgentAndPlainRtpGoesOn) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  rig.a.invite({.body = web_sdp(rig.a, 4000)});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string plain(invite->body());
  EXPECT_THAT(plain, HasSubstr(" RTP/AVP 0\r\n"));
  // trap 47
  for (const char* word : {"ice", "candidate", "fingerprint", "setup", "tls-id", "BUNDLE", "mid", "local"})
    EXPECT_THAT(plain, Not(HasSubstr(word)));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  const std::string answer(accepted->body());
  EXPECT_THAT(answer, HasSubstr(" UDP/TLS/RTP/SAVPF 8 0\r\n"));
  EXPECT_THAT(answer, HasSubstr("a=ice-lite\r\na=ice-options:ice2\r\n"));  // RFC 8839 4.2.1.5
  EXPECT_THAT(answer, HasSubstr("a=setup:active\r\n"));
  EXPECT_THAT(answer, HasSubstr("a=rtcp-mux\r\n"));
  EXPECT_THAT(answer, HasSubstr("a=mid:0\r\n"));
  EXPECT_THAT(answer, HasSubstr(" typ host\r\n"));
  rig.a.ack();
  const control::HalfSpec& half = flow(rig).a;
  ASSERT_TRUE(half.ice && half.dtls);
  EXPECT_TRUE(half.rtcp_mux);
  EXPECT_EQ(half.ice->local_ufrag, attribute(accepted, "ice-ufrag"));
  EXPECT_EQ(half.ice->remote_ufrag, "theirs");
  EXPECT_EQ(half.dtls->role, control::DtlsRole::Active);
  ASSERT_EQ(half.dtls->fingerprints.size(), 1U);
  EXPECT_EQ(half.dtls->fingerprints[0].value, std::string(32, '\xaa'));
  EXPECT_FALSE(flow(rig).b.ice || flow(rig).b.dtls || flow(rig).b.srtp);
  rig.a.bye();
  end_well(rig);
}

// RFC 8840 4.1.1, RFC 8839 4.3.1: whose candidates are all still to come writes 0.0.0.0:9, which is no hold. A lite
// agent needs none of them, and says so to who sends them all the same.
TEST(Webrtc, CandidatesMayTrickleOrNeverCome) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  std::string offer = web_sdp(rig.a, 9);
  offer.replace(offer.find("c=IN IP4 ") + 9, rig.a.ip().size(), "0.0.0.0");
  const std::size_t candidate = offer.find("a=candidate");
  offer.erase(candidate, offer.find("a=ice-ufrag") - candidate);
  offer += "a=ice-options:trickle\r\n";
  rig.a.invite({.body = offer, .headers = "Recv-Info: trickle-ice\r\n"});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), HasSubstr("a=sendrecv\r\n"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_THAT(std::string(accepted->body()), HasSubstr("a=sendrecv\r\n"));
  EXPECT_THAT(std::string(accepted->body()), HasSubstr("a=end-of-candidates\r\n"));
  EXPECT_THAT(std::string(accepted->body()), Not(HasSubstr("trickle")));
  rig.a.ack();
  EXPECT_TRUE(flow(rig).a.send && flow(rig).a.receive);
  EXPECT_FALSE(flow(rig).a.remote_rtp) << "the checks say where it is";
  rig.a.request("INFO", "a=ice-ufrag:theirs\r\na=mid:0\r\na=end-of-candidates\r\n",
                "Info-Package: trickle-ice\r\nContent-Type: application/trickle-ice-sdpfrag\r\n");
  EXPECT_TRUE(rig.a.has("469 INFO"));
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Webrtc, ThePlainCallersOfferBecomesOneThatABrowserTakes) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Webrtc);
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string offer(invite->body());
  EXPECT_THAT(offer, HasSubstr(" UDP/TLS/RTP/SAVPF "));
  EXPECT_THAT(offer, HasSubstr("a=setup:actpass\r\n"));  // RFC 8842 5.2
  EXPECT_THAT(offer, HasSubstr("a=rtcp-mux-only\r\n"));
  EXPECT_NE(attribute(invite, "tls-id"), "");
  EXPECT_NE(attribute(invite, "fingerprint"), "");
  // RFC 8842 5.2: a ClientHello may be faster than the answer.
  ASSERT_TRUE(flow(rig).b.dtls);
  EXPECT_EQ(flow(rig).b.dtls->role, control::DtlsRole::Passive);
  EXPECT_TRUE(flow(rig).b.dtls->fingerprints.empty());
  const std::string association = flow(rig).b.dtls->association;
  rig.b.answer(200, web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B'}));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_EQ(flow(rig).b.dtls->role, control::DtlsRole::Passive);
  EXPECT_TRUE(flow(rig).b.dtls->association.starts_with(association)) << "with the peer's name, if it says one";
  EXPECT_EQ(flow(rig).b.dtls->fingerprints.at(0).value, std::string(32, '\xbb'));
  EXPECT_EQ(flow(rig).b.ice->remote_ufrag, "theirs");
  rig.a.bye();
  end_well(rig);
}

// RFC 8839 4.4.1.2.2: an agent tells which pair it has nominated. That is nothing to the other side, which may be about
// to say the same; its own handshake is not disturbed.
TEST(Webrtc, APairThatWasNominatedIsToldToTheBorderAlone) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::Webrtc);
  rig.a.invite({.body = web_sdp(rig.a, 4000)});
  ASSERT_NE(rig.b.take("INVITE"), nullptr);
  rig.b.answer(200, web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B'}));
  ASSERT_NE(rig.a.take("200 INVITE"), nullptr);
  rig.a.ack();
  const auto before = flow(rig);
  const auto nominated = [](std::string sdp, int port) {
    const std::string old = "m=audio " + std::to_string(port);
    sdp.replace(sdp.find(old), old.size(), "m=audio " + std::to_string(port + 10));
    return sdp + "a=remote-candidates:1 192.0.2.1 20000\r\n";
  };
  // Another certificate is no matter of place.
  rig.a.reinvite(nominated(web_sdp(rig.a, 4000, {.certificate = 'C', .version = 2}), 4000));
  ASSERT_NE(rig.b.take("INVITE"), nullptr);
  rig.b.answer(488);
  ASSERT_NE(rig.a.take("488 INVITE"), nullptr);

  rig.a.reinvite(nominated(web_sdp(rig.a, 4000, {.version = 2}), 4000));
  const auto answer = rig.a.take("200 INVITE");
  ASSERT_NE(answer, nullptr);
  EXPECT_THAT(std::string(answer->body()), HasSubstr("a=setup:active\r\n"));
  rig.a.ack();
  rig.b.reinvite(nominated(web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B', .version = 2}), 6000));
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  EXPECT_FALSE(rig.a.has("INVITE") || rig.b.has("INVITE"));
  EXPECT_EQ(flow(rig).a.dtls, before.a.dtls);
  EXPECT_EQ(flow(rig).b.ice, before.b.ice);
  // A hold, and a restart of ICE, go their way.
  rig.a.reinvite(web_sdp(rig.a, 4000, {.version = 3}) + "a=sendonly\r\n");
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B', .version = 3}) + "a=recvonly\r\n");
  rig.a.ack();
  rig.a.reinvite(web_sdp(rig.a, 4000, {.ufrag = "anew", .version = 4}));
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B', .version = 4}));
  rig.a.ack();
  EXPECT_EQ(flow(rig).a.ice->remote_ufrag, "anew");
  rig.a.bye();
  end_well(rig);
}

// trap 43: the relay tells them apart by name and certificate.
TEST(Webrtc, TwoForksThatAnswerOneOfferAreTwoPeers) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::Dtls);
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string offered = flow(rig).b.dtls->association;
  rig.b.answer_to(invite, 183,
                  web_sdp(rig.b, 6000, {.setup = "active", .certificate = 'B', .tls_id = "first-of-twenty-letters"}),
                  {}, "fork-1");
  const control::Dtls first = *flow(rig).b.dtls;
  EXPECT_TRUE(first.association.starts_with(offered + ";"));
  EXPECT_EQ(first.fingerprints.at(0).value, std::string(32, '\xbb'));
  rig.b.answer_to(invite, 200,
                  web_sdp(rig.b, 6100, {.setup = "active", .certificate = 'C', .tls_id = "other-of-twenty-letters"}),
                  {}, "fork-2");
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  const control::Dtls second = *flow(rig).b.dtls;
  EXPECT_TRUE(second.association.starts_with(offered + ";"));
  EXPECT_NE(second.association, first.association);
  EXPECT_EQ(second.fingerprints.at(0).value, std::string(32, '\xcc'));
  rig.a.bye();
  end_well(rig);
}

TEST(Webrtc, AnOfferWithoutWhatItTakesIsRefused) {
  for (const auto& body : {std::string("plain"), std::string("mux"), std::string("sha")}) {
    Rig rig;
    configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
    std::string offer = web_sdp(rig.a, 4000, {.mux = body != "mux"});
    if (body == "plain") offer = sdp(rig.a.ip(), 4000);
    if (body == "sha") offer.replace(offer.find("sha-256"), 7, "sha-1  ");
    rig.a.invite({.body = offer});
    EXPECT_TRUE(rig.a.has("488 INVITE")) << body;
    EXPECT_FALSE(rig.b.has("INVITE"));
    end_well(rig);
  }
}

TEST(Webrtc, APlainLegTakesNoHandshake) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::None);
  rig.a.invite({.body = web_sdp(rig.a, 4000)});
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  end_well(rig);
}

// RFC 8445 8.2: nobody would check.
TEST(Webrtc, APeerThatIsLiteItselfIsTakenByItsAddress) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  std::string offer = web_sdp(rig.a, 4000);
  offer.insert(offer.find("m=audio"), "a=ice-lite\r\n");
  rig.a.invite({.body = offer});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.ice);
  EXPECT_TRUE(flow(rig).a.dtls);
  rig.a.bye();
  end_well(rig);
}

struct Answered {
  control::HalfSpec before, after;
  std::string answer;
};
// A call of a browser, and its re-INVITE with these changes, which the callee takes.
Answered reinvited(const Web& changed) {
  Rig rig;
  configure(rig, MediaSecurity::Webrtc, MediaSecurity::None);
  rig.a.invite({.body = web_sdp(rig.a, 4000)});
  rig.b.take("INVITE");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.take("200 INVITE");
  rig.a.ack();
  Answered out;
  out.before = flow(rig).a;
  rig.a.reinvite(web_sdp(rig.a, 4000, changed));
  // trap 46: what was agreed on serves until the exchange is over.
  EXPECT_EQ(flow(rig).a.ice, out.before.ice);
  if (rig.b.take("INVITE") != nullptr) rig.b.answer(200, sdp(rig.b.ip(), 6000, "sendrecv", 2));
  const auto accepted = rig.a.take("200 INVITE");
  if (accepted != nullptr) out.answer = std::string(accepted->body());
  rig.a.ack();
  out.after = flow(rig).a;
  rig.a.bye();
  end_well(rig);
  return out;
}

TEST(Webrtc, ARestartOfIceIsAnsweredByOneAndLeavesTheAssociationAlone) {
  const Answered call = reinvited({.ufrag = "anew", .version = 2});
  EXPECT_NE(call.after.ice->local_ufrag, call.before.ice->local_ufrag);
  EXPECT_EQ(call.after.ice->remote_ufrag, "anew");
  // trap 43
  EXPECT_EQ(call.after.dtls, call.before.dtls);
  EXPECT_THAT(call.answer, HasSubstr("a=setup:active\r\n"));
}

// trap 43: RFC 8842 5.3.
TEST(Webrtc, AnotherCertificateIsAnotherAssociation) {
  const Answered call = reinvited({.certificate = 'C', .tls_id = "another-of-twenty-letters", .version = 2});
  EXPECT_NE(call.after.dtls->association, call.before.dtls->association);
  EXPECT_EQ(call.after.dtls->fingerprints.at(0).value, std::string(32, '\xcc'));
}

TEST(Webrtc, AReInviteThatChangesNeitherKeepsBoth) {
  const Answered call = reinvited({.version = 2});
  EXPECT_EQ(call.after.dtls, call.before.dtls);
  EXPECT_EQ(call.after.ice, call.before.ice);
}

TEST(Dtls, WithoutIceTheAddressIsTheSignalledOne) {
  Rig rig;
  configure(rig, MediaSecurity::Dtls, MediaSecurity::None);
  rig.a.invite({.body = web_sdp(rig.a, 4000, {.setup = "active", .tls_id = ""})});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  const std::string answer(accepted->body());
  EXPECT_THAT(answer, HasSubstr("a=setup:passive\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("ice")));
  EXPECT_THAT(answer, Not(HasSubstr("tls-id")));  // RFC 8842 5.3
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.ice);
  EXPECT_EQ(flow(rig).a.dtls->role, control::DtlsRole::Passive);
  EXPECT_TRUE(flow(rig).a.remote_rtp);
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
