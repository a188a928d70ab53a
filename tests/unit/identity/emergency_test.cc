#include "sbc/identity/emergency.h"

#include "sample.h"

namespace sbc::identity {
namespace {

// trap 85
TEST(Emergency, TheServiceUrnAndWhatIsBelowIt) {  // RFC 5031 4.2
  for (const char* text : {"urn:service:sos", "URN:Service:SOS", "urn:service:sos.fire", "urn:service:sos.police.x"})
    EXPECT_TRUE(is_emergency(*sip::parse_uri(text), {})) << text;
  for (const char* text : {"urn:service:counseling", "urn:service:sosnot", "urn:service:so", "sip:sos@example.net",
                           "tel:112", "http://urn:service:sos"})
    EXPECT_FALSE(is_emergency(*sip::parse_uri(text), {})) << text;
}

TEST(Emergency, TheNumbersOfTheConfiguration) {
  const std::vector<std::string> numbers = {"112", "911"};
  EXPECT_TRUE(is_emergency(*sip::parse_uri("sip:911@example.net"), numbers));
  EXPECT_TRUE(is_emergency(*sip::parse_uri("tel:112;phone-context=+43"), numbers));
  EXPECT_FALSE(is_emergency(*sip::parse_uri("sip:9111@example.net"), numbers));
  EXPECT_FALSE(is_emergency(*sip::parse_uri("sip:example.net"), numbers));
}

TEST(Emergency, PrioritiesOfTheRightForm) {  // RFC 4412 3.1
  const auto message =
      test::invite("Resource-Priority: esnet.1, dsn.flash , bad, .x, y.\r\nresource-priority: wps.0\r\n");
  EXPECT_EQ(resource_priorities(*message), (std::vector<std::string>{"esnet.1", "dsn.flash", "wps.0"}));
}

TEST(Emergency, OnlySoManyPriorities) {
  std::string list = "a.0";
  for (int i = 1; i < 8; ++i) list += ",a." + std::to_string(i);
  EXPECT_EQ(resource_priorities(*test::invite("Resource-Priority: " + list + "\r\n")).size(), 8U);
  EXPECT_EQ(resource_priorities(*test::invite("Resource-Priority: " + list + ",a.9\r\n")).size(), 8U);
}

// RFC 8787 3: neither toward networks that do not trust each other nor from them, and only names.
TEST(Emergency, WhoAddedALocationIsForFriendsOnly) {
  const auto message = test::invite(
      "Geolocation: <cid:alice@example.net>, <https://lis.example.net/x;y>;loc-src=edge.example.net;inserted-by=lis\r\n"
      "Geolocation: <sips:pres@example.net>;loc-src=192.0.2.1, <\"\r\n");
  using Values = std::vector<std::string>;
  EXPECT_EQ(locations(*message, false),
            (Values{"<https://lis.example.net/x;y>;inserted-by=lis", "<sips:pres@example.net>"}));
  EXPECT_EQ(locations(*message, true), (Values{"<https://lis.example.net/x;y>;loc-src=edge.example.net;inserted-by=lis",
                                               "<sips:pres@example.net>"}));
  // RFC 6442 4.1: into a part of the same message, where that part goes on.
  EXPECT_EQ(
      locations(*message, false, true),
      (Values{"<cid:alice@example.net>", "<https://lis.example.net/x;y>;inserted-by=lis", "<sips:pres@example.net>"}));
}

TEST(Emergency, OnlySoManyLocations) {
  std::string list;
  for (int i = 0; i < 9; ++i) list += "Geolocation: <https://lis.example.net/" + std::to_string(i) + ">\r\n";
  EXPECT_EQ(locations(*test::invite(list), false).size(), 8U);
}

}  // namespace
}  // namespace sbc::identity
