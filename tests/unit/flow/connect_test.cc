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

TEST(Connect, GoesOnInAnotherProcess) {
  for (const auto role : {secure::DtlsRole::Passive, secure::DtlsRole::Active}) {
    const bool active = role == secure::DtlsRole::Active;
    Rig rig(web_to_plain(role));
    Web web(rig, active ? secure::DtlsRole::Passive : secure::DtlsRole::Active);
    EXPECT_EQ(web.send(check()), std::nullopt);
    EXPECT_EQ(rig.flow.save(rig.now).has_value(), !active);  // not while hands are shaken
    web.shake();
    ASSERT_TRUE(web.has_keys());
    web.open(rig.send(Side::B, Component::Rtp, kPhoneB, rig.rtp_bytes(8)).bytes);

    const std::string saved = rig.flow.save(rig.now).value();
    Rig next(web_to_plain(role));
    ASSERT_TRUE(next.flow.restore(saved, next.now));
    EXPECT_EQ(next.flow.save(next.now).value(), saved);
    EXPECT_TRUE(next.flow.attend(next.events).empty());  // nobody's hand is shaken again
    const std::string clear = next.rtp_bytes(7);
    EXPECT_EQ(next.send(Side::A, Component::Rtp, kPhoneA, web.seal(clear)).bytes, clear);
    EXPECT_EQ(next.send(Side::A, Component::Rtp, kStranger, clear).dropped, Drop::NotChecked);
    next.sequence = 500;
    const std::string reply = next.rtp_bytes(8);
    EXPECT_EQ(web.open(next.send(Side::B, Component::Rtp, kPhoneB, reply).bytes), reply);
    // Nothing but a new association may shake hands.
    EXPECT_EQ(
        next.send(Side::A, Component::Rtp, kPhoneA, std::string("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\1\0", 14)).dropped,
        Drop::DtlsUnexpected);
    // Consent goes on: the peer still asks for media, and when it stops nothing is sent.
    Web checker(next, secure::DtlsRole::Active);
    EXPECT_EQ(checker.send(check()), std::nullopt);
  }
}

TEST(Connect, AHandshakeThatIsUnderWayIsNotCarried) {
  Rig rig(web_to_plain(secure::DtlsRole::Active));
  Web web(rig, secure::DtlsRole::Passive);
  EXPECT_EQ(web.send(check()), std::nullopt);
  EXPECT_EQ(rig.flow.save(rig.now), std::nullopt);
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

TEST(Connect, WhoDoesNotShakeHandsInTimeIsNamed) {
  Rig rig(web_to_plain());
  rig.pass_with_deadlines(kHandshakeLimit - seconds(1));
  rig.flow.attend(rig.events);
  EXPECT_TRUE(rig.told<NotSecured>().empty());
  rig.flow.replace(web_to_plain(), rig.now);  // signalling has spoken
  rig.pass_with_deadlines(kHandshakeLimit - seconds(1));
  rig.flow.attend(rig.events);
  EXPECT_TRUE(rig.told<NotSecured>().empty());
  rig.pass_with_deadlines(seconds(2));
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<NotSecured>(), (std::vector<NotSecured>{{Side::A, secure::DtlsFailure::Timeout}}));
  // Better late than never.
  Web web(rig, secure::DtlsRole::Active);
  EXPECT_EQ(web.send(check()), std::nullopt);
  web.shake();
  EXPECT_TRUE(web.has_keys());
  rig.pass_with_deadlines(3 * kHandshakeLimit);
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<NotSecured>().size(), 1U);
}

TEST(Connect, NobodyIsWaitedForBeforeBothPeersAreKnown) {
  Spec early = web_to_plain();
  early.b.remote_rtp.reset();
  Rig rig(early);
  rig.pass_with_deadlines(5 * kHandshakeLimit);
  Spec held = web_to_plain();
  held.suspended = true;
  rig.flow.replace(held, rig.now);
  rig.pass_with_deadlines(5 * kHandshakeLimit);
  rig.flow.attend(rig.events);
  EXPECT_TRUE(rig.told<NotSecured>().empty());
}

TEST(Connect, AFailureIsToldAgainWithTheAnswer) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active, make_identity());
  EXPECT_EQ(web.send(check()), std::nullopt);
  web.shake();
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<NotSecured>().size(), 1U);
  rig.flow.replace(web_to_plain(), rig.now);
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<NotSecured>(), (std::vector<NotSecured>(2, {Side::A, secure::DtlsFailure::Fingerprint})));
  Spec anew = web_to_plain();
  anew.a.dtls = dtls(secure::DtlsRole::Passive, "2");
  rig.flow.replace(anew, rig.now);
  rig.flow.attend(rig.events);
  EXPECT_EQ(rig.told<NotSecured>().size(), 2U);
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
  const std::string late = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(late)).bytes, late) << "it was under way";
  const std::string last = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, next.seal(last)).bytes, last);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
}

// trap 43: one offer, two answers (forks, or a 200 that is not the 183): the one that counts shakes hands anew.
TEST(Connect, AnotherCertificateForTheSameOfferIsAnotherHandshake) {
  Spec spec = strict_spec();
  spec.a.rtcp_mux = true;
  spec.a.dtls = dtls();
  Rig rig(spec);
  Web first(rig, secure::DtlsRole::Active);
  first.shake();
  ASSERT_TRUE(first.has_keys());
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, first.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
  const auto other = make_identity();
  Spec again = spec;
  again.a.remote_rtp = kStranger;
  again.a.dtls->parameters.fingerprints = {other->fingerprint()};
  rig.flow.replace(again, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoKeys) << "nothing for the first one any more";
  EXPECT_TRUE(rig.send(Side::A, Component::Rtp, kPhoneA, first.seal(rig.rtp_bytes(7))).dropped);
  Web second(rig, secure::DtlsRole::Active, other);
  second.shake(kStranger);
  ASSERT_TRUE(second.has_keys());
  const std::string clear = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, second.seal(clear)).bytes, clear);
  const std::string reply = rig.rtp_bytes(8);
  EXPECT_EQ(second.open(rig.send(Side::B, Component::Rtp, kPhoneB, reply).bytes), reply);
}

// Two peers behind one certificate have two names.
TEST(Connect, AnotherNameOfThePeersIsAnotherHandshake) {
  Spec spec = web_to_plain();
  spec.a.dtls->association = "1";
  Rig rig(spec);
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  web.shake();
  for (const char* name : {"1;x", "1", "1;x"}) {  // known with the answer, for a while not
    spec.a.dtls->association = name;
    rig.flow.replace(spec, rig.now);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(rig.rtp_bytes(7))).dropped, std::nullopt) << name;
  }
  spec.a.dtls->association = "1;y";
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoKeys);
  Web next(rig, secure::DtlsRole::Active);
  next.shake();
  EXPECT_TRUE(next.has_keys());
}

// RFC 8842 5.2: the hello was faster than the answer.
TEST(Connect, AHandshakeBeforeTheAnswerGoesOnWithIt) {
  Spec early = web_to_plain();
  early.a.dtls->parameters.fingerprints.clear();
  Rig rig(early);
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  web.shake();
  Spec answered = web_to_plain();
  answered.a.dtls->association = "1;x";
  rig.flow.replace(answered, rig.now);
  web.shake(kPhoneA, false);
  ASSERT_TRUE(web.has_keys());
  const std::string clear = rig.rtp_bytes(7);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(clear)).bytes, clear);
}

// A transfer: who was there before is not heard any more.
TEST(Connect, KeysOfAnotherCertificateHaveNoGrace) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  web.shake();
  ASSERT_TRUE(web.has_keys());
  const auto other = make_identity();
  Spec again = web_to_plain();
  again.a.dtls->association = "2";
  again.a.dtls->parameters.fingerprints = {other->fingerprint()};
  rig.flow.replace(again, rig.now);
  Web next(rig, secure::DtlsRole::Active, other);
  next.shake();
  ASSERT_TRUE(next.has_keys());
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
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
