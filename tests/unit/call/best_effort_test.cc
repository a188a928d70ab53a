// DTLS by best effort (RFC 8643): a=fingerprint in RTP/AVP, offered and taken, beside keys in SDP and without.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/handshake.h"
#include "sbc/sdp/parser.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using policy::MediaSecurity;
using testing::HasSubstr;
using testing::Not;

void configure(Rig& rig, MediaSecurity a, MediaSecurity b, bool keys = true) {
  change_places(
      rig,
      [a, keys](route::Realm& realm) {
        realm.media_security = a;
        realm.sdes_in_clear = keys;
      },
      [b](route::Trunk& trunk) { trunk.media_security = b; });
}

std::string fingerprint(char digit) {
  std::string out(2, digit);
  for (int i = 1; i < 32; ++i) out.append(":").append(2, digit);
  return out;
}

struct Said {
  const char* profile = "RTP/AVP";
  std::string setup = "actpass";  // "": no DTLS
  char certificate = 'A';
  bool mux = true;
  bool key = false;
  int version = 1;
  const char* direction = "";
};

std::string described(const Peer& peer, int port, const Said& said) {
  std::string out = "v=0\r\no=- 1 " + std::to_string(said.version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " +
                    peer.ip() + "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " " + said.profile + " 0\r\n";
  if (!said.setup.empty())
    out += "a=fingerprint:sha-256 " + fingerprint(said.certificate) + "\r\na=setup:" + said.setup + "\r\n";
  if (said.key) out += "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(40, 'Q') + "\r\n";
  if (said.mux) out += "a=rtcp-mux\r\n";
  return out + said.direction;
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

// trap 39: RFC 8643 3.1: both ways are offered, in the profile of clear media.
TEST(BestEffortDtls, IsOfferedBesideKeys) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::BestEffort);
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  const std::string offer(invite->body());
  EXPECT_THAT(offer, HasSubstr(" RTP/AVP 8 0\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=crypto:1 "));
  EXPECT_THAT(offer, HasSubstr("a=fingerprint:sha-256 "));
  EXPECT_THAT(offer, HasSubstr("a=setup:actpass\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=tls-id:"));
  EXPECT_THAT(offer, HasSubstr("a=rtcp-mux\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("mux-only"))) << "who leaves it has two ports";
  EXPECT_THAT(offer, Not(HasSubstr("ice")));

  rig.b.answer(200, described(rig.b, 6000, {.setup = "active"}));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  for (const char* word : {"fingerprint", "setup", "tls-id", "crypto"})
    EXPECT_THAT(std::string(accepted->body()), Not(HasSubstr(word)));
  rig.a.ack();
  const control::HalfSpec& half = flow(rig).b;
  ASSERT_TRUE(half.dtls);
  EXPECT_FALSE(half.srtp || half.ice);
  EXPECT_TRUE(half.rtcp_mux);
  EXPECT_EQ(half.dtls->role, control::DtlsRole::Passive);
  EXPECT_EQ(half.dtls->fingerprints.at(0).value, std::string(32, '\xaa'));
  rig.a.bye();
  end_well(rig);
}

// Another relay knows nothing of the keys. The call is not offered a profile for clear media for that, nor DTLS beside.
TEST(BestEffort, MediaWithKeysThatMovesGetsOthersInItsProfile) {
  for (const std::string profile : {"RTP/SAVP", "RTP/AVP"}) {
    SCOPED_TRACE(profile);
    Rig rig;
    configure(rig, MediaSecurity::BestEffort, MediaSecurity::None);
    const auto said = [&](int version) {
      return described(rig.a, 4000,
                       {.profile = profile.c_str(), .setup = "", .mux = false, .key = true, .version = version});
    };
    rig.a.invite({.body = said(1)});
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    ASSERT_TRUE(rig.a.has("200 INVITE"));
    rig.a.ack();
    rig.a.clear();
    rig.b.clear();

    rig.session_lost();
    rig.pass(base::milliseconds(100));
    const auto invite = rig.a.take("INVITE");
    ASSERT_NE(invite, nullptr);
    const std::string offer(invite->body());
    EXPECT_THAT(offer, HasSubstr(" " + profile + " "));
    EXPECT_THAT(offer, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 "));
    EXPECT_THAT(offer, Not(HasSubstr("fingerprint")));
    rig.a.answer(200, said(2));
    ASSERT_TRUE(rig.b.has("INVITE"));
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    EXPECT_TRUE(flow(rig).a.srtp && flow(rig).a.srtp->send && flow(rig).a.srtp->receive);
    rig.a.bye();
    end_well(rig);
  }
}

TEST(BestEffortDtls, IsTakenInEveryProfile) {
  for (const char* profile : {"RTP/AVP", "RTP/AVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"}) {
    SCOPED_TRACE(profile);
    Rig rig;
    configure(rig, MediaSecurity::BestEffort, MediaSecurity::None);
    // RFC 8643 3.2: one way alone, and that is the one without keys in SDP.
    rig.a.invite({.body = described(rig.a, 4000, {.profile = profile, .key = true})});
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("fingerprint")));
    ASSERT_TRUE(flow(rig).a.dtls) << "never in clear";
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    const auto accepted = rig.a.take("200 INVITE");
    ASSERT_NE(accepted, nullptr);
    const std::string answer(accepted->body());
    EXPECT_THAT(answer, HasSubstr(std::string(" ") + profile + " "));
    EXPECT_THAT(answer, HasSubstr("a=fingerprint:sha-256 "));
    EXPECT_THAT(answer, HasSubstr("a=setup:active\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("crypto")));
    rig.a.ack();
    EXPECT_EQ(flow(rig).a.dtls->role, control::DtlsRole::Active);
    rig.a.bye();
    end_well(rig);
  }
}

// Without a port that RTP and RTCP share there is no DTLS here, and the next best is taken.
TEST(BestEffortDtls, ThatCannotBeUsedLeavesKeysOrClearMedia) {
  for (const bool key : {true, false}) {
    Rig rig;
    configure(rig, MediaSecurity::BestEffort, MediaSecurity::None);
    rig.a.invite({.body = described(rig.a, 4000, {.mux = false, .key = key})});
    ASSERT_TRUE(rig.b.has("INVITE"));
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    const auto accepted = rig.a.take("200 INVITE");
    ASSERT_NE(accepted, nullptr);
    EXPECT_THAT(std::string(accepted->body()), Not(HasSubstr("fingerprint")));
    EXPECT_EQ(std::string(accepted->body()).contains("a=crypto:"), key);
    rig.a.ack();
    EXPECT_FALSE(flow(rig).a.dtls);
    EXPECT_EQ(flow(rig).a.srtp.has_value(), key);
    rig.a.bye();
    end_well(rig);
  }
}

// RFC 8643 3.3: what was accepted and cannot come about fails; it does not become clear media.
TEST(BestEffortDtls, ThatWasAcceptedIsThatOrNothing) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::BestEffort);
  rig.a.invite();
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, described(rig.b, 6000, {.setup = "active", .mux = false}));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  for (const auto& spec : rig.relay.history)
    for (const auto& f : spec.flows) EXPECT_TRUE(f.b.dtls) << "never in clear";
  rig.pass(minutes(3));
  rig.expect_idle();
}

// A re-INVITE of either side goes on with the association; hold and resume.
TEST(BestEffortDtls, GoesOnOverAReinvite) {
  Rig rig;
  configure(rig, MediaSecurity::None, MediaSecurity::BestEffort);
  rig.a.invite();
  ASSERT_NE(rig.b.take("INVITE"), nullptr);
  rig.b.answer(200, described(rig.b, 6000, {.setup = "active"}));
  rig.a.ack();
  const control::Dtls before = *flow(rig).b.dtls;

  rig.a.reinvite(sdp(rig.a.ip(), 4000) + "a=sendonly\r\n");
  const auto hold = rig.b.take("INVITE");
  ASSERT_NE(hold, nullptr);
  const std::string offer(hold->body());
  EXPECT_THAT(offer, HasSubstr(" RTP/AVP "));
  EXPECT_THAT(offer, HasSubstr("a=fingerprint:sha-256 "));
  EXPECT_THAT(offer, Not(HasSubstr("crypto"))) << "as was agreed";
  rig.b.answer(200, described(rig.b, 6000, {.setup = "active", .version = 2, .direction = "a=recvonly\r\n"}));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).b.dtls);
  EXPECT_EQ(*flow(rig).b.dtls, before);

  rig.b.reinvite(described(rig.b, 6000, {.version = 3}));
  ASSERT_TRUE(rig.a.has("INVITE"));
  for (const auto& spec : rig.relay.history) EXPECT_TRUE(spec.flows.at(0).b.dtls);
  rig.a.answer(200, sdp(rig.a.ip(), 4000));
  const auto answered = rig.b.take("200 INVITE");
  ASSERT_NE(answered, nullptr);
  EXPECT_THAT(std::string(answered->body()), HasSubstr("a=setup:passive\r\n")) << "the roles stay";
  rig.b.ack();
  EXPECT_EQ(*flow(rig).b.dtls, before);
  rig.a.bye();
  end_well(rig);
}

// Another certificate, and a way back to clear media: each as its offer says.
TEST(BestEffortDtls, APeerMayComeWithAnotherCertificateOrWithNone) {
  Rig rig;
  configure(rig, MediaSecurity::BestEffort, MediaSecurity::None);
  rig.a.invite({.body = described(rig.a, 4000, {})});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  const control::Dtls before = *flow(rig).a.dtls;
  rig.a.reinvite(described(rig.a, 4000, {.certificate = 'C', .version = 2}));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).a.dtls);
  EXPECT_NE(flow(rig).a.dtls->association, before.association);
  rig.a.reinvite(described(rig.a, 4000, {.setup = "", .version = 3}));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  EXPECT_FALSE(flow(rig).a.dtls || flow(rig).a.srtp);
  rig.a.bye();
  end_well(rig);
}

// RFC 4568 8.3 is about keys: DTLS needs no secret signalling.
TEST(BestEffortDtls, NeedsNoEncryptedSignalling) {
  Rig rig;
  configure(rig, MediaSecurity::BestEffort, MediaSecurity::BestEffort, false);
  rig.a.invite({.body = described(rig.a, 4000, {.key = true})});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("crypto")));
  rig.b.answer(200, described(rig.b, 6000, {.setup = "passive"}));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  ASSERT_TRUE(flow(rig).a.dtls && flow(rig).b.dtls);
  EXPECT_EQ(flow(rig).b.dtls->role, control::DtlsRole::Active);
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
