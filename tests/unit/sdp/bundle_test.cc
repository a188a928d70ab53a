#include "sbc/sdp/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/handshake.h"
#include "sbc/sdp/remote_media.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kProfile = "UDP/TLS/RTP/SAVPF";

std::string hex() {
  std::string out = "AA";
  for (int i = 1; i < 32; ++i) out += ":AA";
  return out;
}
const std::string kTransport = "a=fingerprint:sha-256 " + hex() +
                               "\r\na=setup:actpass\r\na=ice-ufrag:ufrag\r\na=ice-pwd:password-password-pass\r\n"
                               "a=rtcp-mux\r\n";

std::string head(std::string_view group) {
  std::string out = lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"});
  if (!group.empty()) out += "a=group:" + std::string(group) + "\r\n";
  return out;
}
std::string line(std::string_view kind, int port, std::string_view formats, std::string_view mid,
                 std::string_view more = kTransport, std::string_view profile = kProfile) {
  return "m=" + std::string(kind) + " " + std::to_string(port) + " " + std::string(profile) + " " +
         std::string(formats) + "\r\na=mid:" + std::string(mid) + "\r\n" + std::string(more);
}
const std::string kAudio = line("audio", 4000, "111 0", "a");
const std::string kVideo = line("video", 4002, "96 97", "v");
const std::string kOnly = line("video", 0, "96 97", "v", "a=bundle-only\r\n");

// RFC 9143 7.2, RFC 5888 5.
TEST(SdpBundle, ReadsTheLinesOfTheGroup) {
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE a v") + kAudio + kVideo)), ElementsAre(0, 1));
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE a v") + kAudio + kOnly)), ElementsAre(0, 1));
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE  a") + kAudio + kVideo)), ElementsAre(0));
  for (const char* none : {"", "LS a v", "BUNDLE", "BUNDLE a x", "BUNDLE a a", "BUNDLE v a"})
    EXPECT_THAT(bundled_lines(*parsed(head(none) + kAudio + kVideo)), IsEmpty()) << none;
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE a v\r\na=group:BUNDLE v") + kAudio + kVideo)), IsEmpty());
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE a v") + kAudio + line("video", 4002, "96", "a"))), IsEmpty());
  // A line that was taken out of use is not in it, and the tagged one must have a place.
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE a v") + kAudio + line("video", 0, "96", "v"))), ElementsAre(0));
  EXPECT_THAT(bundled_lines(*parsed(head("BUNDLE v a") + kOnly + kAudio)), IsEmpty());
}

// RFC 9143 9.1, 9.2: what comes on one transport has to be told apart.
TEST(SdpBundle, IsAcceptedWhenItsLinesCanBeToldApart) {
  EXPECT_THAT(acceptable_bundle(*parsed(head("BUNDLE a v") + kAudio + kVideo)), ElementsAre(0, 1));
  EXPECT_THAT(acceptable_bundle(*parsed(head("BUNDLE a v") + kAudio + line("video", 4002, "96 111", "v"))), IsEmpty());
  EXPECT_THAT(
      acceptable_bundle(*parsed(head("BUNDLE a v") + kAudio + line("video", 4002, "96", "v", kTransport, "RTP/AVPF"))),
      ElementsAre(0));
  const std::string channel = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n" + kTransport;
  EXPECT_THAT(acceptable_bundle(*parsed(head("BUNDLE a d v") + kAudio + channel + kVideo)), ElementsAre(0, 2));
  EXPECT_THAT(acceptable_bundle(*parsed(head("BUNDLE d a") + channel + kAudio)), IsEmpty());
}

// RFC 9143 9.2: or by their names in packets, which all of them have to list alike.
TEST(SdpBundle, LinesWithPayloadTypesInCommonNeedNamesInPackets) {
  const auto ext = [](int id) { return "a=extmap:" + std::to_string(id) + " " + std::string(kMidExtension) + "\r\n"; };
  const auto two = [&](const std::string& first, const std::string& second, const std::string& name = "v") {
    return parsed(head("BUNDLE a " + name) + line("audio", 4000, "0", "a", kTransport + first) +
                  line("audio", 4002, "0", name, kTransport + second));
  };
  const auto both = two(ext(4), ext(4));
  EXPECT_THAT(acceptable_bundle(*both), ElementsAre(0, 1));
  const std::vector<std::size_t> lines{0, 1};
  EXPECT_EQ(names_in_packets(*both, lines), 4);
  EXPECT_THAT(acceptable_bundle(*two(ext(4), "")), IsEmpty());
  EXPECT_THAT(acceptable_bundle(*two(ext(4), ext(5))), IsEmpty());
  EXPECT_THAT(acceptable_bundle(*two(ext(15), ext(15))), IsEmpty()) << "beyond the one-byte form (RFC 8285 4.2)";
  EXPECT_THAT(acceptable_bundle(*two(ext(4), ext(4), std::string(17, 'v'))), IsEmpty());
  EXPECT_THAT(acceptable_bundle(*two(ext(4), ext(4), std::string(16, 'v'))), ElementsAre(0, 1));
  const auto apart = parsed(head("BUNDLE a v") + line("audio", 4000, "0", "a", kTransport + ext(4)) +
                            line("audio", 4002, "8", "v", kTransport + ext(4)));
  EXPECT_EQ(names_in_packets(*apart, lines), std::nullopt) << "they do not need them";
}

// RFC 9143 7.1.3: the tagged line's attributes count for all of them, each line's own where it has them.
TEST(SdpBundle, TheTaggedLineSaysHowToGetThere) {
  const auto only = parsed(head("BUNDLE a v") + kAudio + kOnly);
  const auto shaken = handshake_of(*only, only->media[1]);
  ASSERT_TRUE(shaken);
  EXPECT_EQ(shaken->ice_ufrag, "ufrag");
  EXPECT_TRUE(shaken->rtcp_mux);
  const RemoteMedia remote = remote_media(*only, 1);
  EXPECT_TRUE(remote.usable());
  EXPECT_TRUE(remote.bundle_only);
  EXPECT_EQ(remote.rtp, base::Endpoint::parse("192.0.2.1:4000"));

  // trap 40: outside of a group it is a line without a place.
  const auto alone = parsed(head("") + kAudio + kOnly);
  EXPECT_FALSE(handshake_of(*alone, alone->media[1]));
  EXPECT_EQ(remote_media(*alone, 1).refusal, Refusal::Disabled);
}

Anchor web_anchor(std::string_view at) {
  Anchor place = anchor(at);
  place.profile = kProfile;
  place.rtcp_mux = true;
  std::string fingerprint = "4A";
  while (fingerprint.size() < 32 * 3 - 1) fingerprint += ":AD";
  place.handshake = OwnHandshake{Setup::Active, fingerprint, "", "ours", "password-of-ours-password"};
  return place;
}

// RFC 9143 9.1.1, RFC 8285 5.
TEST(SdpBundle, LinesWhoseNumbersMeanDifferentThingsStayApart) {
  const std::string level = "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  const std::string turned = "a=extmap:3 urn:3gpp:video-orientation\r\n";
  const auto all = parsed(head("") + line("audio", 4000, "0", "0", level) + line("video", 4002, "0", "1") +
                          line("video", 4004, "96", "2", turned) + line("video", 4006, "96", "3", level));
  BundleNumbers numbers;
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(numbers.take(*all, all->media[i]), i == 0 || i == 3) << i;
}

// RFC 9143 7.2: in a first offer each line has a place of its own.
TEST(SdpBundle, AnOfferMayHaveLinesWithPlacesOfTheirOwn) {
  const auto other =
      parsed(head("") + line("audio", 5000, "0", "x", "", "RTP/AVP") + line("video", 5002, "96", "y", "", "RTP/AVP"));
  const std::vector<std::size_t> bundle{0, 1};
  for (const bool apart : {true, false}) {
    std::vector<std::optional<Anchor>> anchors{web_anchor("203.0.113.9:20000"), web_anchor("203.0.113.9:20000")};
    if (apart) anchors[1] = web_anchor("203.0.113.9:20002");
    const std::string text = rewrite({.from = *other, .anchors = anchors, .bundle = bundle}, {}, 1).text;
    EXPECT_THAT(text, HasSubstr("a=group:BUNDLE 0 1\r\n"));
    const std::string video = text.substr(text.find("m=video"));
    for (const char* word : {"candidate", "ice-ufrag", "fingerprint", "setup"})
      EXPECT_EQ(video.find(word) != std::string::npos, apart) << word;
  }
}

TEST(SdpBundle, AnAnswerHasTheGroupAndOneTransport) {
  const auto offer = parsed(head("BUNDLE a v") + kAudio + kOnly);
  const auto other =
      parsed(head("") + line("audio", 5000, "0", "x", "", "RTP/AVP") + line("video", 5002, "96", "y", "", "RTP/AVP"));
  const std::vector<std::optional<Anchor>> anchors{web_anchor("203.0.113.9:20000"), web_anchor("203.0.113.9:20000")};
  const std::vector<std::size_t> bundle{0, 1};
  const RewriteContext context{.answering = offer.get()};
  const std::string text = rewrite({.from = *other, .anchors = anchors, .bundle = bundle}, {}, 1, context).text;
  const auto answer = parsed(text);
  EXPECT_THAT(text, HasSubstr("a=group:BUNDLE a v\r\n"));
  EXPECT_THAT(bundled_lines(*answer), ElementsAre(0, 1));
  EXPECT_EQ(answer->media[1].port, 20000);
  const std::string video = text.substr(text.find("m=video"));
  for (const char* word : {"candidate", "ice-", "fingerprint", "setup", "a=rtcp:"})
    EXPECT_THAT(video, Not(HasSubstr(word)));
  EXPECT_THAT(video, HasSubstr("a=mid:v\r\n"));
  EXPECT_THAT(video, HasSubstr("a=rtcp-mux\r\n"));
  EXPECT_TRUE(handshake_of(*answer, answer->media[1]));

  // A line that the other side refuses leaves the group (RFC 9143 7.3.3); without a bundle there is none.
  const std::vector<std::optional<Anchor>> one{web_anchor("203.0.113.9:20000"), std::nullopt};
  EXPECT_THAT(rewrite({.from = *other, .anchors = one, .bundle = bundle}, {}, 1, context).text,
              HasSubstr("a=group:BUNDLE a\r\n"));
  EXPECT_THAT(rewrite({.from = *other, .anchors = one}, {}, 1, context).text, Not(HasSubstr("group")));
}

}  // namespace
}  // namespace sbc::sdp
