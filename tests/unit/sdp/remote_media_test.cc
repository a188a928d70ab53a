#include "sbc/sdp/remote_media.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

RemoteMedia first(const std::string& text) {
  return remote_media(*parsed(text), 0);
}

// trap 49.
TEST(SdpRemoteMedia, RtcpIsTheNextPortUnlessSaidOtherwise) {
  const struct {
    const char* attribute;
    const char* rtcp;
  } kCases[] = {
      {"a=ptime:20", "192.0.2.1:4001"},
      {"a=rtcp:53020", "192.0.2.1:53020"},  // RFC 3605 2.1
      {"a=rtcp:53020 IN IP4 198.51.100.4", "198.51.100.4:53020"},
      {"a=rtcp:53020 IN IP6 2001:db8::4", "[2001:db8::4]:53020"},
      {"a=rtcp:53020 IN IP4 0.0.0.0", "192.0.2.1:53020"},  // never send there
      {"a=rtcp:53020 IN IP4 233.252.0.1", "192.0.2.1:53020"},
      {"a=rtcp:0", "192.0.2.1:4001"},
      {"a=rtcp:99999", "192.0.2.1:4001"},
      {"a=rtcp", "192.0.2.1:4001"},
  };
  for (const auto& c : kCases) {
    const auto m = remote_media(*parsed(audio("192.0.2.1", 4000, {c.attribute})), 0);
    EXPECT_EQ(m.rtp, endpoint("192.0.2.1:4000")) << c.attribute;
    EXPECT_EQ(m.rtcp, endpoint(c.rtcp)) << c.attribute;
  }
  EXPECT_EQ(first(audio("192.0.2.1", 65535)).rtcp, std::nullopt);
}

TEST(SdpRemoteMedia, SeesMuxAndFamily) {
  const auto m = first(audio("2001:db8::1", 4000, {"a=rtcp-mux"}));
  EXPECT_TRUE(m.rtcp_mux);
  EXPECT_EQ(m.rtp, endpoint("[2001:db8::1]:4000"));
}

TEST(SdpRemoteMedia, ReadsEveryFormOfHold) {
  const struct {
    const char* address;
    const char* direction;
    Direction effective;
    bool held, reachable;
  } kCases[] = {
      {"192.0.2.1", "a=sendrecv", Direction::SendRecv, false, true},
      {"192.0.2.1", "a=recvonly", Direction::RecvOnly, false, true},
      {"192.0.2.1", "a=sendonly", Direction::SendOnly, true, true},
      {"192.0.2.1", "a=inactive", Direction::Inactive, true, true},
      {"0.0.0.0", "a=sendrecv", Direction::SendOnly, true, false},
      {"0.0.0.0", "a=sendonly", Direction::SendOnly, true, false},
      {"0.0.0.0", "a=recvonly", Direction::Inactive, true, false},
      {"0.0.0.0", "a=inactive", Direction::Inactive, true, false},
      {"::", "a=sendrecv", Direction::SendOnly, true, false},
  };
  for (const auto& c : kCases) {
    const auto m = remote_media(*parsed(audio(c.address, 4000, {c.direction})), 0);
    EXPECT_TRUE(m.usable());
    EXPECT_EQ(m.direction, c.effective) << c.address << c.direction;
    EXPECT_EQ(m.held, c.held) << c.address << c.direction;
    EXPECT_EQ(m.rtp.has_value(), c.reachable) << c.address << c.direction;
    EXPECT_EQ(m.rtcp.has_value(), c.reachable) << c.address << c.direction;
  }
}

TEST(SdpRemoteMedia, RefusesWhatIsNotAnchored) {
  const auto refusal = [](std::string_view media, std::string_view connection = "c=IN IP4 192.0.2.1") {
    return remote_media(*parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", connection, media})), 0).refusal;
  };
  EXPECT_EQ(refusal("m=audio 4000 RTP/AVP 0"), Refusal::None);
  EXPECT_EQ(refusal("m=video 4000 RTP/AVPF 96"), Refusal::None);
  EXPECT_EQ(refusal("m=audio 0 RTP/AVP 0"), Refusal::Disabled);
  EXPECT_EQ(refusal("m=audio 4000 RTP/SAVP 0"), Refusal::None);  // keys are another question (crypto.h)
  EXPECT_EQ(refusal("m=audio 4000 RTP/SAVPF 0"), Refusal::None);
  EXPECT_EQ(refusal("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), Refusal::DataChannel);
  EXPECT_EQ(refusal("m=audio 4000 UDP/TLS/RTP/SAVPF 111"), Refusal::None);
  EXPECT_EQ(refusal("m=image 4000 udptl t38"), Refusal::None);
  EXPECT_EQ(refusal("m=message 4000 TCP/MSRP *"), Refusal::Message);
  EXPECT_EQ(refusal("m=image 4000 tcp t38"), Refusal::Profile);
  EXPECT_EQ(refusal("m=audio 4000 RTP/AVP 0", "c=IN IP4 media.example.com"), Refusal::Address);
  EXPECT_EQ(refusal("m=audio 4000 RTP/AVP 0", "c=IN IP4 233.252.0.1/127"), Refusal::Address);
  EXPECT_EQ(refusal("m=audio 4000 RTP/AVP 0", "c=IN IP4 255.255.255.255"), Refusal::Address);
  EXPECT_EQ(refusal("m=audio 4000 RTP/AVP 0", "c=IN IP6 ff02::1"), Refusal::Address);
}

TEST(SdpRemoteMedia, AMediaLineThatIsNotThereIsDisabled) {
  const auto s = parsed(audio("192.0.2.1", 4000));
  EXPECT_EQ(remote_media(*s, 1).refusal, Refusal::Disabled);
  EXPECT_TRUE(any_usable(*s));
  EXPECT_FALSE(any_usable(*parsed(audio("192.0.2.1", 0))));
}

TEST(SdpPassage, MediaFlowsOnlyWhereOneSendsAndTheOtherReceives) {
  constexpr Direction kAll[] = {Direction::Inactive, Direction::SendOnly, Direction::RecvOnly, Direction::SendRecv};
  for (const Direction a : kAll) {
    for (const Direction b : kAll) {
      const std::string da = "a=" + std::string(name_of(a));
      const std::string db = "a=" + std::string(name_of(b));
      const auto p = passage_between(remote_media(*parsed(audio("192.0.2.1", 4000, {da})), 0),
                                     remote_media(*parsed(audio("192.0.2.2", 4000, {db})), 0));
      EXPECT_FALSE(p.refused);
      EXPECT_EQ(p.a_to_b, sends(a) && receives(b)) << da << db;
      EXPECT_EQ(p.b_to_a, sends(b) && receives(a)) << da << db;
    }
  }
}

TEST(SdpPassage, ARefusedLineNeverFlowsAndIsNoHold) {
  const auto a = parsed(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 31"}));
  const auto b = parsed(audio("192.0.2.2", 4000, {"m=video 0 RTP/AVP 31"}));
  const auto passages = passages_between(*a, *b);
  ASSERT_EQ(passages.size(), 2U);
  EXPECT_TRUE(passages[0].both_ways());
  EXPECT_TRUE(passages[1].refused);
  EXPECT_TRUE(passages[1].none());
  EXPECT_FALSE(on_hold(passages));
  EXPECT_TRUE(on_hold(passages_between(*a, *parsed(audio("0.0.0.0", 4000)))));
}

}  // namespace
}  // namespace sbc::sdp
