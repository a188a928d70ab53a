#include "media-relay/flow/flow.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;
using base::seconds;

TEST(Flow, RelaysBothWaysBetweenTheSignalledPhones) {
  Rig rig(strict_spec());
  const auto there = rig.rtp(Side::A, kPhoneA);
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.port, 20u);
  EXPECT_EQ(there.to, kPhoneB);
  const auto back = rig.rtp(Side::B, kPhoneB);
  EXPECT_EQ(back.port, 10u);
  EXPECT_EQ(back.to, kPhoneA);
}

TEST(Flow, LeavesRtpAsItIs) {
  Rig rig(strict_spec());
  const std::string bytes = rig.rtp_bytes(9);
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, bytes).bytes, bytes);
}

// RFC 3550 11: RTCP on the next higher port, unless a=rtcp (RFC 3605) says otherwise.
// RFC 8285 5: each side has agreed on its own, under identifiers of its own.
TEST(Flow, SendsOnlyHeaderExtensionsThatTheListenerHasAgreedTo) {
  Spec spec = strict_spec();
  spec.b.extensions.emplace().set(2, 3);
  Rig rig(spec);
  std::string sent = rig.rtp_bytes(7);
  sent[0] = '\x90';
  const auto with = [&](const std::string& elements) {
    return sent.substr(0, 12) + std::string("\xbe\xde\0\1", 4) + elements + sent.substr(12);
  };
  const std::string both =
      with(std::string("\x10"
                       "a"
                       "\x20"
                       "b",
                       4));
  const auto to_b = rig.send(Side::A, Component::Rtp, kPhoneA, both);
  ASSERT_FALSE(to_b.dropped);
  EXPECT_EQ(to_b.bytes, with(std::string("\0\0\x30"
                                         "b",
                                         4)));
  EXPECT_EQ(rig.send(Side::B, Component::Rtp, kPhoneB, both).bytes, both);
}

TEST(Flow, RelaysRtcpOnThePortAbove) {
  Rig rig(strict_spec());
  const auto there = rig.rtcp(Side::A, kPhoneARtcp);
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.port, 21u);
  EXPECT_EQ(there.to, kPhoneBRtcp);

  Spec spec = strict_spec();
  spec.b.remote_rtcp = endpoint("203.0.113.20:9999");
  Rig elsewhere(spec);
  EXPECT_EQ(elsewhere.rtcp(Side::A, kPhoneARtcp).to, endpoint("203.0.113.20:9999"));
}

// RFC 5761: one port for both, on each side by itself.
// trap 48.
TEST(Flow, TranslatesBetweenMultiplexedAndSeparateRtcp) {
  Spec spec = strict_spec();
  spec.a.rtcp_mux = true;
  Rig rig(spec);
  const auto there = rig.rtcp(Side::A, kPhoneA, Component::Rtp);
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.port, 21u);
  EXPECT_EQ(there.to, kPhoneBRtcp);
  const auto back = rig.rtcp(Side::B, kPhoneBRtcp);
  EXPECT_EQ(back.port, 10u);
  EXPECT_EQ(back.to, kPhoneA);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneARtcp).dropped, Drop::WrongPort);
}

TEST(Flow, RefusesKindsOnPortsThatAreNotTheirs) {
  Rig rig(strict_spec());
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA, Component::Rtp).dropped, Drop::WrongPort);
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, rig.rtp_bytes(1)).dropped, Drop::WrongPort);
}

// trap 49.
TEST(Flow, HidesNamesInRtcp) {
  Rig rig(strict_spec());
  const std::string sdes = std::string("\x81\xca\x00\x03\x00\x00\x00\x07\x01\x05", 10) + "alice" + std::string(1, '\0');
  const auto there = rig.send(Side::A, Component::Rtcp, kPhoneARtcp, sdes);
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.bytes.size(), sdes.size());
  EXPECT_EQ(there.bytes.find("alice"), std::string::npos);
}

TEST(Flow, DropsWhatIsNoMediaAndSaysWhy) {
  Rig rig(strict_spec());
  const struct {
    std::string bytes;
    Drop reason;
  } cases[] = {
      {"", Drop::Empty},
      {std::string("\x00\x01", 2), Drop::Stun},
      {"\x16\xfe\xff", Drop::Dtls},
      {"\x10zrtp", Drop::NotMedia},
      {"\r\n", Drop::NotMedia},
      {"\x80", Drop::NotMedia},
      {std::string("\x80\x00\x00\x01", 4), Drop::MalformedRtp},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, c.bytes).dropped, c.reason) << name_of(c.reason);
  }
  EXPECT_EQ(rig.send(Side::A, Component::Rtcp, kPhoneARtcp, std::string("\x80\xc9\x00\x09", 4)).dropped,
            Drop::MalformedRtcp);
  EXPECT_EQ(rig.drops(Side::A, Drop::NotMedia), 3u);
  EXPECT_EQ(rig.drops(Side::A, Drop::MalformedRtcp), 1u);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_in, 0u);
}

TEST(Flow, HearsNobodyButTheSignalledSourceWhenStrict) {
  Rig rig(strict_spec());
  EXPECT_EQ(rig.rtp(Side::A, kStranger).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::A, endpoint("198.51.100.10:4002")).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtcp(Side::A, kPhoneA).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.drops(Side::A, Drop::WrongSource), 3u);
  EXPECT_TRUE(rig.events.empty());
}

TEST(Flow, HearsNobodyWhileTheRemoteIsUnknownWhenStrict) {
  Spec spec = strict_spec();
  spec.a.remote_rtp.reset();
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::A, base::Endpoint{}).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination);
}

// RFC 3264 8.4 and trap of old holds: 0.0.0.0 is "send nothing", never an address.
TEST(Flow, NeverSendsToNowhere) {
  for (const char* nowhere : {"0.0.0.0:4000", "[::]:4000", "198.51.100.10:0", "224.0.0.5:4000"}) {
    Spec spec = strict_spec();
    spec.a.remote_rtp = endpoint(nowhere);
    spec.a.remote_rtcp = endpoint(nowhere);
    Rig rig(spec);
    EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::NoDestination) << nowhere;
    EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).dropped, Drop::NoDestination) << nowhere;
  }
}

TEST(Flow, NeverSendsToItsOwnPorts) {
  Spec spec = strict_spec();
  spec.a.remote_rtp = spec.b.local_rtp;
  spec.a.remote_rtcp = spec.a.local_rtcp;
  Rig rig(spec);
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::Loop);
  EXPECT_EQ(rig.rtcp(Side::B, kPhoneBRtcp).dropped, Drop::Loop);
}

// RFC 3264 8.4: a direction stops RTP, not RTCP.
TEST(Flow, DirectionStopsRtpOnly) {
  Spec spec = strict_spec();
  spec.a.send = false;
  spec.b.receive = true;
  Rig not_sent(spec);
  EXPECT_EQ(not_sent.rtp(Side::B, kPhoneB).dropped, Drop::NotSending);
  EXPECT_EQ(not_sent.rtcp(Side::B, kPhoneBRtcp).dropped, std::nullopt);
  EXPECT_EQ(not_sent.rtp(Side::A, kPhoneA).dropped, std::nullopt);

  spec = strict_spec();
  spec.a.receive = false;
  Rig not_received(spec);
  EXPECT_EQ(not_received.rtp(Side::A, kPhoneA).dropped, Drop::NotReceiving);
  EXPECT_EQ(not_received.rtcp(Side::A, kPhoneARtcp).dropped, std::nullopt);
  EXPECT_EQ(not_received.rtp(Side::B, kPhoneB).dropped, std::nullopt);
}

TEST(Flow, TellsTheFirstPacketOfEachSideOnce) {
  Rig rig(strict_spec());
  rig.rtp(Side::A, kPhoneA, 17);
  rig.rtp(Side::A, kPhoneA, 17);
  rig.rtp(Side::B, kPhoneB, 18);
  EXPECT_EQ(rig.told<FirstPacket>(), (std::vector<FirstPacket>{{Side::A, kPhoneA, 17}, {Side::B, kPhoneB, 18}}));
  rig.flow.replace(strict_spec(), rig.now);
  rig.rtp(Side::A, kPhoneA, 17);
  EXPECT_EQ(rig.told<FirstPacket>().size(), 2u);
}

TEST(Flow, CountsBothDirections) {
  Rig rig(strict_spec());
  for (int i = 0; i < 10; ++i) {
    rig.rtp(Side::A, kPhoneA);
    rig.pass(milliseconds(20));
  }
  rig.sequence += 2;  // two lost
  rig.rtp(Side::A, kPhoneA);
  rig.rtcp(Side::A, kPhoneARtcp);
  rig.rtp(Side::B, kStranger);
  rig.pass(seconds(3));
  const Stats stats = rig.flow.stats(rig.now);
  EXPECT_EQ(stats.a().rtp_packets_in, 11u);
  EXPECT_EQ(stats.a().rtp_bytes_in, 11u * 17);
  EXPECT_EQ(stats.a().expected, 13u);
  EXPECT_EQ(stats.a().lost, 2);
  EXPECT_EQ(stats.a().ssrc, 7u);
  EXPECT_EQ(stats.a().rtcp_packets_in, 1u);
  EXPECT_EQ(stats.a().rtcp_bytes_in, 8u);
  EXPECT_EQ(stats.b().rtp_packets_out, 11u);
  EXPECT_EQ(stats.b().rtp_bytes_out, 11u * 17);
  EXPECT_EQ(stats.b().rtcp_packets_out, 1u);
  EXPECT_EQ(stats.b().rtp_packets_in, 0u);
  EXPECT_EQ(stats.a().silent_for, seconds(3));
  EXPECT_EQ(stats.b().silent_for, std::nullopt);
}

TEST(Flow, KeepsItsStatisticsWhenTheSpecIsReplaced) {
  Rig rig(strict_spec());
  rig.rtp(Side::A, kPhoneA);
  Spec moved = strict_spec();
  moved.b.remote_rtp = endpoint("203.0.113.99:7000");
  rig.flow.replace(moved, rig.now);
  EXPECT_EQ(rig.rtp(Side::A, kPhoneA).to, endpoint("203.0.113.99:7000"));
  EXPECT_EQ(rig.rtp(Side::B, kPhoneB).dropped, Drop::WrongSource);
  EXPECT_EQ(rig.flow.stats(rig.now).a().rtp_packets_in, 2u);
}

TEST(Flow, EveryDropReasonHasItsOwnName) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const auto name = name_of(static_cast<Drop>(i));
    EXPECT_NE(name, "unknown");
    EXPECT_EQ(std::ranges::count(names, name), 0);
    names.push_back(name);
  }
}

TEST(Spec, RefusesMorePrefixesThanTheLimit) {
  Spec spec = learning_spec();
  spec.a.latch_from.assign(kMaxLatchPrefixes, *base::Prefix::parse("10.0.0.0/8"));
  EXPECT_EQ(check(spec), "");
  spec.a.latch_from.push_back(*base::Prefix::parse("10.0.0.0/8"));
  EXPECT_EQ(check(spec), "half a: expected at most 16 prefixes to learn from, got 17");
}

TEST(Spec, RefusesARemoteOfAnotherFamilyButNotAHold) {
  Spec spec = strict_spec();
  spec.b.remote_rtp = endpoint("[2001:db8::1]:4000");
  EXPECT_NE(check(spec), "");
  spec.b.remote_rtp = endpoint("[::]:4000");
  EXPECT_EQ(check(spec), "");
}

TEST(Spec, HoldsTheMediaTimeoutInItsRange) {
  Spec spec = strict_spec();
  for (const base::Duration good : {base::Duration{}, kMinMediaTimeout, kMaxMediaTimeout}) {
    spec.media_timeout = good;
    EXPECT_EQ(check(spec), "");
  }
  for (const base::Duration bad :
       {kMinMediaTimeout - base::Duration(1), kMaxMediaTimeout + base::Duration(1), base::Duration(-1)}) {
    spec.media_timeout = bad;
    EXPECT_NE(check(spec), "");
  }
}

}  // namespace
}  // namespace flow
