#include "sbc/sdp/codec_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/events.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/renumber.h"
#include "sbc/sdp/transcoding.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

SessionPtr with(std::string_view lines) {
  return *parse_shared(std::string(kHead) + std::string(lines));
}

SessionPtr under(const CodecRules& rules, const SessionPtr& session) {
  auto out = apply(rules, *session);
  EXPECT_TRUE(out) << out.error().text;
  return out ? *out : session;
}

// As a phone offers: three codecs with a clock of 8000, one with 48000, events of both, CN, RED.
SessionPtr phone() {
  return with(
      "m=audio 4000 RTP/AVP 111 9 0 8 18 13 101 110 121 122\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 "
      "useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 "
      "telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:110 telephone-event/48000\r\na=fmtp:110 "
      "0-15\r\na=rtpmap:121 red/8000\r\na=fmtp:121 0/18\r\na=rtpmap:122 red/48000/2\r\na=fmtp:122 "
      "111/111\r\na=ptime:30\r\na=rtcp-fb:111 nack\r\na=rtcp-fb:* ccm fir\r\na=sendrecv\r\n");
}

std::string formats(const CodecRules& rules, const SessionPtr& session, std::size_t line = 0) {
  return std::string(under(rules, session)->media.at(line).formats);
}

TEST(CodecFilter, WhatIsNotAllowedGoesAndItsLinesWithIt) {
  const auto left = under({.allow = {"PCMA", "PCMU"}}, phone());
  EXPECT_EQ(left->media.at(0).formats, "0 8 13 101");
  EXPECT_THAT(*left->text, HasSubstr("a=fmtp:101 0-15\r\n"));
  EXPECT_THAT(*left->text, HasSubstr("a=rtcp-fb:* ccm fir\r\n"));
  for (const char* gone : {"opus", "annexb", "G722", "a=fmtp:110", "red", "a=rtcp-fb:111"})
    EXPECT_THAT(*left->text, Not(HasSubstr(gone)));
}

// Found by fuzzing: what was left of "8 9 " was "88".
TEST(CodecFilter, AnMLineThatEndsInABlankKeepsItsNumbers) {
  const SessionPtr blank = with("m=audio 4000 RTP/AVP 8 9 \r\na=sendrecv\r\n");
  EXPECT_EQ(formats({.force = {"PCMA"}}, blank), "8");
  EXPECT_EQ(formats({.deny = {"PCMA"}}, blank), "9");
  const SessionPtr other = with("m=audio 4000 RTP/AVP 96 \t\r\na=rtpmap:96 opus/48000/2\r\n");
  EXPECT_EQ(
      (*renumbered(other, *with("m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n")))->media.at(0).formats,
      "111");
  const std::string pcma[] = {"PCMA"};
  EXPECT_EQ((*with_codecs(other, pcma))->media.at(0).formats, "96 8");
  EXPECT_THAT(std::string((*with_events(blank, nullptr))->media.at(0).formats), testing::StartsWith("8 9 "));
}

TEST(CodecFilter, WhatIsDeniedGoes) {
  EXPECT_EQ(formats({.deny = {"G729", "g722"}}, phone()), "111 0 8 13 101 110 122");
  EXPECT_EQ(formats({.deny = {"telephone-event", "CN", "red"}}, phone()), "111 9 0 8 18");
}

TEST(CodecFilter, EventsAndNoiseStayWhereACodecHasTheirClock) {
  EXPECT_EQ(formats({.allow = {"opus"}}, phone()), "111 110 122");
  EXPECT_EQ(formats({.allow = {"G722"}}, phone()), "9 13 101");
  // No event of 48000 Hz beside opus: the one that there is.
  const auto old =
      with("m=audio 4000 RTP/AVP 96 0 13 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n");
  EXPECT_EQ(formats({.deny = {"PCMU"}}, old), "96 101");
}

TEST(CodecFilter, TheOrderIsThatOfCodecsAlone) {
  EXPECT_EQ(formats({.order = {"PCMA", "PCMU"}}, phone()), "8 0 111 9 18 13 101 110 121 122");
  EXPECT_EQ(formats({.order = {"H264"}}, phone()), phone()->media.at(0).formats);
}

TEST(CodecFilter, TheFirstForcedCodecThatIsThereRemainsAlone) {
  EXPECT_EQ(formats({.force = {"AMR", "PCMA", "PCMU"}}, phone()), "8 13 101");
  const auto none = under({.force = {"AMR"}}, phone());
  EXPECT_EQ(none->media.at(0).port, 0);
}

TEST(CodecFilter, ALineWithoutACodecIsRefusedAndItsPlaceStays) {
  const auto two = with(
      "m=audio 4000 RTP/AVP 18 101\r\na=rtpmap:101 telephone-event/8000\r\nm=video 4002 RTP/AVP 96\r\na=rtpmap:96 "
      "H264/90000\r\n");
  const auto left = under({.allow = {"PCMA"}}, two);
  ASSERT_EQ(left->media.size(), 2U);
  EXPECT_EQ(left->media[0].port, 0);
  // The list has no codec of video and says nothing of it.
  EXPECT_EQ(left->media[1].port, 4002);
  const auto sound = under({.deny = {"video"}}, two);
  EXPECT_EQ(sound->media[0].port, 4000);
  EXPECT_EQ(sound->media[1].port, 0);
}

// As Chromium offers video: each codec has its own retransmission, RED has one as well, and ULPFEC is for all.
TEST(CodecFilter, RetransmissionGoesWithItsCodec) {
  const auto video = with(
      "m=video 4002 RTP/AVPF 96 97 98 99 114 115 116\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 "
      "apt=96\r\na=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 "
      "apt=98;rtx-time=3000\r\na=rtpmap:114 red/90000\r\na=rtpmap:115 rtx/90000\r\na=fmtp:115 apt=114\r\na=rtpmap:116 "
      "ulpfec/90000\r\n");
  EXPECT_EQ(formats({.allow = {"H264"}}, video), "98 99 114 115 116");
  EXPECT_EQ(formats({.deny = {"red", "VP8"}}, video), "98 99 116");
  EXPECT_EQ(formats({.order = {"H264"}}, video), "98 97 96 99 114 115 116");
}

// RFC 4103 section 10: RED of text names the payload type of what it repeats.
TEST(CodecFilter, TextWithRedundancyStays) {
  const auto text = with(
      "m=audio 4000 RTP/AVP 0\r\nm=text 11000 RTP/AVP 98 100\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 "
      "red/1000\r\na=fmtp:100 98/98/98\r\n");
  EXPECT_EQ(formats({.allow = {"PCMU"}}, text, 1), "98 100");
  EXPECT_EQ(under({.deny = {"text"}}, text)->media.at(1).port, 0);
}

TEST(CodecFilter, SetsPacketTimesOfAudioOnly) {
  const auto left = under({.ptime = 20, .maxptime = 40}, phone());
  EXPECT_THAT(*left->text, HasSubstr("a=ptime:20\r\na=maxptime:40\r\n"));
  EXPECT_THAT(*left->text, Not(HasSubstr("a=ptime:30")));
  const auto video = with("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n");
  EXPECT_THAT(*under({.ptime = 20}, video)->text, Not(HasSubstr("ptime")));
}

TEST(CodecFilter, WhoHasSaidItIsHeldToTheCodecsAloneNotToOrderAndTimes) {
  const auto left = restrict_to({.deny = {"G729"}, .order = {"PCMA"}, .ptime = 20}, *phone());
  ASSERT_TRUE(left);
  EXPECT_EQ((*left)->media.at(0).formats, "111 9 0 8 13 101 110 122");
  EXPECT_THAT(*(*left)->text, HasSubstr("a=ptime:30\r\n"));
}

TEST(CodecFilter, WhatIsNotRtpStaysUnlessItsKindIsDenied) {
  const auto fax = with("m=image 4000 udptl t38\r\na=T38FaxVersion:0\r\n");
  EXPECT_EQ(under({.allow = {"PCMA"}}, fax)->media.at(0).port, 4000);
  EXPECT_EQ(under({.deny = {"image"}}, fax)->media.at(0).port, 0);
  const auto refused = with("m=audio 0 RTP/AVP 0\r\n");
  EXPECT_EQ(*under({.allow = {"PCMA"}}, refused)->text, *refused->text);
}

TEST(CodecFilter, NamesAreKnownWithoutRegardToCase) {
  EXPECT_EQ(name_among(codec_names(), "pcma"), "PCMA");
  EXPECT_EQ(name_among(codec_names(), "OPUS"), "opus");
  EXPECT_EQ(name_among(codec_names(), "video"), std::nullopt);
  EXPECT_EQ(name_among(denied_names(), "video"), "video");
  EXPECT_EQ(name_among(codec_names(), "G711"), std::nullopt);
}

// RFC 3264 6.1: at least one of those listed in the offer; others may stand beside it.
TEST(CodecFilter, AnAnswerNeedsOneOfTheOfferedCodecs) {
  const auto offer = with(
      "m=audio 4000 RTP/AVP 111 8 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 "
      "telephone-event/8000\r\n");
  const auto renumbered = with("m=audio 5000 RTP/AVP 0 96\r\na=rtpmap:96 OPUS/48000/2\r\n");
  EXPECT_TRUE(answers_codec(*offer, *renumbered, 0));
  EXPECT_FALSE(answers_codec(*offer, *with("m=audio 5000 RTP/AVP 0\r\n"), 0));
  const auto events = with("m=audio 5000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n");
  EXPECT_FALSE(answers_codec(*offer, *events, 0)) << "events are no codec";
}

}  // namespace
}  // namespace sbc::sdp
