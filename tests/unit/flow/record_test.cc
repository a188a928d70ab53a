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

}  // namespace
}  // namespace flow
