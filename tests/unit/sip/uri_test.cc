#include "sbc/sip/uri.h"

#include <gtest/gtest.h>

#include "media-relay/base/text.h"

namespace sbc::sip {
namespace {

Uri uri(std::string_view text) {
  const auto result = parse_uri(text);
  EXPECT_TRUE(result.has_value()) << text << ": " << (result ? "" : result.error().text());
  return result.value_or(Uri{});
}

bool same(std::string_view a, std::string_view b) {
  const bool forth = equivalent(uri(a), uri(b));
  EXPECT_EQ(forth, equivalent(uri(b), uri(a))) << a << " " << b;
  return forth;
}

TEST(Uri, SplitsASipUriIntoItsParts) {
  const Uri u = uri("sip:alice:secret@atlanta.example.com:5070;transport=tcp;lr?subject=project&x=y");
  EXPECT_EQ(u.scheme, Uri::Scheme::Sip);
  EXPECT_EQ(u.scheme_text, "sip");
  EXPECT_EQ(u.user, "alice");
  EXPECT_TRUE(u.has_password);
  EXPECT_EQ(u.password, "secret");
  EXPECT_EQ(u.host, "atlanta.example.com");
  EXPECT_TRUE(u.has_port);
  EXPECT_EQ(u.port, 5070);
  EXPECT_EQ(u.host_port(), "atlanta.example.com:5070");
  EXPECT_EQ(u.params, "transport=tcp;lr");
  EXPECT_EQ(u.headers, "subject=project&x=y");
  EXPECT_EQ(u.param("TRANSPORT"), "tcp");
  EXPECT_EQ(u.param("lr"), "");
  EXPECT_EQ(u.param("nothing"), std::nullopt);
  EXPECT_EQ(u.transport(), Transport::Tcp);
}

TEST(Uri, ReadsSchemesInAnyCase) {
  EXPECT_EQ(uri("SIPS:a@b").scheme, Uri::Scheme::Sips);
  EXPECT_EQ(uri("Tel:+123").scheme, Uri::Scheme::Tel);
  EXPECT_EQ(uri("mailto:a@b").scheme, Uri::Scheme::Other);
}

TEST(Uri, KeepsParametersInsideTheUserPart) {  // trap 69: numbers and their parameters survive.
  const Uri u = uri("sip:+12125551234;npdi;rn=+12125550000;phone-context=+1@gw.example.com;user=phone");
  EXPECT_EQ(u.user, "+12125551234;npdi;rn=+12125550000;phone-context=+1");
  EXPECT_EQ(u.param("user"), "phone");
  EXPECT_EQ(uri("sip:%23123@h").user, "%23123");
  EXPECT_EQ(uri("sip:*31#123@h").user, "*31#123");
}

TEST(Uri, ReadsIpv6References) {
  const Uri u = uri("sip:bob@[2001:db8::1]:5080;lr");
  EXPECT_EQ(u.host, "[2001:db8::1]");
  EXPECT_EQ(u.port, 5080);
  EXPECT_EQ(u.ip(), base::IpAddress::parse("2001:db8::1"));
}

TEST(Uri, ReadsTelUris) {  // trap 69: numbers and their parameters survive.
  const Uri u = uri("tel:+1-212-(555)-0101;phone-context=example.com");
  EXPECT_EQ(u.user, "+1-212-(555)-0101");
  EXPECT_EQ(u.host, "");
  EXPECT_EQ(u.param("phone-context"), "example.com");
  EXPECT_EQ(uri("tel:*67").user, "*67");
}

TEST(Uri, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "sip",
                           "sip:",
                           ":a@b",
                           "1sip:a",
                           "sip:@host",
                           "sip::pw@host",
                           "sip:a@",
                           "sip:a@h:",
                           "sip:a@h:x",
                           "sip:a@h:65536",
                           "sip:a@h:50 60",
                           "sip:a b@h",
                           "sip:a@h h",
                           "sip:a@b@c",
                           "sip:a%2@h",
                           "sip:a%zz@h",
                           "sip:a@h;p=%4",
                           "sip:a@[::1",
                           "sip:a@[zz]",
                           "sip:a@[]",
                           "sip:2001:db8::10",
                           "sip:a<b@h",
                           "sip:a\"b@h",
                           "sip:a@h;x=\"y\"",
                           "tel:",
                           "tel:;x",
                           "tel:+12 34",
                           "x:",
                           "x:a b",
                           "sip:a@h/x"}) {
    EXPECT_FALSE(parse_uri(text).has_value()) << text;
  }
}

TEST(Uri, AnErrorSaysWhatWasExpectedAndWhere) {
  const auto result = parse_uri("sip:alice@example.com:x");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().text(), "expected port, got \"x\", byte 22");
  EXPECT_EQ(parse_uri("sip:alice@").error().text(), "expected host, got the end, byte 10");
}

// RFC 3261 19.1.4, its own examples.
TEST(UriEquivalence, HoldsForTheExamplesOfTheRfc) {
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
}

TEST(UriEquivalence, FailsForTheCounterexamplesOfTheRfc) {
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
}

TEST(UriEquivalence, FollowsTheRulesBesideTheExamples) {
  EXPECT_FALSE(same("sip:a@h", "sips:a@h"));
  EXPECT_FALSE(same("sip:a@h", "sip:h"));
  EXPECT_FALSE(same("sip:a:p@h", "sip:a@h"));
  EXPECT_FALSE(same("sip:a@h;user=phone", "sip:a@h"));
  EXPECT_FALSE(same("sip:a@h;ttl=1", "sip:a@h"));
  EXPECT_FALSE(same("sip:a@h;maddr=1.2.3.4", "sip:a@h"));
  EXPECT_FALSE(same("sip:a%3Bb@h", "sip:a;b@h"));  // reserved: the escape means something else
  EXPECT_FALSE(same("sip:%2541@h", "sip:%41@h"));  // one unescaping, not two
  EXPECT_TRUE(same("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0::1]"));
  EXPECT_TRUE(same("tel:+1-212-555", "tel:+1(212)555"));
  EXPECT_FALSE(same("tel:212;phone-context=+1", "tel:212;phone-context=+2"));
  EXPECT_TRUE(same("urn:x", "URN:x"));
  EXPECT_FALSE(same("urn:x", "urn:X"));
}

TEST(UriEscapes, AreUndoneOnceAndMalformedOnesStay) {
  EXPECT_EQ(unescape("a%20b%2541%zz%4"), "a b%41%zz%4");
  EXPECT_EQ(unescape(std::string_view("%00x")), std::string("\0x", 2));
}

TEST(UriEscapes, EveryByteSurvivesAUserPart) {  // trap 69: numbers and their parameters survive.
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string text = "sip:" + escape_user(all) + "@h";
  EXPECT_EQ(unescape(uri(text).user), all);
  EXPECT_EQ(escape_user("+1;a=b"), "+1;a=b");
  EXPECT_EQ(escape_user("a@b#"), "a%40b%23");
}

}  // namespace
}  // namespace sbc::sip
