#include "sbc/sip/via.h"

#include <gtest/gtest.h>

namespace sbc::sip {
namespace {

Via via(std::string_view text) {
  const auto result = parse_via(text);
  EXPECT_TRUE(result.has_value()) << text << ": " << (result ? "" : result.error().text());
  return result.value_or(Via{});
}

TEST(Via, ReadsAllItsParts) {
  const Via v =
      via("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKx;rport=4;received=192.0.2.9;maddr=224.2.0.1;ttl=16;other");
  EXPECT_EQ(v.transport, Transport::Udp);
  EXPECT_EQ(v.host, "192.0.2.1");
  EXPECT_EQ(v.port, 5070);
  EXPECT_EQ(v.branch, "z9hG4bKx");
  EXPECT_TRUE(v.has_magic_cookie());
  EXPECT_EQ(v.rport, 4);
  EXPECT_EQ(v.received, "192.0.2.9");
  EXPECT_EQ(v.maddr, "224.2.0.1");
  EXPECT_EQ(v.ttl, 16);
}

// RFC 3261 20.42 has this example.
TEST(Via, ToleratesBlanksEverywhereTheGrammarHasThem) {
  const Via v = via("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1");
  EXPECT_EQ(v.host, "first.example.com");
  EXPECT_EQ(v.port, 4000);
  EXPECT_EQ(v.branch, "z9hG4bKa7c6a8dlze.1");
}

TEST(Via, TellsAnEmptyRportFromNone) {
  EXPECT_EQ(via("SIP/2.0/UDP h;rport").rport, 0);
  EXPECT_EQ(via("SIP/2.0/UDP h").rport, std::nullopt);
}

TEST(Via, StopsAtTheEndOfItsValue) {
  const Via v = via("SIP/2.0/TCP a;branch=1 , SIP/2.0/UDP b;branch=2");
  EXPECT_EQ(v.text, "SIP/2.0/TCP a;branch=1");
  EXPECT_EQ(v.branch, "1");
}

TEST(Via, KnowsTheDefaultPortOfItsTransport) {
  EXPECT_EQ(via("SIP/2.0/TLS h").port_or_default(), 5061);
  EXPECT_EQ(via("SIP/2.0/UDP h").port_or_default(), 5060);
  EXPECT_EQ(via("SIP/2.0/WSS df7jal23ls0d.invalid").port_or_default(), 443);
  EXPECT_EQ(via("SIP/2.0/SCTP h:9").port_or_default(), 9);
  EXPECT_EQ(via("SIP/2.0/SCTP h").transport, std::nullopt);
}

TEST(Via, RefusesWhatIsNone) {
  for (const char* text : {"", ",", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDPh", "HTTP/2.0/UDP h",
                           "SIP/2.0/UDP h:", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h:70000", "SIP/2.0/UDP [::1",
                           "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;a", "SIP/2.0/UDP h x", "SIP//UDP h", "SIP/2.0/ h"}) {
    EXPECT_FALSE(parse_via(text).has_value()) << text;
  }
}

TEST(Via, AnErrorSaysWhatWasExpectedAndWhere) {
  EXPECT_EQ(parse_via("SIP/2.0/UDP host:x;branch=y").error().text(), "expected port, got \"x;branch=y\", byte 17");
}

TEST(Via, IsWrittenAsItIsRead) {
  std::string out;
  append_via(out, Transport::Tcp, "[2001:db8::1]:5060", "z9hG4bKq");
  EXPECT_EQ(out, "SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKq;rport");
  EXPECT_EQ(via(out).host, "[2001:db8::1]");
}

}  // namespace
}  // namespace sbc::sip
