// ICE and DTLS on one side of a flow, plain RTP on the other: who is heard, where media goes, and when.

#include <gtest/gtest.h>

#include "web.h"

namespace flow {
namespace {

using base::seconds;
using ice::testing::CheckBuilder;

TEST(Connect, AWebPeerAndAPlainPhoneHearEachOther) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  EXPECT_EQ(web.send(check()), std::nullopt);
  EXPECT_EQ(web.answered_to, kPhoneA);
  EXPECT_EQ(web.left_by, Rig::kPortNumbers[0][0]);
  EXPECT_TRUE(web.answer.starts_with("\x01\x01"));
  web.shake();
  ASSERT_TRUE(web.has_keys());
  EXPECT_EQ(rig.told<IceConnected>(), (std::vector<IceConnected>{{Side::A, kPhoneA}}));
  EXPECT_EQ(rig.told<Secured>().size(), 1U);
  const std::string clear = rig.rtp_bytes(7);
  const auto there = rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(clear));
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.to, kPhoneB);
  EXPECT_EQ(there.bytes, clear);
  const std::string reply = rig.rtp_bytes(8);
  const auto back = rig.send(Side::B, Component::Rtp, kPhoneB, reply);
  EXPECT_EQ(back.to, kPhoneA);
  EXPECT_EQ(web.open(back.bytes), reply);
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, kPhoneA);
}

TEST(Connect, TheRelayBeginsTheHandshakeWhenItIsTheActiveSide) {
  Rig rig(web_to_plain(secure::DtlsRole::Active));
  Web web(rig, secure::DtlsRole::Passive);
  EXPECT_TRUE(rig.flow.attend(rig.events).empty());  // nowhere to send to yet
  web.send(check());
  web.shake();
  EXPECT_TRUE(web.has_keys());
}

// trap 45: nothing in clear, nothing before keys.
TEST(Connect, NothingIsForwardedBeforeThereAreKeys) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::NoKeys);
  web.send(check());
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoKeys);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::NoKeys);
  web.shake();
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::Unauthentic);  // in clear
}

// trap 44, trap 50: an address is heard once it has shown that it knows the password, and not before.
TEST(Connect, WhoHasNotBeenCheckedIsNotHeard) {  // trap 50: a stranger's packets.
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  Web stranger(rig, secure::DtlsRole::Active, make_identity());
  EXPECT_EQ(stranger.send(check(true, "not-our-password-24bytes"), kStranger), Drop::StunUnauthentic);
  stranger.shake(kStranger);
  EXPECT_FALSE(stranger.has_keys());
  EXPECT_GE(rig.drops(Side::A, Drop::NotChecked), 1U);
  web.send(check());
  web.shake();
  ASSERT_TRUE(web.has_keys());
  const std::string sealed = web.seal(rig.rtp_bytes(7));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, sealed).dropped, Drop::NotChecked);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
}

TEST(Connect, AnotherCertificateGetsNoKeys) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active, make_identity());
  web.send(check());
  web.shake();
  EXPECT_FALSE(web.has_keys());
  EXPECT_EQ(rig.told<NotSecured>(), (std::vector<NotSecured>{{Side::A, secure::DtlsFailure::Fingerprint}}));
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoKeys);
}

// trap 43: the same association goes on; another one is shaken while the old keys serve.
TEST(Connect, OnlyAnotherAssociationIsShakenAnew) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  web.shake();
  rig.flow.replace(web_to_plain(), rig.now);
  const std::string clear = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(clear)).bytes, clear);
  Spec again = web_to_plain();
  again.a.dtls->association = "2";
  rig.flow.replace(again, rig.now);
  const std::string more = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(more)).bytes, more);
  Web next(rig, secure::DtlsRole::Active);
  next.shake();
  ASSERT_TRUE(next.has_keys());
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
  const std::string last = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, next.seal(last)).bytes, last);
}

// Until the handshake is done another answer may settle the roles otherwise.
TEST(Connect, TheRoleMayChangeWhileHandsAreShaken) {
  Rig rig(web_to_plain(secure::DtlsRole::Active));
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  EXPECT_FALSE(rig.flow.attend(rig.events).empty());  // our hello, which the peer does not heed
  rig.flow.replace(web_to_plain(secure::DtlsRole::Passive), rig.now);
  web.shake();
  EXPECT_TRUE(web.has_keys());
}

TEST(Connect, MediaFollowsThePairThatIsNominated) {
  Spec spec = web_to_plain();
  spec.a.dtls.reset();
  Rig rig(spec);
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA);
  rig.pass(seconds(5));
  web.send(check(), kStranger);  // it knows the password: the peer has moved
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kStranger);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, std::nullopt);
  EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, kStranger);
}

// RFC 7675.
TEST(Connect, NothingIsSentToAPeerThatNoLongerAsksForIt) {
  Spec spec = web_to_plain();
  spec.a.dtls.reset();
  Rig rig(spec);
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  for (int i = 0; i < 3; ++i) {
    rig.pass(seconds(5));
    web.send(check(false));
  }
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, std::nullopt);
  rig.pass_with_deadlines(seconds(31));
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<ConsentLost>().size(), 1U);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::NotChecked);
}

// DTLS without ICE, as phones do it: a hello comes from the signalled address, or brings a cookie back.
TEST(Connect, DtlsWithoutIceLearnsAPhoneBehindItsNat) {
  Spec spec = web_to_plain();
  spec.a.ice.reset();
  spec.a.latch = LatchMode::Learn;
  Rig rig(spec);
  Web web(rig, secure::DtlsRole::Active);
  web.shake(kStranger);
  ASSERT_TRUE(web.has_keys());
  EXPECT_GE(rig.drops(Side::A, Drop::DtlsCookie), 1U);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kStranger);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, web.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
}

TEST(Connect, StrictDtlsHearsTheSignalledAddressOnly) {
  Spec spec = web_to_plain();
  spec.a.ice.reset();
  Rig rig(spec);
  Web stranger(rig, secure::DtlsRole::Active);
  stranger.shake(kStranger);
  EXPECT_FALSE(stranger.has_keys());
  Web web(rig, secure::DtlsRole::Active);
  web.shake();
  EXPECT_TRUE(web.has_keys());
}

TEST(Connect, WithoutIceOrDtlsTheirPacketsAreDropped) {
  Rig rig(strict_spec());
  Web web(rig, secure::DtlsRole::Active);
  EXPECT_EQ(web.send(check()), Drop::Stun);
  EXPECT_EQ(web.send("\x16\xfe\xff"), Drop::Dtls);
}

TEST(Connect, SpecsThatCannotBeAreRefused) {
  Spec spec = web_to_plain();
  EXPECT_EQ(flow::check(spec), "");
  spec.a.rtcp_mux = false;
  EXPECT_NE(flow::check(spec), "");
  spec = web_to_plain();
  spec.a.dtls->identity = nullptr;
  EXPECT_NE(flow::check(spec), "");
  spec = web_to_plain();
  spec.a.srtp = Srtp{};
  EXPECT_NE(flow::check(spec), "");
  spec = web_to_plain();
  spec.a.ice->local_ufrag = "x";
  EXPECT_NE(flow::check(spec), "");
}

}  // namespace
}  // namespace flow
