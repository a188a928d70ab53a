#include "sbc/sdp/transcoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SessionPtr audio(std::string_view formats, std::string_view attributes = "") {
  const std::string text =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " +
      std::string(formats) + "\r\n" + std::string(attributes);
  auto parsed = parse_shared(text);
  EXPECT_TRUE(parsed) << parsed.error().text;
  return *parsed;
}
std::string text(const SessionPtr& session) {
  return std::string(session->text->begin(), session->text->end());
}

constexpr const char* kEvents = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";
constexpr const char* kOpus = "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 maxaveragebitrate=20000\r\n";

TEST(WithCodecs, AddsWhatIsMissingBehindTheCodecsThatAreThere) {
  const auto out = with_codecs(audio("8 18 101", std::string(kEvents) + "a=ptime:20\r\n"), transcoded_names());
  ASSERT_TRUE(out);
  EXPECT_THAT(text(*out), HasSubstr("m=audio 4000 RTP/AVP 8 18 0 9 96 97 101\r\n"));
  EXPECT_THAT(text(*out), HasSubstr("a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"));
  // trap 35: telephone-event in the clock of Opus too.
  EXPECT_THAT(text(*out), HasSubstr("a=rtpmap:97 telephone-event/48000\r\n"));
  EXPECT_THAT(text(*out), HasSubstr("a=ptime:20\r\n"));
}

TEST(WithCodecs, TakesNoNumberThatIsTaken) {
  const auto out = with_codecs(audio("0 96", "a=rtpmap:96 SPEEX/8000\r\n"), std::vector<std::string>{"opus"});
  ASSERT_TRUE(out);
  EXPECT_THAT(text(*out), HasSubstr("RTP/AVP 0 96 97\r\n"));
}

TEST(WithCodecs, LeavesAloneWhatItCannotTranscode) {
  for (const SessionPtr& session : {audio("18 101", kEvents), audio("0 8 9")}) {
    const auto out = with_codecs(session, std::vector<std::string>{"PCMA"});
    ASSERT_TRUE(out);
    EXPECT_EQ(*out, session);
  }
}

TEST(AnsweredIn, HasTheOffersFirstCodecUnderItsNumbers) {
  const SessionPtr offer =
      audio("18 120 0 8 121", "a=rtpmap:120 opus/48000/2\r\na=rtpmap:121 telephone-event/48000\r\n");
  const auto out = answered_in(audio("9 101", std::string(kEvents) + "a=ptime:30\r\n"), *offer);
  ASSERT_TRUE(out);
  EXPECT_THAT(text(*out), HasSubstr("RTP/AVP 120 121\r\n"));
  EXPECT_THAT(text(*out), HasSubstr("a=rtpmap:121 telephone-event/48000\r\n"));
  EXPECT_THAT(text(*out), Not(HasSubstr("a=rtpmap:101")));
}

// RFC 8079 3.2: only reports that cross a transcoder.
TEST(AnsweredIn, AgreesOnReportsThatCross) {
  const auto out =
      answered_in(audio("9",
                        "a=rtcp-xr:pkt-loss-rle=10 rcvr-rtt=all stat-summary=loss voip-metrics\r\na=rtcp-fb:9 nack\r\n"
                        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"),
                  *audio("0"));
  ASSERT_TRUE(out);
  EXPECT_THAT(text(*out), HasSubstr("a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n"));
  EXPECT_THAT(text(*out), Not(HasSubstr("rtcp-fb")));
  EXPECT_THAT(text(*out), Not(HasSubstr("extmap"))) << "packets are made anew";
}

TEST(AnsweredIn, StaysWhatItIsWhenBothHaveACodec) {
  const SessionPtr answer = audio("9 8");
  const auto out = answered_in(answer, *audio("0 8"));
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, answer);
}

// A offers PCMA; B, who was offered Opus too, takes that.
struct Call {
  SessionPtr a_said = audio("8 101 13", std::string(kEvents) + "a=ptime:30\r\n");
  SessionPtr b_told = audio("8 101 13 96 97", std::string(kEvents) + "a=rtpmap:96 opus/48000/2\r\n" +
                                                  "a=rtpmap:97 telephone-event/48000\r\n");
  SessionPtr b_said = audio("96 97", std::string(kOpus) + "a=rtpmap:97 telephone-event/48000\r\n");
  SessionPtr a_told = audio("8 101", kEvents);
};

TEST(TranscodingBetween, IsFoundInWhatBothWereToldAndSaid) {
  const Call c;
  const auto there = transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *c.b_said}, 0);
  ASSERT_TRUE(there);
  ASSERT_EQ(there->from.size(), 1U);
  EXPECT_EQ(there->from[0].coding, "PCMA");
  EXPECT_EQ(there->from[0].payload_type, 8);
  EXPECT_EQ(there->to.coding, "opus");
  EXPECT_EQ(there->to.payload_type, 96);
  EXPECT_EQ(there->to.fmtp, "maxaveragebitrate=20000");
  EXPECT_EQ(there->ptime_ms, 20U);
  ASSERT_EQ(there->events.size(), 1U);
  EXPECT_EQ(there->events[0].from, 101);
  EXPECT_EQ(there->events[0].to, 97);
  EXPECT_EQ(there->events[0].clock_to, 48'000U);
  EXPECT_EQ(there->noise_to, std::nullopt);
  const auto back = transcoding_between({*c.b_told, *c.b_said}, {*c.a_told, *c.a_said}, 0);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->from[0].payload_type, 96);
  EXPECT_EQ(back->to.payload_type, 8);
  EXPECT_EQ(back->ptime_ms, 30U);  // trap 37: as the listener wants it
  EXPECT_EQ(back->events[0].from, 97);
  EXPECT_EQ(back->events[0].to, 101);
}

TEST(TranscodingBetween, IsNothingWhereOneCodecIsShared) {
  const Call c;
  const SessionPtr both = audio("8 96", kOpus);
  EXPECT_FALSE(transcoding_between({*both, *both}, {*c.b_told, *audio("8")}, 0));
  EXPECT_FALSE(transcoding_between({*audio("18"), *audio("18")}, {*c.b_told, *c.b_said}, 0));
  EXPECT_FALSE(transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *c.b_said}, 1));
}

// RFC 3389 5.1: comfort noise goes with a codec of its clock. Where the other side has none, the relay makes it.
TEST(AnsweredIn, HasComfortNoiseWhereItIsOffered) {
  const auto out = answered_in(audio("96", "a=rtpmap:96 opus/48000/2\r\n"), *audio("8 13"));
  ASSERT_TRUE(out);
  EXPECT_THAT(text(*out), HasSubstr(" RTP/AVP 8 13\r\n"));
  const auto other = answered_in(audio("8 13"), *audio("96 13", "a=rtpmap:96 opus/48000/2\r\n"));
  ASSERT_TRUE(other);
  EXPECT_THAT(text(*other), HasSubstr(" RTP/AVP 96\r\n"));
}

TEST(TranscodingBetween, FindsComfortNoiseInTheClockOfTheAudio) {
  Call c;
  c.a_told = audio("8 101 13", kEvents);
  const auto there = transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *c.b_said}, 0);
  ASSERT_TRUE(there);
  EXPECT_EQ(there->noise_from, 13);
  EXPECT_EQ(there->noise_to, std::nullopt);
  // In Opus's line it is of no clock that is there.
  c.b_said = audio("96 97 13", std::string(kOpus) + "a=rtpmap:97 telephone-event/48000\r\n");
  EXPECT_EQ(transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *c.b_said}, 0)->noise_to, std::nullopt);
  EXPECT_EQ(transcoding_between({*c.b_told, *c.b_said}, {*c.a_told, *c.a_said}, 0)->noise_from, std::nullopt);
}

// trap 37: ptime. RFC 6716 2.1.4: Opus has no packets of 30 ms.
TEST(TranscodingBetween, TakesAPacketTimeThatTheCodecHas) {
  const Call c;
  const SessionPtr said = audio("96", std::string(kOpus) + "a=ptime:30\r\na=maxptime:60\r\n");
  EXPECT_EQ(transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *said}, 0)->ptime_ms, 20U);
  const SessionPtr most = audio("96", std::string(kOpus) + "a=ptime:60\r\na=maxptime:40\r\n");
  EXPECT_EQ(transcoding_between({*c.a_told, *c.a_said}, {*c.b_told, *most}, 0)->ptime_ms, 40U);
}

TEST(PlayedTo, IsTheFirstCodecThatTheListenerHasAndTheRelayCanMake) {
  const auto told = audio("18 8 96", std::string("a=rtpmap:18 G729/8000\r\n") + kOpus);
  const auto said = audio("18 96 8", std::string("a=rtpmap:18 G729/8000\r\n") + kOpus + "a=ptime:40\r\n");
  const auto format = played_to({*told, *said}, 0);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->to.coding, "opus");
  EXPECT_EQ(format->to.payload_type, 96);
  EXPECT_EQ(format->to.fmtp, "maxaveragebitrate=20000");
  EXPECT_EQ(format->ptime_ms, 40U);
  EXPECT_FALSE(played_to({*told, *audio("18", "a=rtpmap:18 G729/8000\r\n")}, 0));
  EXPECT_FALSE(played_to({*told, *said}, 1));
}

TEST(PlayersAnswer, TakesOneCodecAndTheEventsOfItsClock) {
  const auto answer = players_answer(*audio("18 8 96 101", std::string("a=rtpmap:18 G729/8000\r\n") + kOpus + kEvents));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_THAT(*answer, HasSubstr("m=audio 4000 RTP/AVP 8 101\r\n"));
}

TEST(PlayersAnswer, OnlySendsToWhoOnlyReceives) {
  const auto answer = players_answer(*audio("8", "a=recvonly\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr("a=sendonly\r\n"));
  EXPECT_FALSE(players_answer(*audio("8", "a=sendonly\r\n")));
  EXPECT_FALSE(players_answer(*audio("8", "a=inactive\r\n")));
  EXPECT_FALSE(players_answer(*audio("18", "a=rtpmap:18 G729/8000\r\n")));
}

}  // namespace
}  // namespace sbc::sdp
