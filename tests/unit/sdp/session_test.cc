#include "sbc/sdp/session.h"

#include <gtest/gtest.h>

#include "sbc/sdp/codec.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

TEST(SdpAttribute, KnowsItsNamesByCase) {
  EXPECT_EQ(attribute_from("rtpmap"), AttributeId::Rtpmap);
  EXPECT_EQ(attribute_from("silenceSupp"), AttributeId::SilenceSupp);
  EXPECT_EQ(attribute_from("remote-candidates"), AttributeId::Private);
  EXPECT_EQ(attribute_from("RTPMAP"), AttributeId::Other);
  EXPECT_EQ(attribute_from(""), AttributeId::Other);
  EXPECT_EQ(attribute_from("a-name-that-is-longer-than-any"), AttributeId::Other);
}

TEST(SdpAttribute, NothingWithAnAddressAKeyOrAnIdentityCrosses) {
  for (const char* name : {"candidate",   "remote-candidates",
                           "ice-ufrag",   "ice-pwd",
                           "ice-lite",    "ice-options",
                           "crypto",      "fingerprint",
                           "setup",       "tls-id",
                           "ssrc",        "ssrc-group",
                           "msid",        "rtcp",
                           "rtcp-mux",    "mid",
                           "group",       "source-filter",
                           "path",        "altc",
                           "identity",    "key-mgmt",
                           "zrtp-hash",   "end-of-candidates",
                           "bundle-only", "tool",
                           "sendonly"})
    EXPECT_EQ(crossing_of(attribute_from(name)), Crossing::Never) << name;
  for (const char* name : {"rtpmap", "fmtp", "ptime", "maxptime", "rtcp-fb", "silenceSupp", "ecan", "gpmd"})
    EXPECT_EQ(crossing_of(attribute_from(name)), Crossing::Always) << name;
  EXPECT_EQ(crossing_of(attribute_from("X-anything")), Crossing::OnDemand);
}

TEST(SdpAttribute, SplitsAtTheFirstColon) {
  const auto s = parsed(audio("192.0.2.1", 4000, {"a=x:y:z", "a=flag", "a=empty:", "a=sendonly "}));
  const auto all = s->lines_of(s->media[0]);
  EXPECT_EQ(all[0].attribute_name(), "x");
  EXPECT_EQ(all[0].attribute_value(), "y:z");
  EXPECT_EQ(all[1].attribute_name(), "flag");
  EXPECT_EQ(all[1].attribute_value(), "");
  EXPECT_EQ(all[2].attribute_value(), "");
  EXPECT_EQ(all[3].attribute, AttributeId::SendOnly);
}

TEST(SdpDirection, MediaLevelBeatsSessionLevelBeatsSendrecv) {
  const auto s = parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "a=recvonly",
                               "m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/AVP 0", "a=inactive"}));
  EXPECT_EQ(written_direction(*s, s->media[0]), Direction::RecvOnly);
  EXPECT_EQ(written_direction(*s, s->media[1]), Direction::Inactive);
  const auto plain = parsed(audio("192.0.2.1", 4000));
  EXPECT_EQ(written_direction(*plain, plain->media[0]), Direction::SendRecv);
}

TEST(SdpDirection, ReversesAndIntersects) {
  EXPECT_EQ(reversed(Direction::SendOnly), Direction::RecvOnly);
  EXPECT_EQ(reversed(Direction::SendRecv), Direction::SendRecv);
  EXPECT_EQ(reversed(Direction::Inactive), Direction::Inactive);
  EXPECT_EQ(common(Direction::SendOnly, Direction::RecvOnly), Direction::Inactive);
  EXPECT_EQ(common(Direction::SendRecv, Direction::RecvOnly), Direction::RecvOnly);
}

TEST(SdpCodec, ReadsMappingsParametersAndTimes) {
  const auto s = parsed(phone_offer());
  const Media& m = s->media[0];
  const auto opus = rtpmap(*s, m, 96);
  ASSERT_TRUE(opus);
  EXPECT_EQ(opus->encoding, "opus");
  EXPECT_EQ(opus->clock_rate, 48000U);
  EXPECT_EQ(opus->parameters, "2");
  EXPECT_EQ(fmtp(*s, m, "18"), "annexb=no");
  EXPECT_EQ(fmtp(*s, m, "0"), std::nullopt);
  EXPECT_EQ(ptime(*s, m), 20U);
  EXPECT_EQ(maxptime(*s, m), 150U);
  EXPECT_EQ(mid(*s, m), "audio");
  std::string formats;
  for_each_format(m, [&](std::string_view f) { formats.append(f).append(","); });
  EXPECT_EQ(formats, "0,8,9,18,96,101,");
}

TEST(SdpCodec, FallsBackToTheStaticAssignmentsOfRfc3551) {
  const auto s = parsed(audio("192.0.2.1", 4000));
  EXPECT_EQ(rtpmap(*s, s->media[0], 8)->encoding, "PCMA");
  EXPECT_EQ(rtpmap(*s, s->media[0], 9)->clock_rate, 8000U);
  EXPECT_EQ(rtpmap(*s, s->media[0], 10)->parameters, "2");
  EXPECT_FALSE(rtpmap(*s, s->media[0], 96));
}

TEST(SdpCodec, RefusesMalformedMappings) {
  for (const char* value : {"", "0", "0 PCMU", "0 PCMU/", "0 PCMU/0", "0 /8000", "128 PCMU/8000", "x PCMU/8000",
                            "0 PCMU/8000x", "0 PCMU/99999999999"})
    EXPECT_FALSE(parse_rtpmap(value)) << value;
  EXPECT_EQ(parse_rtpmap("0  L16/8000/1")->parameters, "1");
}

TEST(SdpSession, SameMediaLooksPastTheOrigin) {
  const auto a = parsed(audio("192.0.2.1", 4000));
  std::string text = audio("192.0.2.1", 4000);
  text.replace(text.find("o=- 1 1"), 7, "o=x 1 2");
  EXPECT_TRUE(same_media(*a, *parsed(text)));
  EXPECT_FALSE(same_media(*a, *parsed(audio("192.0.2.1", 4002))));
  EXPECT_FALSE(same_media(*a, *parsed(audio("192.0.2.1", 4000, {"a=sendonly"}))));
  EXPECT_FALSE(same_media(*parsed(audio("192.0.2.1", 4000, {"a=sendonly"})), *a));
}

}  // namespace
}  // namespace sbc::sdp
