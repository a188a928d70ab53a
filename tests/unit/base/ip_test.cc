#include "media-relay/base/ip.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  const struct {
    const char* in;
    const char* text;
    const char* uri;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
      {"2001:db8::1", "2001:db8::1", "[2001:db8::1]"},
      {"[2001:DB8:0:0:0:0:0:1]", "2001:db8::1", "[2001:db8::1]"},
      {"::", "::", "[::]"},
      {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"},
  };
  for (const auto& c : cases) {
    const auto ip = IpAddress::parse(c.in);
    ASSERT_TRUE(ip) << c.in;
    EXPECT_EQ(ip->text(), c.text);
    EXPECT_EQ(ip->uri_text(), c.uri);
  }
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", "[192.0.2.1]", "[::1", "::1]", "1::2::3", "example.com",
        "fe80::1%eth0", "0192.0.2.1.5", "1:2:3:4:5:6:7:8:9", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, AMappedAddressIsItsIPv4Self) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.1.2.3"), IpAddress::parse("10.1.2.3"));
  EXPECT_TRUE(IpAddress::parse("::ffff:10.1.2.3")->is_v4());
}

TEST(IpAddress, KnowsTheSpecialRanges) {
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_any());
  EXPECT_TRUE(IpAddress::parse("::")->is_any());
  EXPECT_FALSE(IpAddress().is_any());
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("224.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("239.255.255.255")->is_multicast());
  EXPECT_FALSE(IpAddress::parse("240.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("ff02::1")->is_multicast());
  for (const char* text :
       {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"})
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  for (const char* text :
       {"11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.1.1", "100.128.0.1", "2001:db8::1", "fec0::1"})
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
}

TEST(IpAddress, KeepsHostOrder) {
  EXPECT_EQ(IpAddress::v4(0xc0000201).v4_host_order(), 0xc0000201u);
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:65535", "0.0.0.0:0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->text(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:5060x",
                           "2001:db8::1:5060", "[2001:db8::1]", "[2001:db8::1]5060", "host:5060"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, HashesAsItCompares) {
  const EndpointHash hash;
  EXPECT_EQ(hash(*Endpoint::parse("[::ffff:192.0.2.1]:9")), hash(*Endpoint::parse("192.0.2.1:9")));
  EXPECT_NE(hash(*Endpoint::parse("192.0.2.1:9")), hash(*Endpoint::parse("192.0.2.1:10")));
}

TEST(Prefix, ContainsWhatItsBitsCover) {
  const struct {
    const char* prefix;
    const char* inside;
    const char* outside;
  } cases[] = {
      {"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
      {"192.0.2.64/26", "192.0.2.127", "192.0.2.128"},
      {"10.0.0.0/7", "11.255.0.1", "12.0.0.1"},
      {"192.0.2.7", "192.0.2.7", "192.0.2.6"},
      {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
      {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
  };
  for (const auto& c : cases) {
    const auto prefix = Prefix::parse(c.prefix);
    ASSERT_TRUE(prefix) << c.prefix;
    EXPECT_TRUE(prefix->contains(*IpAddress::parse(c.inside))) << c.prefix;
    EXPECT_FALSE(prefix->contains(*IpAddress::parse(c.outside))) << c.prefix;
  }
}

TEST(Prefix, OfZeroBitsHoldsItsFamilyOnly) {
  EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("203.0.113.9")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
  EXPECT_TRUE(Prefix::parse("::/0")->contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(Prefix::parse("::/0")->contains(*IpAddress::parse("203.0.113.9")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(IpAddress()));
}

TEST(Prefix, RefusesALengthBeyondItsFamily) {
  EXPECT_TRUE(Prefix::parse("192.0.2.0/32"));
  EXPECT_FALSE(Prefix::parse("192.0.2.0/33"));
  EXPECT_TRUE(Prefix::parse("2001:db8::/128"));
  EXPECT_FALSE(Prefix::parse("2001:db8::/129"));
  for (const char* text : {"", "/24", "192.0.2.0/", "192.0.2.0/x", "192.0.2.0/-1", "192.0.2.0/24/8"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

}  // namespace
}  // namespace base
