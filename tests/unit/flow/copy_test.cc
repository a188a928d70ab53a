// Flows that hear copies of another one's packets, as a recorder does.

#include <gtest/gtest.h>

#include "media-relay/rtp/wire.h"

#include "rig.h"

namespace flow {
namespace {

const base::Endpoint kRecorder = endpoint("198.51.100.99:8000");
const base::Endpoint kRecorderRtcp = endpoint("198.51.100.99:8001");

struct Sent {
  std::uint32_t port = 0;
  base::Endpoint to;
  std::string bytes;
};

struct Copies final : Outlet {
  void leave(packet::PortIndex port, const base::Endpoint& destination, std::span<const std::byte> bytes) override {
    sent.push_back({port.value, destination, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  }
  std::vector<Sent> sent;
};

// Half A copies, half B is the recorder.
Spec copying(Side of, bool own_stream = false) {
  Spec spec;
  spec.a.copies = of;
  spec.b.local_rtp = endpoint("192.0.2.1:16388");
  spec.b.local_rtcp = endpoint("192.0.2.1:16389");
  spec.b.remote_rtp = kRecorder;
  spec.b.receive = false;
  if (own_stream) spec.b.rewrite = Rewrite{{}, false, true};
  return spec;
}

struct Copied {
  explicit Copied(Side of, bool own_stream = false) {
    Flow::Ports ports;
    ports[1] = {packet::PortIndex{30}, packet::PortIndex{31}};
    copier = std::make_unique<Flow>(copying(of, own_stream), ports, rig.now);
    copier->leave_by(&out);
    copier->copy(Side::A, rig.flow, of);
  }
  Copies out;
  Rig rig{strict_spec()};
  std::unique_ptr<Flow> copier;
};

TEST(Copies, OneSideIsCopiedAndGoesOnAsItWas) {
  Copied call(Side::A);
  const auto a = call.rig.rtp(Side::A, kPhoneA);
  EXPECT_FALSE(a.dropped);
  EXPECT_EQ(a.to, kPhoneB);
  EXPECT_FALSE(call.rig.rtp(Side::B, kPhoneB, 8).dropped);
  ASSERT_EQ(call.out.sent.size(), 1U);
  EXPECT_EQ(call.out.sent[0].port, 30U);
  EXPECT_EQ(call.out.sent[0].to, kRecorder);
  EXPECT_EQ(call.out.sent[0].bytes, a.bytes);
  EXPECT_EQ(call.copier->stats(call.rig.now).a().rtp_packets_in, 1U);
  EXPECT_EQ(call.copier->stats(call.rig.now).b().rtp_packets_out, 1U);
}

TEST(Copies, AStreamOfOurOwnGoesOnWhoeverSpeaks) {
  Copied call(Side::B, true);
  const auto first = call.rig.rtp(Side::B, kPhoneB, 8);
  call.rig.pass(base::milliseconds(20));
  call.rig.rtp(Side::B, kPhoneB, 8);
  ASSERT_EQ(call.out.sent.size(), 2U);
  const std::string& one = call.out.sent[0].bytes;
  const std::string& two = call.out.sent[1].bytes;
  EXPECT_EQ(one.substr(8, 4), first.bytes.substr(8, 4)) << "it begins as its first source";
  EXPECT_EQ(one.substr(8, 4), two.substr(8, 4));
  EXPECT_EQ(static_cast<unsigned char>(one[3]) + 1, static_cast<unsigned char>(two[3]));
}

TEST(Copies, ReportsOfASideGoAlongAndThoseOfTheRecorderEndHere) {
  Copied call(Side::A);
  EXPECT_FALSE(call.rig.rtcp(Side::A, kPhoneARtcp).dropped);
  ASSERT_EQ(call.out.sent.size(), 1U);
  EXPECT_EQ(call.out.sent[0].port, 31U);
  EXPECT_EQ(call.out.sent[0].to, kRecorderRtcp);

  packet::Packet report;
  std::array<std::byte, 64> storage{std::byte{0x80}, std::byte{0xc9}, {}, std::byte{1}};
  report.assign(storage, 8);
  report.source = kRecorderRtcp;
  EXPECT_EQ(call.copier->on_packet(report, Side::B, Component::Rtcp, call.rig.now, call.rig.events), std::nullopt);
  EXPECT_FALSE(report.leaves());
  EXPECT_EQ(call.copier->stats(call.rig.now).b().rtcp_packets_in, 1U);
}

TEST(Copies, WhatTheOtherSideDoesNotHearIsNotCopied) {
  Copied call(Side::A);
  Spec held = strict_spec();
  held.b.send = false;
  call.rig.flow.replace(held, call.rig.now);
  EXPECT_TRUE(call.rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_TRUE(call.rig.rtp(Side::A, kStranger).dropped);
  EXPECT_TRUE(call.out.sent.empty());
  call.rig.flow.replace(strict_spec(), call.rig.now);
  EXPECT_FALSE(call.rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_EQ(call.out.sent.size(), 1U);
}

TEST(Copies, NothingLeavesForARecorderThatIsNotSentTo) {
  Copied call(Side::A);
  Spec paused = copying(Side::A);
  paused.b.send = false;
  call.copier->replace(paused, call.rig.now);
  EXPECT_FALSE(call.rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_TRUE(call.out.sent.empty());
}

TEST(Copies, AReplacementMayWantTheOtherSide) {
  Copied call(Side::A);
  call.copier->replace(copying(Side::B), call.rig.now);
  call.rig.rtp(Side::A, kPhoneA);
  EXPECT_TRUE(call.out.sent.empty());
  call.rig.rtp(Side::B, kPhoneB, 8);
  EXPECT_EQ(call.out.sent.size(), 1U);
}

TEST(Copies, GoOnInAnotherProcess) {
  Copied call(Side::A, true);
  call.rig.rtp(Side::A, kPhoneA);
  ASSERT_EQ(call.out.sent.size(), 1U);
  Copied next(Side::A, true);
  ASSERT_TRUE(next.copier->restore(call.copier->save(call.rig.now).value(), next.rig.now));
  ASSERT_TRUE(next.rig.flow.restore(call.rig.flow.save(call.rig.now).value(), next.rig.now));
  next.rig.sequence = call.rig.sequence;
  next.rig.rtp(Side::A, kPhoneA);
  ASSERT_EQ(next.out.sent.size(), 1U);
  EXPECT_EQ(next.out.sent[0].to, kRecorder);
  const auto before = std::as_bytes(std::span(call.out.sent[0].bytes));
  const auto after = std::as_bytes(std::span(next.out.sent[0].bytes));
  EXPECT_EQ(rtp::read_u32(after, 8), rtp::read_u32(before, 8));
  EXPECT_EQ(rtp::read_u16(after, 2), rtp::read_u16(before, 2) + 1);
}

TEST(Copies, EitherFlowMayEndFirst) {
  Copied call(Side::A);
  call.copier.reset();
  EXPECT_FALSE(call.rig.rtp(Side::A, kPhoneA).dropped);
  EXPECT_TRUE(call.out.sent.empty());

  Copied other(Side::A);
  {
    Flow source(strict_spec(), Rig::ports(), other.rig.now);
    Flow::Ports ports;
    ports[1] = {packet::PortIndex{40}, packet::PortIndex{41}};
    other.copier = std::make_unique<Flow>(copying(Side::A), ports, other.rig.now);
    other.copier->copy(Side::A, source, Side::A);
  }
  EXPECT_EQ(other.copier->stats(other.rig.now).a().rtp_packets_in, 0U);
  other.copier->replace(copying(Side::B), other.rig.now);
}

}  // namespace
}  // namespace flow
