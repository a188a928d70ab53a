// The messages of RFC 5118, "SIP Torture Test Messages for IPv6", with the verdict the RFC gives for each. The data are
// the bit-accurate files of the RFC's appendix A.

#include <gmock/gmock.h>

#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

#include "torture.h"

namespace {

using sbc::sip::HeaderId;
using sbc::sip::Message;
using torture::Parse;
using torture::Verdict;

void good(const Message& m) {
  EXPECT_EQ(m.request_uri().host, "[2001:db8::10]");
  EXPECT_FALSE(m.request_uri().has_user);
  EXPECT_EQ(m.top_via().host, "[2001:db8::9:1]");
  EXPECT_EQ(m.top_via().branch, "z9hG4bKas3-111");
  EXPECT_EQ(sbc::sip::first_contact(m)->uri.host, "[2001:db8::1]");
}

void port_ambiguous(const Message& m) {
  EXPECT_EQ(m.request_uri().host, "[2001:db8::10:5070]");
  EXPECT_FALSE(m.request_uri().has_port);
}

void port_unambiguous(const Message& m) {
  EXPECT_EQ(m.request_uri().host, "[2001:db8::10]");
  EXPECT_EQ(m.request_uri().port, 5070);
}

void received(const Message& m) {
  const auto address = base::IpAddress::parse(m.top_via().received);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->text(), "2001:db8::9:255");
}

void in_sdp(const Message& m) {
  EXPECT_NE(m.body().find("c=IN IP6 2001:db8::20"), std::string_view::npos);
}

void many_in_header(const Message& m) {
  std::vector<std::string> hosts;
  sbc::sip::for_each_value(m, HeaderId::Via, [&](std::string_view value) {
    const auto via = sbc::sip::parse_via(value);
    ASSERT_TRUE(via.has_value());
    hosts.emplace_back(via->host);
  });
  EXPECT_THAT(hosts, testing::ElementsAre("[2001:db8::9:1]", "192.0.2.1", "[2001:db8::9:255]"));
  EXPECT_EQ(m.top_via().port, 6050);
}

void many_in_sdp(const Message& m) {
  EXPECT_NE(m.body().find("c=IN IP4 192.0.2.1"), std::string_view::npos);
  EXPECT_NE(m.body().find("c=IN IP6 2001:db8::1"), std::string_view::npos);
}

void mapped(const Message& m) {
  EXPECT_EQ(m.top_via().host, "[::ffff:192.0.2.10]");
  EXPECT_EQ(m.top_via().port, 19823);
  EXPECT_EQ(sbc::sip::first_contact(m)->uri.ip()->text(), "192.0.2.2");
}

void colons(const Message& m) {
  ASSERT_TRUE(m.request_uri().ip().has_value());
  EXPECT_EQ(m.request_uri().ip(), base::IpAddress::parse("2001:db8::192.0.2.1"));
  EXPECT_EQ(m.to().uri.user, "user");
}

constexpr Verdict kVerdicts[] = {
    {"ipv6-good", "4.1", Parse::Accept, 0, "", "", good},
    {"ipv6-bad", "4.2", Parse::Refuse, 400, "", ""},
    {"port-ambiguous", "4.3", Parse::Accept, 0, "", "", port_ambiguous},
    {"port-unambiguous", "4.4", Parse::Accept, 0, "", "", port_unambiguous},
    {"via-received-param-with-delim", "4.5", Parse::Accept, 0, "", "", received},
    {"via-received-param-no-delim", "4.5", Parse::Accept, 0, "", "", received},
    {"ipv6-in-sdp", "4.6", Parse::Accept, 0, "", "", in_sdp},
    {"mult-ip-in-header", "4.7", Parse::Accept, 0, "", "", many_in_header},
    {"mult-ip-in-sdp", "4.8", Parse::Accept, 0, "", "", many_in_sdp},
    {"ipv4-mapped-ipv6", "4.9", Parse::Accept, 0, "", "", mapped},
    {"ipv6-bug-abnf-3-colons", "4.10", Parse::Accept, 0, "", "", colons},
    {"ipv6-correct-abnf-2-colons", "4.10", Parse::Accept, 0, "", "", colons},
};

class Rfc5118 : public testing::TestWithParam<Verdict> {};

// The files of the archive have bare LF; two lack the blank line after "Content-Length: 0", and the lengths of the
// bodies fit neither LF nor CRLF. All of that is tolerated in a datagram; none of it is what the RFC is about.
TEST_P(Rfc5118, GetsTheVerdictOfTheRfcWithTheLineEndsOfTheArchive) {
  torture::check(torture::read_message("rfc5118", GetParam().file), GetParam());
}

TEST_P(Rfc5118, GetsTheVerdictOfTheRfcWithCrlf) {
  torture::check(torture::with_crlf(torture::read_message("rfc5118", GetParam().file)), GetParam());
}

TEST_P(Rfc5118, ReadsTheSameFromAStream) {
  const std::string bytes = torture::with_crlf(torture::read_message("rfc5118", GetParam().file));
  if (GetParam().parse == Parse::Accept && bytes.ends_with("Content-Length: 0\r\n\r\n"))
    torture::check_stream(bytes, 5);
}

INSTANTIATE_TEST_SUITE_P(All, Rfc5118, testing::ValuesIn(kVerdicts), [](const auto& param) {
  std::string name(param.param.file);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Rfc5118Table, HasEveryMessageOfTheArchive) {
  EXPECT_EQ(std::size(kVerdicts), torture::count_files("rfc5118"));
}

}  // namespace
