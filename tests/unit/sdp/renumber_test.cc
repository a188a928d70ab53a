#include "sbc/sdp/renumber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

SessionPtr with(std::string_view lines) {
  return *parse_shared(std::string(kHead) + std::string(lines));
}

SessionPtr in_numbers(const SessionPtr& session, const SessionPtr& as) {
  auto out = renumbered(session, *as);
  EXPECT_TRUE(out) << out.error().text;
  return out ? *out : session;
}

const SessionPtr& offer() {
  static const SessionPtr session = with(
      "m=audio 4000 RTP/AVP 111 9 0 101 110\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
      "a=rtpmap:110 telephone-event/48000\r\n");
  return session;
}

// trap 34: RFC 3264 6.1, the number of the offer SHOULD be used; some use their own.
TEST(Renumber, AnAnswerGetsTheNumbersOfTheOffer) {
  const auto answer = with(
      "m=audio 6000 RTP/AVP 96 0 97\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:97 "
      "telephone-event/8000\r\na=fmtp:97 0-15\r\na=rtcp-fb:96 nack\r\na=ptime:20\r\n");
  const auto out = in_numbers(answer, offer());
  EXPECT_EQ(out->media.at(0).formats, "111 0 101");
  EXPECT_THAT(*out->text, HasSubstr("a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"));
  EXPECT_THAT(*out->text, HasSubstr("a=fmtp:101 0-15\r\na=rtcp-fb:111 nack\r\na=ptime:20\r\n"));
  EXPECT_THAT(*out->text, Not(HasSubstr(":96")));
}

TEST(Renumber, WhereAllAgreeTheSessionStaysTheVerySame) {
  const auto answer =
      with("m=audio 6000 RTP/AVP 0 111 101\r\na=rtpmap:111 OPUS/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n");
  EXPECT_EQ(in_numbers(answer, offer()), answer);
  EXPECT_THAT(payload_changes(*answer, *offer(), 0), IsEmpty());
}

TEST(Renumber, WhatTheListenerDoesNotHaveGivesWay) {
  // 101 is telephone-event for the listener; here it is another codec, which gets a number that is free.
  const auto other = with(
      "m=audio 6000 RTP/AVP 101 102 98\r\na=rtpmap:101 AMR/8000\r\na=rtpmap:102 telephone-event/8000\r\na=rtpmap:98 "
      "iLBC/8000\r\n");
  EXPECT_EQ(in_numbers(other, offer())->media.at(0).formats, "96 101 98");
}

TEST(Renumber, CodecsOfOneNameAreToldApartByTheirParameters) {
  const auto as = with(
      "m=video 4000 RTP/AVP 98 99 100 101\r\na=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=0\r\na=rtpmap:99 "
      "H264/90000\r\na=fmtp:99 packetization-mode=1\r\na=rtpmap:100 rtx/90000\r\na=fmtp:100 apt=98\r\na=rtpmap:101 "
      "rtx/90000\r\na=fmtp:101 apt=99\r\n");
  const auto session = with(
      "m=video 6000 RTP/AVP 120 121 122 123\r\na=rtpmap:120 H264/90000\r\na=fmtp:120 "
      "packetization-mode=1\r\na=rtpmap:121 "
      "H264/90000\r\na=fmtp:121 packetization-mode=0\r\na=rtpmap:122 rtx/90000\r\na=fmtp:122 "
      "apt=120;rtx-time=500\r\na=rtpmap:123 rtx/90000\r\na=fmtp:123 apt=121\r\n");
  const auto out = in_numbers(session, as);
  EXPECT_EQ(out->media.at(0).formats, "99 98 101 100");
  EXPECT_THAT(*out->text, HasSubstr("a=fmtp:101 apt=99;rtx-time=500\r\n"));
  EXPECT_THAT(*out->text, HasSubstr("a=fmtp:100 apt=98\r\n"));
}

// RED has numbers inside of its packets (RFC 2198 section 3).
TEST(Renumber, ALineWithRedWhosePartsDifferIsLeftAlone) {
  const auto as =
      with("m=text 4000 RTP/AVP 98 100\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\na=fmtp:100 98/98/98\r\n");
  const auto inner =
      with("m=text 6000 RTP/AVP 96 97\r\na=rtpmap:96 t140/1000\r\na=rtpmap:97 red/1000\r\na=fmtp:97 96/96/96\r\n");
  EXPECT_EQ(in_numbers(inner, as), inner);
  const auto outer =
      with("m=text 6000 RTP/AVP 98 97\r\na=rtpmap:98 t140/1000\r\na=rtpmap:97 red/1000\r\na=fmtp:97 98/98/98\r\n");
  EXPECT_EQ(in_numbers(outer, as)->media.at(0).formats, "98 100");
}

TEST(Renumber, RefusedLinesAndOtherTransportsStay) {
  const auto fax = with("m=audio 0 RTP/AVP 96\r\nm=image 6000 udptl t38\r\n");
  EXPECT_EQ(in_numbers(fax, with("m=audio 4000 RTP/AVP 0\r\nm=image 4002 udptl t38\r\n")), fax);
  EXPECT_EQ(in_numbers(fax, with("m=audio 4000 RTP/AVP 0\r\n")), fax);
}

TEST(PayloadChanges, SayWhatEachNumberBecomes) {
  // Told in the numbers of the offer; says its own.
  const auto told =
      with("m=audio 4000 RTP/AVP 111 0 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n");
  const auto said =
      with("m=audio 6000 RTP/AVP 96 0 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n");
  EXPECT_THAT(payload_changes(*told, *said, 0),
              ElementsAre(PayloadChange{111, 96, 48'000, 48'000, false}, PayloadChange{0, 0, 8000, 8000, false},
                          PayloadChange{101, 97, 8000, 8000, true}));
  EXPECT_THAT(payload_changes(*told, *said, 1), IsEmpty());
}

// trap 35: events of another clock than the listener has.
TEST(PayloadChanges, EventsOfTheOnlyOtherClockAreScaled) {
  const auto told = with("m=audio 4000 RTP/AVP 0 110\r\na=rtpmap:110 telephone-event/48000\r\n");
  const auto said = with("m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n");
  EXPECT_THAT(payload_changes(*told, *said, 0),
              ElementsAre(PayloadChange{0, 0, 8000, 8000, false}, PayloadChange{110, 101, 48'000, 8000, true}));
}

}  // namespace
}  // namespace sbc::sdp
