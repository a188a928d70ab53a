// SRTP on one side or both: what passes, what does not, and what a modification keeps.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;
using secure::Suite;

const base::Endpoint kNat = endpoint("198.51.100.99:31000");
const base::Endpoint kNatRtcp = endpoint("198.51.100.99:31044");

secure::Parameters key(int which, Suite suite = Suite::AesCm128HmacSha1_80) {
  const secure::Traits& traits = secure::traits_of(suite);
  const std::vector<std::byte> bytes(traits.key_bytes + traits.salt_bytes, static_cast<std::byte>(which));
  return {suite, {{base::Secret(bytes), ""}}};
}

// The relay sends to the peer with key 1 and receives with key 2.
Srtp keys(Suite suite = Suite::AesCm128HmacSha1_80) {
  return {key(1, suite), key(2, suite)};
}

Spec secure_to_plain() {
  Spec spec = strict_spec();
  spec.a.srtp = keys();
  return spec;
}

// A phone that speaks SRTP with the relay, in the relay's terms.
class Phone {
 public:
  explicit Phone(const Srtp& srtp)
      : sender_(secure::make_sender(secure::Engine::Libsrtp, *srtp.receive)),
        receiver_(secure::make_receiver(secure::Engine::Libsrtp, *srtp.send)) {}

  std::string seal(const std::string& clear) { return sealed(clear, &secure::Sender::protect_rtp); }
  std::string seal_rtcp(const std::string& clear) { return sealed(clear, &secure::Sender::protect_rtcp); }
  // Empty when it is not authentic.
  std::string open(std::string bytes) { return opened(std::move(bytes), &secure::Receiver::unprotect_rtp); }
  std::string open_rtcp(std::string bytes) { return opened(std::move(bytes), &secure::Receiver::unprotect_rtcp); }

 private:
  using Protect = secure::Outcome (secure::Sender::*)(std::span<std::byte>, std::size_t);
  using Unprotect = secure::Outcome (secure::Receiver::*)(std::span<std::byte>);

  std::string sealed(std::string bytes, Protect protect) {
    const std::size_t size = bytes.size();
    bytes.resize(size + secure::kMaxGrowthBytes);
    bytes.resize((sender_.get()->*protect)(std::as_writable_bytes(std::span(bytes)), size).value());
    return bytes;
  }
  std::string opened(std::string bytes, Unprotect unprotect) {
    const auto size = (receiver_.get()->*unprotect)(std::as_writable_bytes(std::span(bytes)));
    bytes.resize(size.value_or(0));
    return bytes;
  }

  std::unique_ptr<secure::Sender> sender_;
  std::unique_ptr<secure::Receiver> receiver_;
};

const std::string kReport("\x80\xc9\x00\x01\x00\x00\x00\x07", 8);

TEST(Srtp, OnOneSideMeetsPlainRtpOnTheOther) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  for (int i = 0; i < 3; ++i) {
    const std::string clear = rig.rtp_bytes(7);
    const auto there = rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(clear));
    EXPECT_EQ(there.dropped, std::nullopt);
    EXPECT_EQ(there.to, kPhoneB);
    EXPECT_EQ(there.bytes, clear);
    const std::string answer = rig.rtp_bytes(8);
    const auto back = rig.send(Side::B, Component::Rtp, kPhoneB, answer);
    EXPECT_EQ(back.to, kPhoneA);
    EXPECT_NE(back.bytes, answer);
    EXPECT_EQ(phone.open(back.bytes), answer);
  }
}

TEST(Srtp, WithOtherSuitesOnBothSides) {
  Spec spec = secure_to_plain();
  spec.b.srtp = Srtp{key(3, Suite::AeadAes256Gcm), key(4, Suite::AeadAes256Gcm)};
  Rig rig(spec);
  Phone a(*spec.a.srtp);
  Phone b(*spec.b.srtp);
  const std::string clear = rig.rtp_bytes(7);
  EXPECT_EQ(b.open(rig.send(Side::A, Component::Rtp, kPhoneA, a.seal(clear)).bytes), clear);
  const std::string answer = rig.rtp_bytes(8);
  EXPECT_EQ(a.open(rig.send(Side::B, Component::Rtp, kPhoneB, b.seal(answer)).bytes), answer);
}

TEST(Srtp, ProtectsRtcpAsWell) {
  for (const bool mux : {false, true}) {
    Spec spec = secure_to_plain();
    spec.a.rtcp_mux = mux;
    Rig rig(spec);
    Phone phone(keys());
    const Component port = mux ? Component::Rtp : Component::Rtcp;
    const auto there = rig.send(Side::A, port, mux ? kPhoneA : kPhoneARtcp, phone.seal_rtcp(kReport));
    EXPECT_EQ(there.dropped, std::nullopt);
    EXPECT_EQ(there.bytes, kReport);
    const auto back = rig.rtcp(Side::B, kPhoneBRtcp);
    EXPECT_EQ(phone.open_rtcp(back.bytes), kReport);
    EXPECT_EQ(rig.send(Side::A, port, mux ? kPhoneA : kPhoneARtcp, kReport).dropped, Drop::Unauthentic);
  }
}

// Feedback and extended reports, between protected legs and clear ones: what is said of the other side reaches it as it
// was said, and requests for a picture are told (flow/pictures.cc).
TEST(Srtp, FeedbackAndExtendedReportsCrossProtectedLegs) {
  const std::string sender("\x00\x00\x00\x07", 4);
  const std::string source("\x00\x00\x00\x08", 4);
  const std::string kSaid[] = {
      std::string("\x81\xce\x00\x02", 4) + sender + source,                                                   // PLI
      std::string("\x81\xcd\x00\x03", 4) + sender + source + std::string("\0\x65\0\0", 4),                    // NACK
      std::string("\x8f\xcd\x00\x05", 4) + sender + source + std::string(12, '\x01'),                         // TWCC
      std::string("\x80\xcf\x00\x04", 4) + sender + std::string("\x04\0\0\x02", 4) + std::string(8, '\x01'),  // XR
  };
  for (const bool both : {false, true}) {
    Spec spec = secure_to_plain();
    if (both) spec.b.srtp = Srtp{key(3), key(4)};
    spec.a.pictures = Pictures{.told = true};
    Rig rig(spec);
    Phone a(*spec.a.srtp);
    Phone b(both ? *spec.b.srtp : keys());
    for (const std::string& said : kSaid) {
      const std::string compound = kReport + said;
      const auto there = rig.send(Side::A, Component::Rtcp, kPhoneARtcp, a.seal_rtcp(compound));
      EXPECT_EQ(there.dropped, std::nullopt);
      EXPECT_EQ(both ? b.open_rtcp(there.bytes) : there.bytes, compound);
      const auto back = rig.send(Side::B, Component::Rtcp, kPhoneBRtcp, both ? b.seal_rtcp(compound) : compound);
      EXPECT_EQ(back.dropped, std::nullopt);
      EXPECT_EQ(a.open_rtcp(back.bytes), compound);
    }
    EXPECT_EQ(rig.told<PictureAsked>(), std::vector<PictureAsked>{{Side::A}});
  }
}

TEST(Srtp, CountsBytesAsTheyAreOnTheWire) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  const std::string sealed = phone.seal(rig.rtp_bytes(7));
  rig.send(Side::A, Component::Rtp, kPhoneA, sealed);
  const auto out = rig.rtp(Side::B, kPhoneB);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_bytes_in, sealed.size());
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_bytes_out, out.bytes.size());
}

TEST(Srtp, ClearForgedAlteredAndReplayedPacketsAreDropped) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  Phone forger({key(1), key(9)});
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::Unauthentic);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, forger.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
  std::string sealed = phone.seal(rig.rtp_bytes(7));
  sealed[14] ^= 1;
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, Drop::Unauthentic);
  sealed[14] ^= 1;
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, Drop::Replayed);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, std::string("\x80\0\0\0", 4)).dropped, Drop::MalformedRtp);
  EXPECT_EQ(rig.drops(Side::A, Drop::Unauthentic), 3u);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_in, 1u);
}

// trap 45: media that cannot be checked yet is not forwarded, and what was agreed to be secure is never sent in clear.
TEST(Srtp, PassesNothingBeforeTheKeysAreKnown) {
  Spec spec = secure_to_plain();
  spec.a.srtp->receive.reset();
  Rig rig(spec);
  Phone phone(keys());
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::NoKeys);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, Drop::NoKeys);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, phone.seal_rtcp(kReport)).dropped, Drop::NoKeys);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, std::nullopt);

  spec.a.srtp = Srtp{};
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoKeys);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).dropped, Drop::NoKeys);

  spec.a.srtp = keys();
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
}

// trap 50: nobody is learned who has not shown the key, whatever else he shows.
TEST(Srtp, AuthenticatesBeforeItLearnsAnAddress) {
  Spec spec = secure_to_plain();
  spec.a.latch = LatchMode::Learn;
  Rig rig(spec);
  Phone phone(keys());
  Phone forger({key(1), key(9)});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::Unauthentic);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, forger.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
    EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::Unauthentic);  // not even from where the phone said it is
  }
  EXPECT_TRUE(rig.events.empty());
  const std::string sealed = phone.seal(rig.rtp_bytes(7));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, sealed).dropped, std::nullopt) << "one authentic packet is proof";
  EXPECT_EQ(rig.told<Latched>(), (std::vector<Latched>{{Side::A, Component::Rtp, kNat}}));
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kNatRtcp, kReport).dropped, Drop::Unauthentic);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kNatRtcp, phone.seal_rtcp(kReport)).dropped, std::nullopt);

  // A signalling message later: a replay from elsewhere is no way in.
  rig.flow.replace(spec, rig.now);
  rig.pass(seconds(1));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, sealed).dropped, Drop::Replayed);
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::Unauthentic);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
}

// trap 52: an authentic packet from where its NAT has moved the phone is proof enough, once the old place is silent.
TEST(Srtp, AnAuthenticStreamIsFollowedWhereItsNatHasMovedIt) {
  Spec spec = secure_to_plain();
  spec.a.latch = LatchMode::Learn;
  Rig rig(spec);
  Phone phone(keys());
  Phone forger({key(1), key(9)});
  const auto sealed = [&](Phone& who) { return who.seal(rig.rtp_bytes(7)); };
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, sealed(phone)).dropped, std::nullopt);
  rig.pass(seconds(60));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, sealed(phone)).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, sealed(phone)).dropped, Drop::WrongSource);
  rig.pass(kRelearnSilence);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, sealed(forger)).dropped, Drop::Unauthentic);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kNat);
  const base::Endpoint moved = endpoint("198.51.100.99:40404");
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, moved, sealed(phone)).dropped, std::nullopt);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, moved);
}

// A packet that is caught and sent again faster than the original must not use up its place.
TEST(Srtp, PacketsFromTheWrongSourceDoNotTouchTheReplayWindow) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  const std::string sealed = phone.seal(rig.rtp_bytes(7));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, sealed).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
  const std::string report = phone.seal_rtcp(kReport);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kStranger, report).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, report).dropped, std::nullopt);
}

// trap 41: the same key keeps the rollover counter and the replay window, in both directions.
TEST(Srtp, AModificationWithTheSameKeysGoesOn) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  std::string first;
  for (std::uint32_t i = 65000; i < 65600; ++i) {
    rig.sequence = static_cast<std::uint16_t>(i);
    const std::string sealed = phone.seal(rig.rtp_bytes(7));
    if (i == 65000) first = sealed;
    ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
    rig.sequence = static_cast<std::uint16_t>(i);
    ASSERT_FALSE(phone.open(rig.rtp(Side::B, kPhoneB).bytes).empty());
  }
  rig.flow.replace(secure_to_plain(), rig.now);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, first).dropped, Drop::Replayed);
  const std::string sealed = phone.seal(rig.rtp_bytes(7));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
  rig.flow.replace(secure_to_plain(), rig.now);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, Drop::Replayed);
  EXPECT_FALSE(phone.open(rig.rtp(Side::B, kPhoneB).bytes).empty());
}

// trap 41: RFC 4568 7.1.4. Another key starts another context; the other direction is not concerned.
TEST(Srtp, AnotherKeyStartsAnew) {
  Rig rig(secure_to_plain());
  Phone phone(keys());
  const std::string old = phone.seal(rig.rtp_bytes(7));
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
  const std::string clear = rig.rtp_bytes(8);
  EXPECT_EQ(phone.open(rig.send(Side::B, Component::Rtp, kPhoneB, clear).bytes), clear);

  Spec changed = secure_to_plain();
  changed.a.srtp->receive = key(5);
  rig.flow.replace(changed, rig.now);
  Phone again(*changed.a.srtp);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, again.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, old).dropped, Drop::Unauthentic);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, clear).dropped, Drop::IndexUsed);
  EXPECT_FALSE(phone.open(rig.rtp(Side::B, kPhoneB).bytes).empty());
}

// RFC 3711 3.3.1: what is said of a key, and the keys beside it, are not the key. To begin anew under it would let its
// old packets in once more, and lose those of a later round.
TEST(Srtp, AKeyThatStaysGoesOnWhateverElseIsSaidOfIt) {
  Srtp with_mki = keys();
  with_mki.receive->keys[0].mki = "1";
  Srtp longer = keys();
  longer.receive->keys[0].lifetime = std::uint64_t{1} << 31;
  Srtp more = with_mki;
  more.receive->keys.push_back(key(5).keys[0]);
  more.receive->keys[1].mki = "2";
  const std::pair<Srtp, Srtp> changes[] = {{keys(), longer}, {longer, keys()}, {with_mki, more}, {more, with_mki}};
  for (const auto& [before, after] : changes) {
    Spec spec = secure_to_plain();
    spec.a.srtp = before;
    Rig rig(spec);
    Phone phone(before);
    std::string first;
    std::string report;
    for (std::uint32_t i = 65400; i < 65700; ++i) {  // over a wrap
      rig.sequence = static_cast<std::uint16_t>(i);
      const std::string sealed = phone.seal(rig.rtp_bytes(7));
      if (i == 65500) first = sealed;
      ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, std::nullopt);
      report = phone.seal_rtcp(kReport);
      ASSERT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, report).dropped, std::nullopt);
    }
    spec.a.srtp = after;
    rig.flow.replace(spec, rig.now);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, first).dropped, Drop::Replayed);
    EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, report).dropped, Drop::Replayed);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, phone.seal_rtcp(kReport)).dropped, std::nullopt);
  }
}

// RFC 3711 9.1: two packets under one key stream would give each other away.
TEST(Srtp, AKeyOfOursThatStaysProtectsNoNumberTwice) {
  for (const secure::Engine engine : {secure::Engine::OpenSsl, secure::Engine::Libsrtp}) {
    Spec spec = secure_to_plain();
    spec.srtp_engine = engine;
    spec.a.srtp->send->keys[0].lifetime = std::uint64_t{1} << 31;
    Rig rig(spec);
    const std::string clear = rig.rtp_bytes(8);
    ASSERT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, clear).dropped, std::nullopt);
    spec.a.srtp->send->keys[0].lifetime = std::uint64_t{1} << 40;
    rig.flow.replace(spec, rig.now);
    // What does not tell its counters cannot be followed: nothing is sent.
    const bool told = engine == secure::Engine::OpenSsl;
    EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, clear).dropped, told ? Drop::IndexUsed : Drop::NoKeys);
    EXPECT_EQ(rig.rtp(Side::B, kPhoneB, 8).dropped, told ? std::nullopt : std::optional(Drop::NoKeys));
  }
}

// Of both transforms: a refusal leaves the bytes of the one as they were, and those of the other spoilt.
TEST(Srtp, WhatWasUnderWayWhenTheKeyChangedIsStillHeard) {
  for (const Suite suite : {Suite::AesCm128HmacSha1_80, Suite::AeadAes128Gcm}) {
    Spec spec = secure_to_plain();
    spec.a.srtp = keys(suite);
    Rig rig(spec);
    Phone phone(keys(suite));
    ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    Spec changed = spec;
    changed.a.srtp->receive = key(5, suite);
    rig.flow.replace(changed, rig.now);
    rig.pass(milliseconds(300));
    const std::string late = rig.rtp_bytes(7);
    const std::string sealed = phone.seal(late);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).bytes, late);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, Drop::Unauthentic) << "once";
    EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, phone.seal_rtcp(kReport)).bytes, kReport);
    Phone again(*changed.a.srtp);
    const std::string clear = rig.rtp_bytes(7);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, again.seal(clear)).bytes, clear);
  }
}

// Whoever has the former key, which may be why there is another one, must not be heard for long, nor move the peer.
TEST(Srtp, TheFormerKeyIsOfNoUseToAnAttacker) {
  Spec spec = secure_to_plain();
  spec.a.latch = LatchMode::Learn;
  const auto rekeyed = [&spec] {
    Spec out = spec;
    out.a.srtp->receive = key(5);
    return out;
  };
  {
    Rig rig(spec);
    Phone thief(keys());
    ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    rig.flow.replace(rekeyed(), rig.now);
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(rig.send(Side::A, Component::Rtp, kStranger, thief.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic)
          << "of another source than the one that is heard";
    EXPECT_EQ(rig.rtp(Side::B, kPhoneB).to, kPhoneA);
    Phone phone({key(1), key(5)});
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic)
        << "after the first packet under the new key";
  }
  {
    Rig rig(spec);
    Phone thief(keys());
    ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    rig.flow.replace(rekeyed(), rig.now);
    rig.pass(kKeyGrace);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic);
  }
  {
    Rig rig(spec);
    Phone thief(keys());
    ASSERT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
    Spec moved = rekeyed();
    moved.a.remote_rtp = endpoint("198.51.100.10:4100");  // the same host: a gateway's other port is another party
    rig.flow.replace(moved, rig.now);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, thief.seal(rig.rtp_bytes(7))).dropped, Drop::Unauthentic)
        << "another party";
  }
}

TEST(Srtp, GoesOnInAnotherProcess) {
  Spec spec = secure_to_plain();
  spec.a.latch = LatchMode::Learn;
  Rig rig(spec);
  Phone phone(keys());
  rig.sequence = 65'500;  // over a wrap: both rollover counters are at one afterwards
  std::string last_in;
  for (int i = 0; i < 60; ++i) {
    last_in = phone.seal(rig.rtp_bytes(7));
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, last_in).dropped, std::nullopt);
  }
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kNatRtcp, phone.seal_rtcp(kReport)).dropped, std::nullopt);
  rig.sequence = 65'500;
  for (int i = 0; i < 60; ++i) phone.open(rig.send(Side::B, Component::Rtp, kPhoneB, rig.rtp_bytes(8)).bytes);
  const std::string report = phone.open_rtcp(rig.send(Side::B, Component::Rtcp, kPhoneBRtcp, kReport).bytes);
  EXPECT_FALSE(report.empty());

  const std::string saved = rig.flow.save(rig.now).value();
  Rig next(spec);
  next.pass(seconds(3));
  ASSERT_TRUE(next.flow.restore(saved, next.now));
  EXPECT_EQ(next.flow.save(next.now).value(), saved);  // bit by bit

  EXPECT_EQ(next.send(Side::A, Component::Rtp, kNat, last_in).dropped, Drop::Replayed);
  EXPECT_EQ(next.send(Side::A, Component::Rtp, kStranger, last_in).dropped, Drop::WrongSource);
  next.sequence = rig.sequence;
  const std::string clear = next.rtp_bytes(7);
  EXPECT_EQ(next.send(Side::A, Component::Rtp, kNat, phone.seal(clear)).bytes, clear);
  const std::string reply = next.rtp_bytes(8);
  const auto back = next.send(Side::B, Component::Rtp, kPhoneB, reply);
  EXPECT_EQ(back.to, kNat);
  EXPECT_EQ(phone.open(back.bytes), reply);
  // The same again would use an index twice.
  EXPECT_EQ(next.send(Side::B, Component::Rtp, kPhoneB, reply).dropped, Drop::IndexUsed);
  EXPECT_FALSE(phone.open_rtcp(next.send(Side::B, Component::Rtcp, kPhoneBRtcp, kReport).bytes).empty());
  EXPECT_EQ(next.flow.stats(next.now).a().rtp_packets_in, 61U);
  EXPECT_EQ(next.flow.stats(next.now).a().lost, 0);
}

// RFC 3711 9.1, 3.3.2: the checkpoint is old, what was sent and heard since is known all the same.
TEST(Srtp, GoesOnAfterACrashWithoutUsingAnIndexTwice) {
  Spec spec = secure_to_plain();
  spec.a.latch = LatchMode::Learn;
  Rig rig(spec);
  Ledger ledger;
  rig.flow.keep_in(&ledger);
  Phone phone(keys());
  rig.sequence = 65'500;
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, phone.seal(rig.rtp_bytes(7))).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kNatRtcp, phone.seal_rtcp(kReport)).dropped, std::nullopt);
  phone.open(rig.send(Side::B, Component::Rtp, kPhoneB, rig.rtp_bytes(8)).bytes);
  const std::string checkpoint = rig.flow.checkpoint().value();
  std::string last_in;
  for (int i = 0; i < 60; ++i) {  // over a wrap
    last_in = phone.seal(rig.rtp_bytes(7));
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kNat, last_in).dropped, std::nullopt);
    phone.open(rig.send(Side::B, Component::Rtp, kPhoneB, rig.rtp_bytes(8)).bytes);
  }
  const std::string report_in = phone.seal_rtcp(kReport);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kNatRtcp, report_in).dropped, std::nullopt);
  EXPECT_FALSE(phone.open_rtcp(rig.send(Side::B, Component::Rtcp, kPhoneBRtcp, kReport).bytes).empty());
  const std::uint16_t sent = rig.sequence;

  Rig next(spec);
  next.pass(seconds(3));
  ASSERT_TRUE(next.flow.restore(checkpoint, ledger, next.now));
  // What was heard before the crash is not heard again, what was sent is not sent again with other words.
  EXPECT_EQ(next.send(Side::A, Component::Rtp, kNat, last_in).dropped, Drop::Replayed);
  EXPECT_EQ(next.send(Side::A, Component::Rtcp, kNatRtcp, report_in).dropped, Drop::Replayed);
  next.sequence = static_cast<std::uint16_t>(sent - 1);
  EXPECT_EQ(next.send(Side::B, Component::Rtp, kPhoneB, next.rtp_bytes(8)).dropped, Drop::IndexUsed);
  // What comes then passes both ways, under the rollover counters of now.
  for (int i = 0; i < 3; ++i) {
    const std::string clear = next.rtp_bytes(7);
    EXPECT_EQ(next.send(Side::A, Component::Rtp, kNat, phone.seal(clear)).bytes, clear);
    const std::string reply = next.rtp_bytes(8);
    const auto back = next.send(Side::B, Component::Rtp, kPhoneB, reply);
    EXPECT_EQ(back.to, kNat);
    EXPECT_EQ(phone.open(back.bytes), reply);
  }
  EXPECT_FALSE(phone.open_rtcp(next.send(Side::B, Component::Rtcp, kPhoneBRtcp, kReport).bytes).empty());
}

TEST(Srtp, ACheckpointIsOfNoUseWhenTheKeysHaveChangedSince) {
  Rig rig(secure_to_plain());
  Ledger ledger;
  rig.flow.keep_in(&ledger);
  const std::string checkpoint = rig.flow.checkpoint().value();
  Rig same(secure_to_plain());
  EXPECT_TRUE(same.flow.restore(checkpoint, ledger, same.now));
  rig.flow.replace(secure_to_plain(), rig.now);
  Rig next(secure_to_plain());
  EXPECT_FALSE(next.flow.restore(checkpoint, ledger, next.now));
  const std::string later = rig.flow.checkpoint().value();
  Rig after(secure_to_plain());
  EXPECT_TRUE(after.flow.restore(later, ledger, after.now));
}

TEST(Srtp, MoreSourcesThanALedgerHoldsCostTheCheckpoint) {
  Rig rig(secure_to_plain());
  Ledger ledger;
  rig.flow.keep_in(&ledger);
  const std::string checkpoint = rig.flow.checkpoint().value();
  for (std::uint32_t i = 0; i <= secure::kLedgerSources; ++i) {
    Rig next(secure_to_plain());
    EXPECT_EQ(next.flow.restore(checkpoint, ledger, next.now), i <= secure::kLedgerSources);
    EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, rig.rtp_bytes(100 + i)).dropped, std::nullopt);
  }
  Rig next(secure_to_plain());
  EXPECT_FALSE(next.flow.restore(checkpoint, ledger, next.now));
}

TEST(Srtp, WhatWasSavedOfAnotherFlowIsNotTaken) {
  Rig rig(secure_to_plain());
  const std::string saved = rig.flow.save(rig.now).value();
  Rig plain(strict_spec());
  EXPECT_FALSE(plain.flow.restore(saved, plain.now));
  for (std::size_t cut = 0; cut < saved.size(); cut += 7) {
    Rig other(secure_to_plain());
    EXPECT_FALSE(other.flow.restore(std::string_view(saved).substr(0, cut), other.now)) << cut;
  }
}

TEST(Srtp, LibsrtpDoesNotTellItsCounters) {
  Spec spec = secure_to_plain();
  spec.srtp_engine = secure::Engine::Libsrtp;
  Rig rig(spec);
  EXPECT_EQ(rig.flow.save(rig.now), std::nullopt);
}

TEST(Srtp, ADuplicateInClearIsNotProtectedTwice) {
  Rig rig(secure_to_plain());
  const std::string clear = rig.rtp_bytes(8);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, clear).dropped, std::nullopt);
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, clear).dropped, Drop::IndexUsed);
  EXPECT_EQ(rig.drops(Side::B, Drop::IndexUsed), 1u);
}

TEST(Srtp, EndsAndBeginsWithAModification) {
  Rig rig(secure_to_plain());
  rig.flow.replace(strict_spec(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, std::nullopt);
  rig.flow.replace(secure_to_plain(), rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::Unauthentic);
}

TEST(Srtp, KeysThatDoNotFitTheirSuiteAreRefused) {
  Spec spec = secure_to_plain();
  spec.a.srtp->send->suite = Suite::AeadAes128Gcm;
  EXPECT_EQ(check(spec), "half a: srtp: key: expected 28 bytes for AEAD_AES_128_GCM, got 30");
  EXPECT_EQ(check(secure_to_plain()), "");
}

}  // namespace
}  // namespace flow
