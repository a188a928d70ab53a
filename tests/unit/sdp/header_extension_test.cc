#include "sbc/sdp/header_extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
constexpr std::string_view kTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
constexpr std::string_view kMid = "urn:ietf:params:rtp-hdrext:sdes:mid";

std::string extmap(std::string_view id, std::string_view uri) {
  return "a=extmap:" + std::string(id) + " " + std::string(uri) + "\r\n";
}

SessionPtr line(const std::string& extensions, std::string_view profile = "RTP/AVPF") {
  return parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0",
                       "m=audio 4000 " + std::string(profile) + " 0"}) +
                extensions);
}

// RFC 8285 8.
TEST(SdpHeaderExtension, ReadsIdentifierAndUri) {
  EXPECT_EQ(parse_extmap("1 urn:a"), (HeaderExtension{1, "urn:a"}));
  EXPECT_EQ(parse_extmap("14/sendonly urn:a"), (HeaderExtension{14, "urn:a"}));
  EXPECT_EQ(parse_extmap("255/inactive urn:a some attributes"), (HeaderExtension{255, "urn:a"}));
  for (const char* wrong : {"", "1", "1 ", "0 urn:a", "256 urn:a", "4096 urn:a", "x urn:a", "1urn:a", "-1 urn:a"})
    EXPECT_FALSE(parse_extmap(wrong)) << wrong;
}

TEST(SdpHeaderExtension, BothSidesHaveToListIt) {
  const auto one = line(extmap("1", kLevel) + extmap("2", kTime) + extmap("4", kMid) + extmap("5", "urn:unknown"));
  using Common = CommonExtension;
  // Names of streams stay on their leg.
  EXPECT_THAT(common_extensions(*one, *one, 0), ElementsAre(Common{1, 1}, Common{2, 2}));
  EXPECT_THAT(common_extensions(*one, *line(extmap("2/recvonly", kTime)), 0), ElementsAre(Common{2, 2}));
  EXPECT_THAT(common_extensions(*one, *line(extmap("3", kTime) + extmap("2", kLevel)), 0),
              ElementsAre(Common{1, 2}, Common{2, 3}));
  EXPECT_THAT(common_extensions(*one, *line(extmap("2", "urn:3gpp:video-orientation")), 0), IsEmpty());
  EXPECT_THAT(common_extensions(*one, *line(extmap("2", kTime), "RTP/AVP"), 0), IsEmpty());
  EXPECT_THAT(common_extensions(*one, *one, 1), IsEmpty());
}

TEST(SdpHeaderExtension, CrossesInAnOfferAndBackInTheAnswer) {
  const std::vector<std::optional<Anchor>> anchors{anchor("203.0.113.9:20000")};
  const auto offer = line(extmap("1", kLevel) + extmap("2/sendonly", kTime) + extmap("4", kMid));
  const std::string told = rewrite({.from = *offer, .anchors = anchors}, {}, 1).text;
  EXPECT_THAT(told, HasSubstr(extmap("1", kLevel) + extmap("2/sendonly", kTime)));
  EXPECT_THAT(told, Not(HasSubstr(kMid)));

  // RFC 8285 5: what was not offered is not answered, whatever the other side says.
  const auto answer = line(extmap("1", kLevel) + extmap("3", "urn:3gpp:video-orientation"));
  const std::string back = rewrite({.from = *answer, .anchors = anchors}, {}, 1, {.answering = offer.get()}).text;
  EXPECT_THAT(back, HasSubstr(extmap("1", kLevel)));
  EXPECT_THAT(back, Not(HasSubstr("video-orientation")));
}

// RFC 8285 5: identifiers are those of the offer, and are not remapped later.
TEST(SdpHeaderExtension, EachLegKeepsItsIdentifiers) {
  const std::vector<std::optional<Anchor>> anchors{anchor("203.0.113.9:20000")};
  const auto offer = line(extmap("1", kLevel) + extmap("2", kTime));
  const auto swapped = line(extmap("7/recvonly", kTime) + extmap("9", kLevel));
  EXPECT_THAT(rewrite({.from = *swapped, .anchors = anchors}, {}, 1, {.answering = offer.get()}).text,
              HasSubstr(extmap("2/recvonly", kTime) + extmap("1", kLevel)));
  // An offer behind another one; identifier 2 of the other side is something else here.
  const std::string_view kOffset = "urn:ietf:params:rtp-hdrext:toffset";
  const auto more =
      line(extmap("2", "urn:3gpp:video-orientation") + extmap("1", kOffset) + extmap("3", kLevel) + extmap("4", kTime));
  EXPECT_THAT(rewrite({.from = *more, .anchors = anchors}, {}, 1, {.previous = offer.get()}).text,
              HasSubstr(extmap("5", "urn:3gpp:video-orientation") + extmap("6", kOffset) + extmap("1", kLevel) +
                        extmap("2", kTime)));
}

TEST(SdpHeaderExtension, DoesNotReachPeersWithoutFeedback) {
  Anchor plain = anchor("203.0.113.9:20000");
  plain.profile = "RTP/AVP";
  const std::vector<std::optional<Anchor>> anchors{plain};
  EXPECT_THAT(rewrite({.from = *line(extmap("1", kLevel)), .anchors = anchors}, {}, 1).text, Not(HasSubstr("extmap")));
}

}  // namespace
}  // namespace sbc::sdp
