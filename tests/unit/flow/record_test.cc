// What is copied for a recording, and what is not.

#include <gtest/gtest.h>

#include "rig.h"

namespace flow {
namespace {

struct Copies final : PacketTap {
  void on_packet(const Heard& heard) override {
    taken.push_back(heard);
    bytes.emplace_back(reinterpret_cast<const char*>(heard.bytes.data()), heard.bytes.size());
  }
  std::vector<Heard> taken;
  std::vector<std::string> bytes;
};

Spec recorded_spec() {
  Spec spec = strict_spec();
  spec.record = Record{5, false};
  return spec;
}

class Recorded : public testing::Test {
 protected:
  explicit Recorded(Spec spec = recorded_spec()) : rig(std::move(spec)) { rig.flow.record_to(&copies); }
  Copies copies;
  Rig rig;
};

TEST_F(Recorded, BothSidesAreCopiedWithTheirAddressesAndGoOn) {
  const auto a = rig.rtp(Side::A, kPhoneA);
  const auto b = rig.rtp(Side::B, kPhoneB, 8);
  EXPECT_FALSE(a.dropped);
  EXPECT_FALSE(b.dropped);
  ASSERT_EQ(copies.taken.size(), 2U);
  EXPECT_EQ(copies.taken[0].recording, 5U);
  EXPECT_EQ(copies.taken[0].side, Side::A);
  EXPECT_EQ(copies.taken[0].from, kPhoneA);
  EXPECT_EQ(copies.taken[0].to, endpoint("192.0.2.1:16384"));
  EXPECT_EQ(copies.taken[1].side, Side::B);
  EXPECT_EQ(copies.taken[1].from, kPhoneB);
  EXPECT_EQ(copies.taken[1].to, endpoint("192.0.2.1:16386"));
  EXPECT_EQ(copies.bytes[0], a.bytes);
}

TEST_F(Recorded, RtcpIsCopiedAsSuchAndWithoutNames) {
  EXPECT_FALSE(rig.rtcp(Side::A, kPhoneARtcp).dropped);
  ASSERT_EQ(copies.taken.size(), 1U);
  EXPECT_EQ(copies.taken[0].component, Component::Rtcp);
  EXPECT_EQ(copies.taken[0].to, endpoint("192.0.2.1:16385"));
}

TEST_F(Recorded, StrangersAreNot) {
  EXPECT_TRUE(rig.rtp(Side::A, kStranger).dropped);
  EXPECT_TRUE(copies.taken.empty());
}

TEST_F(Recorded, NothingIsCopiedWhilePausedOrWithoutRecord) {
  Spec spec = recorded_spec();
  spec.record->paused = true;
  rig.flow.replace(spec, rig.now);
  EXPECT_FALSE(rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_TRUE(copies.taken.empty());
  spec.record->paused = false;
  rig.flow.replace(spec, rig.now);
  EXPECT_FALSE(rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_EQ(copies.taken.size(), 1U);
  spec.record.reset();
  rig.flow.replace(spec, rig.now);
  EXPECT_FALSE(rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_EQ(copies.taken.size(), 1U);
}

TEST_F(Recorded, WhatTheOtherSideDoesNotHearIsNotCopied) {
  Spec spec = recorded_spec();
  spec.b.send = false;  // on hold
  rig.flow.replace(spec, rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::NotSending);
  EXPECT_TRUE(copies.taken.empty());
  EXPECT_FALSE(rig.rtp(Side::B, kPhoneB).dropped);
  EXPECT_EQ(copies.taken.size(), 1U);
}

TEST_F(Recorded, WithoutATapTheFlowGoesOn) {
  rig.flow.record_to(nullptr);
  EXPECT_FALSE(rig.rtp(Side::A, kPhoneA).dropped);
}

TEST(RecordedFax, UdptlIsCopied) {
  Spec spec = strict_spec();
  spec.transport = Transport::Udptl;
  spec.record = Record{5, false};
  Rig rig(spec);
  Copies copies;
  rig.flow.record_to(&copies);
  const std::string packet("\x00\x01\x01\x02\x00\x00", 6);
  rig.send(Side::A, Component::Rtp, kPhoneA, packet);
  ASSERT_EQ(copies.bytes.size(), 1U);
  EXPECT_EQ(copies.bytes[0], packet);
  EXPECT_EQ(copies.taken[0].component, Component::Rtp);
}

// SRTP is opened before: what is forged or in clear is nobody's voice.
TEST(RecordedSrtp, IsCopiedInClear) {
  const auto key = [](int which) {
    const std::vector<std::byte> bytes(30, static_cast<std::byte>(which));
    return secure::Parameters{secure::Suite::AesCm128HmacSha1_80, {{base::Secret(bytes), ""}}};
  };
  Spec spec = recorded_spec();
  spec.a.srtp = Srtp{key(1), key(2)};
  spec.b.srtp = Srtp{key(3), key(4)};
  Rig rig(spec);
  Copies copies;
  rig.flow.record_to(&copies);
  const auto phone = secure::make_sender(spec.srtp_engine, *spec.a.srtp->receive);
  const std::string clear = rig.rtp_bytes(7);
  std::string sealed = clear;
  sealed.resize(clear.size() + secure::kMaxGrowthBytes);
  sealed.resize(phone->protect_rtp(std::as_writable_bytes(std::span(sealed)), clear.size()).value());
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::Unauthentic);
  EXPECT_FALSE(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, sealed).dropped, Drop::Replayed);
  EXPECT_EQ(copies.bytes, std::vector{clear});
}

TEST(RecordedAudio, BeginsWithWhatWasHeldBack) {
  Spec spec = recorded_spec();
  spec.a.one_stream = spec.steady = spec.probation = true;
  Rig rig(spec);
  Copies copies;
  rig.flow.record_to(&copies);
  std::vector<std::string> said;
  for (int i = 0; i < 3; ++i, rig.pass(base::milliseconds(20))) {
    said.push_back(rig.rtp_bytes(7));
    rig.send(Side::A, Component::Rtp, kPhoneA, said.back());
  }
  EXPECT_EQ(copies.bytes, said);
}

}  // namespace
}  // namespace flow
