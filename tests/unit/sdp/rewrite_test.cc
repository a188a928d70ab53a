#include "sbc/sdp/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sbc/sdp/remote_media.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

using Anchors = std::vector<std::optional<Anchor>>;

const OriginIdentity kOurs{.username = "-", .session_id = 42, .first_version = 1, .address = ip("203.0.113.1")};

std::string rewritten(const std::string& text, const Anchors& anchors, const RewriteContext& context = {}) {
  const auto from = parsed(text);
  return rewrite({.from = *from, .anchors = anchors}, kOurs, 7, context).text;
}

TEST(SdpRewrite, PutsTheRelayInThePlaceOfThePhoneAndKeepsTheMedia) {
  EXPECT_EQ(rewritten(phone_offer(), {anchor("203.0.113.9:20000", "203.0.113.9:20001")}),
            lines({"v=0",
                   "o=- 42 7 IN IP4 203.0.113.1",
                   "s=-",
                   "c=IN IP4 203.0.113.9",
                   "b=AS:84",
                   "t=0 0",
                   "m=audio 20000 RTP/AVP 0 8 9 18 96 101",
                   "b=TIAS:64000",
                   "a=rtpmap:0 PCMU/8000",
                   "a=rtpmap:8 PCMA/8000",
                   "a=rtpmap:9 G722/8000",
                   "a=rtpmap:18 G729/8000",
                   "a=fmtp:18 annexb=no",
                   "a=rtpmap:96 opus/48000/2",
                   "a=fmtp:96 useinbandfec=1",
                   "a=rtpmap:101 telephone-event/8000",
                   "a=fmtp:101 0-15",
                   "a=ptime:20",
                   "a=maxptime:150",
                   "a=sendrecv"}));
}

TEST(SdpRewrite, LetsNothingThroughThatNamesTheOtherSide) {
  const std::string out = rewritten(phone_offer(), {anchor("203.0.113.9:20000")});
  for (const char* secret : {"10.1.2.3", "alice", "SuperPhone", "617", "secret", "candidate", "ice-", "ssrc", "msid",
                             "crypto", "fingerprint", "setup", "group", "mid:", "microphone", "2890844526", "X-vendor"})
    EXPECT_THAT(out, Not(HasSubstr(secret)));
}

TEST(SdpRewrite, UnknownAttributesCrossOnlyWhenListedAndPrivateOnesNever) {
  const auto from = parsed(audio("192.0.2.1", 4000, {"a=X-good:1", "a=X-bad:2", "a=candidate:1", "a=mid:0"}));
  const Anchors anchors{anchor("203.0.113.9:20000")};
  const std::vector<std::string> extra{"X-good", "candidate", "mid"};
  const auto out = rewrite({.from = *from, .anchors = anchors, .extra_attributes = extra}, kOurs, 1).text;
  EXPECT_THAT(out, HasSubstr("a=X-good:1\r\n"));
  for (const char* other : {"X-bad", "candidate", "mid"}) EXPECT_THAT(out, Not(HasSubstr(other)));
}

// RFC 3611 5.1: what the m-line says replaces what the session says; what is unknown could be anybody's name.
TEST(SdpRewrite, ExtendedReportsCrossByTheirKnownFormats) {
  const auto reports = [](const std::string& session, const std::string& media) {
    const std::string out = rewritten(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "t=0 0", session,
                                             "m=audio 4000 RTP/AVP 0", media}),
                                      {anchor("203.0.113.9:20000")});
    const std::size_t at = out.find("a=rtcp-xr:");
    EXPECT_TRUE(at == std::string::npos || at > out.find("m="));
    return at == std::string::npos ? "" : out.substr(at + 10, out.find('\r', at) - at - 10);
  };
  const std::string all =
      "pkt-loss-rle=100 pkt-dup-rle pkt-rcpt-times=1 rcvr-rtt=all:10 stat-summary=loss,TTL voip-metrics";
  EXPECT_EQ(reports("s=-", "a=rtcp-xr:" + all), all);
  EXPECT_EQ(reports("a=rtcp-xr:voip-metrics", "a=sendrecv"), "voip-metrics");
  EXPECT_EQ(reports("a=rtcp-xr:voip-metrics", "a=rtcp-xr:rcvr-rtt=sender"), "rcvr-rtt=sender");
  EXPECT_EQ(reports("a=rtcp-xr:voip-metrics", "a=rtcp-xr:"), "");
  EXPECT_EQ(reports("s=-",
                    "a=rtcp-xr:alice=1 voip-metrics=x rcvr-rtt rcvr-rtt=alice stat-summary= stat-summary=alice "
                    "pkt-loss-rle=alice pkt-dup-rle=123456  voip-metrics voip-metrics"),
            "voip-metrics");
}

TEST(SdpRewrite, ListedAttributesCrossAtSessionLevelToo) {
  const auto from = parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "t=0 0", "a=X-good:1",
                                  "a=X-bad:1", "m=audio 4000 RTP/AVP 0"}));
  const std::vector<std::string> extra{"X-good"};
  const auto out = rewrite({.from = *from, .extra_attributes = extra}, kOurs, 1).text;
  EXPECT_THAT(out, HasSubstr("t=0 0\r\na=X-good:1\r\nm=audio 0 "));
  EXPECT_THAT(out, Not(HasSubstr("X-bad")));
}

TEST(SdpRewrite, BandwidthCrossesOnlyWhenItIsOne) {
  const std::string out = rewritten(audio("192.0.2.1", 4000, {"b=AS:64", "b=X-Mine:1", "b=AS:10.1.2.3", "b=free"}),
                                    {anchor("203.0.113.9:20000")});
  EXPECT_THAT(out, HasSubstr("RTP/AVP 0 8\r\nb=AS:64\r\na=sendrecv"));
}

TEST(SdpRewrite, ALineWithoutAnchorKeepsItsPlaceWithPortZero) {  // trap 30: m-lines keep their number and their order.
  const std::string text = audio("192.0.2.1", 4000,
                                 {"m=video 4002 RTP/AVP 31 34", "a=rtpmap:31 H261/90000", "m=audio 4004 RTP/SAVP 0",
                                  "m=application 9 UDP/DTLS/SCTP x y"});
  // The secured line is refused even though an anchor is at hand.
  const std::string out = rewritten(text, {anchor("203.0.113.9:20000"), std::nullopt, anchor("203.0.113.9:20004")});
  EXPECT_THAT(out, HasSubstr("m=audio 20000 RTP/AVP 0 8\r\na=sendrecv\r\n"
                             "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/SAVP 0\r\nm=application 0 UDP/DTLS/SCTP x\r\n"));
}

TEST(SdpRewrite, ALineThatItsOwnerDisabledStaysDisabled) {
  EXPECT_THAT(rewritten(audio("192.0.2.1", 0), {anchor("203.0.113.9:20000")}), HasSubstr("m=audio 0 RTP/AVP 0\r\n"));
}

TEST(SdpRewrite, WithoutAnyAnchorTheConnectionIsTheOrigins) {
  EXPECT_THAT(rewritten(audio("192.0.2.1", 4000), {}), HasSubstr("c=IN IP4 203.0.113.1\r\n"));
}

TEST(SdpRewrite, ASecondAddressGetsItsOwnConnectionLine) {
  const std::string out =
      rewritten(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 31"}),
                {anchor("203.0.113.9:20000", "203.0.113.9:20001"), anchor("203.0.113.8:20002", "203.0.113.8:20003")});
  EXPECT_THAT(out, HasSubstr("c=IN IP4 203.0.113.9\r\nt=0 0"));
  EXPECT_THAT(out, HasSubstr("m=video 20002 RTP/AVP 31\r\nc=IN IP4 203.0.113.8\r\n"));
}

TEST(SdpRewrite, SpeaksTheFamilyOfTheAnchor) {
  EXPECT_THAT(rewritten(audio("192.0.2.1", 4000), {anchor("[2001:db8::9]:20000")}),
              HasSubstr("c=IN IP6 2001:db8::9\r\n"));
  EXPECT_THAT(rewritten(audio("2001:db8::1", 4000), {anchor("203.0.113.9:20000")}),
              HasSubstr("c=IN IP4 203.0.113.9\r\n"));
}

TEST(SdpRewrite, EveryFormOfHoldBecomesADirectionAndKeepsOurPort) {  // trap 32: hold in all its spellings.
  const struct {
    const char* address;
    const char* direction;
    const char* out;
  } kCases[] = {
      {"0.0.0.0", "a=sendrecv", "a=sendonly"},   {"0.0.0.0", "a=sendonly", "a=sendonly"},
      {"0.0.0.0", "a=inactive", "a=inactive"},   {"192.0.2.1", "a=sendonly", "a=sendonly"},
      {"192.0.2.1", "a=inactive", "a=inactive"}, {"::", "a=recvonly", "a=inactive"},
  };
  for (const auto& c : kCases) {
    const std::string out = rewritten(audio(c.address, 4000, {c.direction}), {anchor("203.0.113.9:20000")});
    EXPECT_THAT(out, HasSubstr("c=IN IP4 203.0.113.9\r\n"));
    EXPECT_THAT(out, HasSubstr("m=audio 20000 RTP/AVP 0 8\r\n" + std::string(c.out) + "\r\n"));
  }
}

TEST(SdpRewrite, SessionLevelDirectionMovesToTheMediaLines) {
  const std::string out = rewritten(
      lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "a=sendonly", "m=audio 4000 RTP/AVP 0"}),
      {anchor("203.0.113.9:20000")});
  EXPECT_THAT(out, HasSubstr("t=0 0\r\nm=audio 20000 RTP/AVP 0\r\na=sendonly\r\n"));
}

// trap 49.
TEST(SdpRewrite, RtcpIsSaidOnlyWhereItIsNotTheNextPort) {
  const std::string text = audio("192.0.2.1", 4000);
  EXPECT_THAT(rewritten(text, {anchor("203.0.113.9:20000", "203.0.113.9:20001")}), Not(HasSubstr("a=rtcp")));
  EXPECT_THAT(rewritten(text, {anchor("203.0.113.9:20000", "203.0.113.9:30000")}), HasSubstr("a=rtcp:30000\r\n"));
  EXPECT_THAT(rewritten(text, {anchor("203.0.113.9:20000", "203.0.113.8:20001")}),
              HasSubstr("a=rtcp:20001 IN IP4 203.0.113.8\r\n"));
}

// trap 48.
TEST(SdpRewrite, MuxIsOursToOfferAndAnsweredOnlyWhenOffered) {
  const std::string muxed = audio("192.0.2.1", 4000, {"a=rtcp-mux"});
  const std::string plain = audio("192.0.2.1", 4000);
  const Anchors willing{anchor("203.0.113.9:20000", "203.0.113.9:20000", true)};
  const Anchors unwilling{anchor("203.0.113.9:20000", "203.0.113.9:20001")};
  // In an offer: our choice, whatever the other leg does.
  EXPECT_THAT(rewritten(plain, willing), HasSubstr("a=rtcp:20000\r\na=rtcp-mux\r\n"));
  EXPECT_THAT(rewritten(muxed, unwilling), Not(HasSubstr("mux")));
  // In an answer: RFC 5761 5.1.1.
  const auto offered = parsed(muxed);
  const auto not_offered = parsed(plain);
  EXPECT_THAT(rewritten(plain, willing, {.answering = offered.get()}), HasSubstr("a=rtcp-mux\r\n"));
  EXPECT_THAT(rewritten(plain, willing, {.answering = offered.get()}), Not(HasSubstr("a=rtcp:")));
  EXPECT_THAT(rewritten(muxed, willing, {.answering = not_offered.get()}), Not(HasSubstr("mux")));
}

TEST(SdpRewrite, AnAnswerStaysWithinTheDirectionOfTheOffer) {
  const struct {
    const char* offered;
    const char* said;
    const char* out;
  } kCases[] = {
      {"a=sendonly", "a=sendrecv", "a=recvonly"}, {"a=sendonly", "a=sendonly", "a=inactive"},
      {"a=recvonly", "a=sendrecv", "a=sendonly"}, {"a=inactive", "a=sendrecv", "a=inactive"},
      {"a=sendrecv", "a=recvonly", "a=recvonly"},
  };
  for (const auto& c : kCases) {
    const auto offer = parsed(audio("192.0.2.2", 5000, {c.offered}));
    EXPECT_THAT(
        rewritten(audio("192.0.2.1", 4000, {c.said}), {anchor("203.0.113.9:20000")}, {.answering = offer.get()}),
        HasSubstr("m=audio 20000 RTP/AVP 0 8\r\n" + std::string(c.out) + "\r\n"))
        << c.offered << c.said;
  }
}

TEST(SdpRewrite, ACeilingHoldsTheLeg) {
  const auto from = parsed(audio("192.0.2.1", 4000));
  const Anchors anchors{anchor("203.0.113.9:20000")};
  EXPECT_THAT(rewrite({.from = *from, .anchors = anchors, .at_most = Direction::SendOnly}, kOurs, 1).text,
              HasSubstr("a=sendonly\r\n"));
}

TEST(SdpRewrite, AnAnswerHasTheLinesOfTheOfferNoMoreNoLess) {
  const auto offer = parsed(audio("192.0.2.2", 5000, {"m=video 5002 RTP/AVPF 96 97"}));
  const Anchors anchors{anchor("203.0.113.9:20000"), anchor("203.0.113.9:20002"), anchor("203.0.113.9:20004")};
  // Fewer: the rest is refused, in the shape that was offered.
  EXPECT_THAT(rewritten(audio("192.0.2.1", 4000), anchors, {.answering = offer.get()}),
              HasSubstr("a=sendrecv\r\nm=video 0 RTP/AVPF 96\r\n"));
  // More: cut.
  const auto out = rewritten(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 96", "m=text 4004 RTP/AVP 98"}), anchors,
                             {.answering = offer.get()});
  EXPECT_THAT(out, HasSubstr("m=video 20002 RTP/AVPF 96\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("m=text")));
  // Another kind at the place: refused.
  EXPECT_THAT(rewritten(audio("192.0.2.1", 4000, {"m=text 4002 RTP/AVP 98"}), anchors, {.answering = offer.get()}),
              HasSubstr("m=video 0 RTP/AVPF 96\r\n"));
}

TEST(SdpRewrite, AnAnswerNeverAcceptsALineThatTheOfferDisabledOrSecured) {
  const auto offer = parsed(audio("192.0.2.2", 0, {"m=audio 5002 RTP/SAVP 0"}));
  const std::string out =
      rewritten(audio("192.0.2.1", 4000, {"m=audio 4002 RTP/AVP 0"}),
                {anchor("203.0.113.9:20000"), anchor("203.0.113.9:20002")}, {.answering = offer.get()});
  EXPECT_THAT(out, HasSubstr("m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/SAVP 0\r\n"));
}

TEST(SdpRewrite, AnOfferNeverHasFewerLinesThanBefore) {
  const auto before = parsed(audio("203.0.113.9", 20000, {"m=video 20002 RTP/AVP 31 34"}));
  EXPECT_THAT(rewritten(audio("192.0.2.1", 4000), {anchor("203.0.113.9:20000")}, {.previous = before.get()}),
              HasSubstr("a=sendrecv\r\nm=video 0 RTP/AVP 31\r\n"));
}

// A browser's line, and our place for it.
std::string web_line(std::string_view profile = "UDP/TLS/RTP/SAVPF", std::string_view more = {}) {
  return lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0",
                "m=audio 4000 " + std::string(profile) + " 111", "a=rtpmap:111 opus/48000/2",
                "a=rtcp-fb:111 transport-cc", "a=rtcp-rsize"}) +
         std::string(more);
}

Anchor web_anchor() {
  Anchor place = anchor("203.0.113.9:20000");
  place.profile = "UDP/TLS/RTP/SAVPF";
  place.handshake = OwnHandshake{Setup::ActPass, "4A:AD", "", "ufrag", "password-password-pass"};
  return place;
}

// RFC 4585 4.2, RFC 5506 5.
TEST(SdpRewrite, FeedbackIsAgreedOnBetweenLegsThatHaveIt) {
  EXPECT_THAT(rewritten(web_line(), {web_anchor()}), HasSubstr("a=rtcp-fb:111 transport-cc\r\na=rtcp-rsize\r\n"));
  for (const auto& [from, to] : {std::pair("UDP/TLS/RTP/SAVPF", "RTP/AVP"), std::pair("RTP/AVP", "RTP/AVPF")}) {
    Anchor place = anchor("203.0.113.9:20000");
    place.profile = to;
    const std::string out = rewritten(web_line(from), {place});
    EXPECT_THAT(out, HasSubstr(std::string("m=audio 20000 ") + to + " 111"));
    EXPECT_THAT(out, Not(HasSubstr("rtcp-"))) << from;
  }
}

// RFC 5888 9.2: also where it means nothing to us.
TEST(SdpRewrite, AnAnswerNamesTheLineAsTheOfferDid) {
  const auto offer = parsed(audio("192.0.2.1", 4000, {"a=mid:voice"}));
  const std::string out =
      rewritten(audio("192.0.2.2", 5000, {"a=mid:theirs"}), {anchor("203.0.113.9:20000")}, {.answering = offer.get()});
  EXPECT_THAT(out, HasSubstr("a=mid:voice\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("theirs")));
}

// RFC 8829 5.2.1, 5.2.2: every line of a browser has a name, and keeps it.
TEST(SdpRewrite, AnOfferToABrowserNamesItsLines) {
  const std::string first = rewritten(web_line("RTP/AVP", "a=mid:theirs\r\n"), {web_anchor()});
  EXPECT_THAT(first, HasSubstr("a=mid:0\r\n"));
  EXPECT_THAT(first, Not(HasSubstr("theirs")));
  EXPECT_THAT(rewritten(web_line("RTP/AVP"), {anchor("203.0.113.9:20000")}), Not(HasSubstr("a=mid")));

  // The browser had called it so when it offered; the second line must not be called alike.
  const auto previous = parsed(rewritten(web_line(), {web_anchor()}) + "a=mid:1\r\n");
  ASSERT_EQ(previous->media.size(), 1U);
  std::string before = *previous->text;
  before.erase(before.find("a=mid:0\r\n"), 9);
  const auto answered = parsed(before);
  const std::string two = web_line("RTP/AVP") + "m=audio 4002 RTP/AVP 111\r\n";
  const std::string out = rewritten(two, {web_anchor(), web_anchor()}, {.previous = answered.get()});
  EXPECT_THAT(out, testing::ContainsRegex("a=mid:1\r\n(.*\r\n)*a=mid:1a\r\n"));
}

TEST(SdpRewrite, WhatItWritesParsesAndRewritesToItself) {
  const Anchors anchors{anchor("203.0.113.9:20000", "203.0.113.9:20001")};
  const std::string once = rewritten(phone_offer(), anchors);
  EXPECT_EQ(rewritten(once, anchors), once);
}

}  // namespace
}  // namespace sbc::sdp
