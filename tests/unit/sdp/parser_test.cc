#include "sbc/sdp/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/writer.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;

Error error_of(std::string_view text, const Limits& limits = {}) {
  auto session = parse(text, limits);
  EXPECT_FALSE(session.has_value()) << text;
  return session ? Error{} : session.error();
}

TEST(SdpParser, ReadsTheExampleOfRfc8866Section5) {
  const auto s = parsed(
      lines({"v=0", "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1", "s=Call to John Smith", "i=SDP Offer #1",
             "u=http://www.jdoe.example.com/home.html", "e=Jane Doe <jane@jdoe.example.com>", "p=+1 617 555-6011",
             "c=IN IP4 198.51.100.1", "t=0 0", "m=audio 49170 RTP/AVP 0", "m=audio 49180 RTP/AVP 0",
             "m=video 51372 RTP/AVP 99", "c=IN IP6 2001:db8::2", "a=rtpmap:99 h263-1998/90000"}));
  EXPECT_EQ(s->origin.username, "jdoe");
  EXPECT_EQ(s->origin.session_id, "3724394400");
  EXPECT_EQ(s->origin.version, "3724394405");
  EXPECT_EQ(s->origin.address, "198.51.100.1");
  ASSERT_EQ(s->media.size(), 3U);
  EXPECT_EQ(s->media[0].kind, "audio");
  EXPECT_EQ(s->media[1].port, 49180);
  EXPECT_EQ(s->media[2].proto, "RTP/AVP");
  EXPECT_EQ(s->media[2].formats, "99");
  EXPECT_EQ(s->connection_of(s->media[0])->ip, ip("198.51.100.1"));
  EXPECT_EQ(s->connection_of(s->media[2])->ip, ip("2001:db8::2"));
}

TEST(SdpParser, KeepsUnknownLinesAndAttributesInTheirOrder) {
  const std::string text =
      lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "x=what is this", "c=IN IP4 192.0.2.1", "t=0 0",
             "a=unheard-of:thing", "m=audio 4000 RTP/AVP 0", "y=0100", "a=zzz", "a=rtpmap:0 PCMU/8000", "f=v/1/2/3"});
  EXPECT_EQ(write(*parsed(text)), text);
}

TEST(SdpParser, WritesThePhonesOfferBackUnchanged) {
  EXPECT_EQ(write(*parsed(phone_offer())), phone_offer());
}

TEST(SdpParser, TakesLinesThatEndInLineFeedAlone) {
  std::string text = phone_offer();
  std::erase(text, '\r');
  EXPECT_EQ(write(*parsed(text)), phone_offer());
}

TEST(SdpParser, TakesAMissingEndOfTheLastLineAndEmptyLinesAfterIt) {
  const std::string text = audio("192.0.2.1", 4000);
  EXPECT_EQ(write(*parsed(text.substr(0, text.size() - 2))), text);
  EXPECT_EQ(write(*parsed(text + "\r\n\r\n")), text);
}

TEST(SdpParser, TakesMissingNameAndTime) {
  EXPECT_EQ(
      parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0"}))->media.size(),
      1U);
}

TEST(SdpParser, TakesAUserNameWithSpacesInTheOrigin) {
  const auto s = parsed(lines({"v=0", "o=John Doe 1 2 IN IP4 192.0.2.1", "s=-", "t=0 0"}));
  EXPECT_EQ(s->origin.username, "John Doe");
  EXPECT_EQ(s->origin.version, "2");
}

TEST(SdpParser, SessionOutlivesTheTextAndItsOwnCopies) {
  auto text = std::make_unique<std::string>(phone_offer());
  auto first = std::make_unique<Session>(*parse(*text));
  text.reset();
  const Session copy = *first;
  first.reset();
  EXPECT_EQ(write(copy), phone_offer());
}

TEST(SdpParser, RefusesWhatACallDependsOn) {
  const struct {
    const char* why;
    std::string text;
    const char* expected;
  } kCases[] = {
      {"nothing", "", "got nothing"},
      {"only line ends", "\r\n\r\n", "got nothing"},
      {"version first", lines({"o=- 1 1 IN IP4 192.0.2.1", "v=0"}), "line 1"},
      {"version 1", lines({"v=1", "o=- 1 1 IN IP4 192.0.2.1"}), "v=0"},
      {"two descriptions", audio("192.0.2.1", 4000) + audio("192.0.2.1", 4000), "one session description"},
      {"no origin", lines({"v=0", "s=-"}), "o= line"},
      {"origin after media", lines({"v=0", "m=audio 0 RTP/AVP 0", "o=- 1 1 IN IP4 192.0.2.1"}), "o= first"},
      {"short origin", lines({"v=0", "o=- 1 IN IP4 192.0.2.1"}), "six fields"},
      {"two origins", lines({"v=0", "o=- 1 1 IN IP4 1.1.1.1", "o=- 1 1 IN IP4 1.1.1.1"}), "o=: expected one"},
      {"empty line inside", "v=0\r\n\r\no=- 1 1 IN IP4 192.0.2.1\r\n", "line 2"},
      {"space before type", lines({"v=0", " o=- 1 1 IN IP4 192.0.2.1"}), "line 2"},
      {"space before equals", lines({"v=0", "o =- 1 1 IN IP4 192.0.2.1"}), "line 2"},
      {"bare CR", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=a\rb"}), "bare CR"},
      {"NUL", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", std::string_view("s=a\0b", 5)}), "NUL"},
      {"no connection", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0"}), "c= line"},
      {"net type", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=ATM IP4 192.0.2.1"}), "IN IP4 or IN IP6"},
      {"address type", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP5 192.0.2.1"}), "IN IP4 or IN IP6"},
      {"family", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 2001:db8::1"}), "an IPv4 address"},
      {"family", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP6 192.0.2.1"}), "an IPv6 address"},
      {"octet", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.256"}), "an address"},
      {"two addresses", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1 192.0.2.2"}), "one address"},
      {"no address", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4"}), "an address"},
      {"port", audio("192.0.2.1", 65536), "a port"},
      {"port sign", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio -1 RTP/AVP 0"}), "a port"},
      {"port count", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio 4000/0 RTP/AVP 0"}),
       "number of ports"},
      {"no transport", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio 4000"}), "a transport"},
      {"no format", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP"}),
       "a format"},
      {"payload type", lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 128"}),
       "a payload type"},
  };
  for (const auto& c : kCases) {
    const Error error = error_of(c.text);
    EXPECT_EQ(error.kind, ErrorKind::Syntax) << c.why;
    EXPECT_THAT(error.text, HasSubstr(c.expected)) << c.why;
    EXPECT_EQ(status_for(error.kind), 400);
  }
}

TEST(SdpParser, AsksLittleOfARefusedMediaLine) {
  const auto s = parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "t=0 0", "m=video 0 RTP/AVP"}));
  EXPECT_EQ(s->media[0].port, 0);
}

TEST(SdpParser, TakesNamesMulticastAndPortCounts) {
  const auto s = parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "t=0 0", "m=audio 4000/2 RTP/AVP 0",
                               "c=IN IP4 media.example.com", "m=video 4002 RTP/AVP 31", "c=IN IP4 233.252.0.1/127/3"}));
  EXPECT_EQ(s->media[0].port_count, 2);
  EXPECT_TRUE(s->media[0].connection->ip.empty());
  EXPECT_EQ(s->media[0].connection->text, "media.example.com");
  EXPECT_TRUE(s->media[1].connection->multicast);
  EXPECT_EQ(s->media[1].connection->ip, ip("233.252.0.1"));
}

TEST(SdpLimits, BytesAtTheLimitPassAndOnePastDoesNot) {
  const std::string text = audio("192.0.2.1", 4000);
  Limits limits;
  limits.bytes = text.size();
  EXPECT_TRUE(parse(text, limits).has_value());
  limits.bytes = text.size() - 1;
  EXPECT_EQ(error_of(text, limits).kind, ErrorKind::Limit);
  EXPECT_EQ(status_for(ErrorKind::Limit), 413);
  EXPECT_EQ(error_of(text + std::string(Limits{}.bytes, 'x')).kind, ErrorKind::Limit);
}

TEST(SdpLimits, LinesAtTheLimitPassAndOnePastDoesNot) {
  std::string text = audio("192.0.2.1", 4000);  // six lines
  for (std::size_t i = 6; i < Limits{}.lines; ++i) text += "a=x\r\n";
  EXPECT_EQ(parsed(text)->lines.size(), Limits{}.lines);
  EXPECT_EQ(error_of(text + "a=x\r\n").kind, ErrorKind::Limit);
}

TEST(SdpLimits, MediaLinesAtTheLimitPassAndOnePastDoesNot) {
  std::string text = audio("192.0.2.1", 4000);
  for (std::size_t i = 1; i < Limits{}.media; ++i) text += "m=audio 4000 RTP/AVP 0\r\n";
  EXPECT_EQ(parsed(text)->media.size(), Limits{}.media);
  EXPECT_EQ(error_of(text + "m=audio 4000 RTP/AVP 0\r\n").kind, ErrorKind::Limit);
}

TEST(SdpLimits, FormatsAtTheLimitPassAndOnePastDoesNot) {
  std::string text = lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1"}) + "m=audio 4000 RTP/AVP";
  for (std::size_t i = 0; i < Limits{}.formats; ++i) text += " " + std::to_string(i);
  EXPECT_TRUE(parse(text).has_value());
  EXPECT_EQ(error_of(text + " 0").kind, ErrorKind::Limit);
}

}  // namespace
}  // namespace sbc::sdp
