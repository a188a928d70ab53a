#include "sbc/sdp/synthesis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Synthesis, OffersTheCodecsInTheirOrder) {
  const auto session = synthesise_audio(std::vector<std::string>{"opus", "PCMU", "telephone-event"});
  ASSERT_TRUE(session);
  EXPECT_EQ((*session)->media.at(0).formats, "107 0 101");
  EXPECT_THAT(*(*session)->text, HasSubstr("a=rtpmap:107 opus/48000/2\r\n"));
  EXPECT_THAT(*(*session)->text, HasSubstr("a=fmtp:101 0-15\r\n"));
}

TEST(Synthesis, KnowsAllItsCodecsAndNoOthers) {
  EXPECT_TRUE(synthesise_audio(known_codecs()));
  const auto wrong = synthesise_audio(std::vector<std::string>{"PCMA", "GSM"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text, HasSubstr("GSM"));
}

TEST(Synthesis, TheFirstCodecAndTelephoneEventsRemain) {
  const auto session = first_codecs(*parsed(phone_offer()));
  ASSERT_TRUE(session) << session.error().text;
  EXPECT_EQ((*session)->media.at(0).formats, "0 101");
  EXPECT_THAT(*(*session)->text, HasSubstr("a=rtpmap:101 telephone-event/8000\r\n"));
  EXPECT_THAT(*(*session)->text, HasSubstr("a=ptime:20\r\n"));
  EXPECT_THAT(*(*session)->text, Not(HasSubstr("opus")));
  EXPECT_THAT(*(*session)->text, Not(HasSubstr("annexb")));
}

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

SessionPtr with(std::string_view lines) {
  return *parse_shared(std::string(kHead) + std::string(lines));
}

// RFC 3264 5.1: each end may have its own numbers for a codec.
TEST(CommonFormats, AreTheSameCodecsUnderTheirOwnNumbers) {
  const auto one = with(
      "m=audio 4000 RTP/AVP 0 111 9 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
      "a=fmtp:111 useinbandfec=1\r\n");
  const auto two =
      with("m=audio 5000 RTP/AVP 96 9 97 0\r\na=rtpmap:96 Telephone-Event/8000\r\na=rtpmap:97 OPUS/48000/2\r\n");
  const auto own = common_formats(*one, *two, FormatOrder::Own);
  ASSERT_TRUE(own) << own.error().text;
  EXPECT_EQ((*own)->media.at(0).formats, "0 111 9 101");
  EXPECT_THAT(*(*own)->text, HasSubstr("a=fmtp:111"));
  const auto others = common_formats(*two, *one, FormatOrder::Others);
  ASSERT_TRUE(others);
  EXPECT_EQ((*others)->media.at(0).formats, "0 97 9 96");
}

TEST(CommonFormats, RefuseALineThatTheOtherHasNotOrThatHasNoCodecInCommon) {
  const auto one = with(
      "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\nm=video 4002 RTP/AVP 97\r\n"
      "a=rtpmap:97 VP8/90000\r\nm=audio 4004 RTP/AVP 0\r\n");
  const auto two =
      with("m=audio 5000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\nm=audio 5002 RTP/AVP 0\r\n");
  const auto common = common_formats(*one, *two, FormatOrder::Own);
  ASSERT_TRUE(common) << common.error().text;
  ASSERT_EQ((*common)->media.size(), 3U);
  for (const Media& media : (*common)->media) EXPECT_EQ(media.port, 0);
}

TEST(CommonFormats, AMonoCodecIsNotTheStereoOne) {
  const auto one = with("m=audio 4000 RTP/AVP 96 0\r\na=rtpmap:96 L16/44100/2\r\n");
  const auto two = with("m=audio 5000 RTP/AVP 96 0\r\na=rtpmap:96 L16/44100\r\n");
  EXPECT_EQ((*common_formats(*one, *two, FormatOrder::Own))->media.at(0).formats, "0");
}

}  // namespace
}  // namespace sbc::sdp
