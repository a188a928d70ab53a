// Another party in the place of a side's peer: the listener's stream goes on, and who has left is nobody any more.

#include <gtest/gtest.h>

#include "media-relay/rtp/header.h"

#include "rig.h"

namespace flow {
namespace {

using base::seconds;

const base::Endpoint kNat = endpoint("203.0.113.99:31000");
const base::Endpoint kThird = endpoint("203.0.113.30:7000");

rtp::Header header_of(const Rig::Result& result) {
  const auto header = rtp::read_header(std::as_bytes(std::span(result.bytes)));
  EXPECT_TRUE(header.has_value());
  return header.value_or(rtp::Header{});
}

Spec with_another(Spec spec) {
  spec.b.party = 1;
  spec.b.remote_rtp = kThird;
  return spec;
}

// trap 58
TEST(Party, TheListenerHearsOneStreamThatGoesOn) {
  Spec spec = strict_spec();
  spec.a.rewrite = Rewrite{{}, false, true};
  spec.name_key = {1, 2};
  Rig rig(spec);
  const rtp::Header before = header_of(rig.rtp(Side::B, kPhoneB, 7));
  rig.flow.replace(with_another(spec), rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB, 7).dropped, Drop::WrongSource) << "who has left is not heard";
  rig.sequence = 40'000;
  const rtp::Header after = header_of(rig.rtp(Side::B, kThird, 9));
  EXPECT_EQ(after.ssrc, before.ssrc);
  EXPECT_EQ(after.sequence, before.sequence + 1);
  const auto there = rig.rtp(Side::A, kPhoneA);
  EXPECT_EQ(there.to, kThird);
  EXPECT_EQ(there.dropped, std::nullopt);
}

// RFC 3550 6.6: where the streams are not ours, that of who has left ends.
// trap 58
TEST(Party, TheStreamOfWhoLeftEndsWhereTheListenerHearsItAsItComes) {
  Spec spec = strict_spec();
  Rig rig(spec);
  rig.rtp(Side::B, kPhoneB, 7);
  rig.rtp(Side::A, kPhoneA, 5);
  rig.flow.replace(with_another(spec), rig.now);
  const auto sent = rig.flow.attend(rig.events);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].destination, kPhoneARtcp);
  const auto bytes = std::span(sent[0].bytes);
  EXPECT_EQ(bytes[bytes.size() - 7], std::byte{203}) << "BYE";
  EXPECT_EQ(bytes.back(), std::byte{7});
  rig.flow.say_farewell();
  EXPECT_TRUE(rig.flow.attend(rig.events).empty()) << "once, and who has come has heard nobody yet";
}

// trap 50: what was learned of the one is no address of the other's, though both are said to be in one place.
TEST(Party, WhatWasLearnedOfWhoLeftIsForgotten) {
  Spec spec = strict_spec();
  spec.b.latch = LatchMode::Learn;
  Rig rig(spec);
  rig.rtp(Side::B, kNat);
  rig.rtp(Side::B, kNat);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).to, kNat);
  spec.b.party = 1;
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.flow.stats(rig.now).half[1].latched_rtp, std::nullopt);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).to, kPhoneB) << "nothing goes to who has left";
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA, 8).dropped, std::nullopt);
}

TEST(Party, TheStreamOfWhoLeftIsNotAwaited) {
  Spec spec = strict_spec();
  spec.b.one_stream = true;
  Rig rig(spec);
  rig.rtp(Side::B, kPhoneB, 7);
  spec.b.party = 1;  // behind the same gateway
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB, 9).dropped, std::nullopt);
}

secure::Parameters key(int which) {
  const std::vector<std::byte> bytes(30, static_cast<std::byte>(which));
  return {secure::Suite::AesCm128HmacSha1_80, {{base::Secret(bytes), ""}}};
}

std::string sealed(secure::Sender& sender, std::string bytes) {
  const std::size_t size = bytes.size();
  bytes.resize(size + secure::kMaxGrowthBytes);
  bytes.resize(sender.protect_rtp(std::as_writable_bytes(std::span(bytes)), size).value());
  return bytes;
}

// A key that its own party has given up opens what was under way; another party's never does.
TEST(Party, KeysOfWhoLeftOpenNothing) {
  for (const bool another : {false, true}) {
    Spec spec = strict_spec();
    spec.b.srtp = Srtp{key(1), key(2)};
    Rig rig(spec);
    const auto old = secure::make_sender(secure::Engine::OpenSsl, key(2));
    EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, sealed(*old, rig.rtp_bytes(7))).dropped, std::nullopt);
    spec.b.srtp = Srtp{key(3), key(4)};
    spec.b.party = another ? 1 : 0;
    rig.flow.replace(spec, rig.now);
    const auto late = rig.send(Side::B, Component::Rtp, kPhoneB, sealed(*old, rig.rtp_bytes(7))).dropped;
    EXPECT_EQ(late.has_value(), another);
    const auto fresh = secure::make_sender(secure::Engine::OpenSsl, key(4));
    EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, sealed(*fresh, rig.rtp_bytes(9))).dropped, std::nullopt);
  }
}

}  // namespace
}  // namespace flow
