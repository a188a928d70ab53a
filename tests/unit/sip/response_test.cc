#include "sbc/sip/response.h"

#include <gtest/gtest.h>

#include "sbc/sip/values.h"
#include "sbc/sip/writer.h"

#include "sample.h"

namespace sbc::sip {
namespace {

using sample::parsed;
using sample::Parts;

Source from(std::string_view endpoint, Transport transport = Transport::Udp) {
  Source source;
  source.hop.transport = transport;
  source.hop.remote = *base::Endpoint::parse(endpoint);
  return source;
}

std::string answered_via(const std::string& via, std::string_view source) {
  Parts parts;
  parts.via = "Via: " + via + "\r\n";
  const auto response = parsed(build_response(*parsed(parts.text()), 200, "x", from(source)));
  return std::string(response->find(HeaderId::Via).value_or(""));
}

// RFC 3261 8.2.6.2.
TEST(Response, CopiesWhatItMustAndAddsItsTag) {
  Parts parts;
  parts.more =
      "Via: SIP/2.0/TCP second, SIP/2.0/TCP third\r\nRecord-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\n";
  const auto request = parsed(parts.text());
  const ExtraHeader extra[] = {{"Retry-After", "5"}};
  const auto response =
      parsed(build_response(*request, 200, "mine", from("192.0.2.10:5060"), extra, "application/sdp", "v=0\r\n"));
  EXPECT_EQ(response->status(), 200);
  EXPECT_EQ(response->reason_phrase(), "OK");
  EXPECT_EQ(count_values(*response, HeaderId::Via), 3U);
  EXPECT_EQ(response->from().text, request->from().text);
  EXPECT_EQ(response->to_tag(), "mine");
  EXPECT_EQ(response->call_id(), request->call_id());
  EXPECT_EQ(response->cseq().number, 1U);
  EXPECT_EQ(response->count(HeaderId::RecordRoute), 2U);
  EXPECT_EQ(response->find(HeaderId::RetryAfter), "5");
  EXPECT_EQ(response->body(), "v=0\r\n");
}

TEST(Response, KeepsATagThatIsThere) {
  Parts parts;
  parts.to = "To: <sip:b@h>;tag=theirs\r\n";
  EXPECT_EQ(parsed(build_response(*parsed(parts.text()), 200, "mine", from("192.0.2.10:5060")))->to_tag(), "theirs");
  EXPECT_EQ(parsed(build_response(*parsed(Parts{}.text()), 100, "", from("192.0.2.10:5060")))->to_tag(), "");
}

// RFC 3261 12.1.1.
TEST(Response, RecordRouteGoesIntoDialogCreatingResponsesOnly) {
  Parts parts;
  parts.more = "Record-Route: <sip:p;lr>\r\n";
  const auto request = parsed(parts.text());
  for (const auto& [status, expected] : {std::pair{100, 0U}, {180, 1U}, {200, 1U}, {302, 0U}, {486, 0U}})
    EXPECT_EQ(parsed(build_response(*request, status, "t", from("192.0.2.10:5060")))->count(HeaderId::RecordRoute),
              expected)
        << status;
  parts.start = "OPTIONS sip:a@b SIP/2.0";
  parts.cseq = "CSeq: 1 OPTIONS\r\n";
  EXPECT_EQ(
      parsed(build_response(*parsed(parts.text()), 200, "t", from("192.0.2.10:5060")))->count(HeaderId::RecordRoute),
      0U);
}

// RFC 3261 8.2.6.1.
TEST(Response, TimestampGoesInto100Only) {
  Parts parts;
  parts.more = "Timestamp: 54\r\n";
  const auto request = parsed(parts.text());
  EXPECT_EQ(parsed(build_response(*request, 100, "", from("192.0.2.10:5060")))->find(HeaderId::Timestamp), "54");
  EXPECT_EQ(parsed(build_response(*request, 180, "t", from("192.0.2.10:5060")))->find(HeaderId::Timestamp),
            std::nullopt);
}

// RFC 3261 18.2.1 and RFC 3581 4.
TEST(Response, TheTopViaSaysWhereTheRequestCameFrom) {
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.10;branch=b", "192.0.2.10:5060"), "SIP/2.0/UDP 192.0.2.10;branch=b");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 10.0.0.1;branch=b", "192.0.2.10:5060"),
            "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.10");
  EXPECT_EQ(answered_via("SIP/2.0/UDP host", "192.0.2.10:5060"), "SIP/2.0/UDP host;received=192.0.2.10");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.10;rport;branch=b", "192.0.2.10:4444"),
            "SIP/2.0/UDP 192.0.2.10;rport=4444;branch=b;received=192.0.2.10");
  EXPECT_EQ(answered_via("SIP/2.0/UDP [2001:db8::1] ; rport", "[2001:db8::2]:4444"),
            "SIP/2.0/UDP [2001:db8::1];rport=4444;received=2001:db8::2");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.10;received=6.6.6.6;rport=6", "192.0.2.10:5060"),
            "SIP/2.0/UDP 192.0.2.10;rport=5060;received=192.0.2.10");
  EXPECT_EQ(answered_via("SIP/2.0/UDP host;x=\"a;b\" , SIP/2.0/UDP second", "192.0.2.10:5060"),
            "SIP/2.0/UDP host;x=\"a;b\";received=192.0.2.10 , SIP/2.0/UDP second");
}

TEST(Response, AMalformedRequestGetsItsAnswer) {
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP 192.0.2.10;;\r\n";
  const auto result = parse(parts.text());
  ASSERT_TRUE(result.answerable);
  const std::string response = build_response(*result.message, 400, "t", from("192.0.2.9:5060"));
  EXPECT_TRUE(response.starts_with("SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.10;;;received=192.0.2.9\r\n"))
      << response;
}

// RFC 3261 18.2.2, RFC 3581 4.
TEST(ResponseHop, FollowsTheVia) {  // trap 66: a response finds its way when the way it came is gone.
  Parts parts;
  EXPECT_EQ(response_hop(*parsed(parts.text()), from("192.0.2.9:4444")).remote.text(), "192.0.2.9:5060");
  parts.via = "Via: SIP/2.0/UDP 192.0.2.10:5070\r\n";
  EXPECT_EQ(response_hop(*parsed(parts.text()), from("192.0.2.9:4444")).remote.text(), "192.0.2.9:5070");
  parts.via = "Via: SIP/2.0/UDP 192.0.2.10:5070;rport\r\n";
  EXPECT_EQ(response_hop(*parsed(parts.text()), from("192.0.2.9:4444")).remote.text(), "192.0.2.9:4444");
  parts.via = "Via: SIP/2.0/UDP 192.0.2.10;maddr=198.51.100.1\r\n";
  EXPECT_EQ(response_hop(*parsed(parts.text()), from("192.0.2.9:4444")).remote.text(), "192.0.2.9:5060");
  parts.via = "Via: SIP/2.0/TCP 192.0.2.10;rport\r\n";
  auto source = from("192.0.2.9:4444", Transport::Tcp);
  source.hop.connection = ConnectionId{7};
  const Hop hop = response_hop(*parsed(parts.text()), source);
  EXPECT_EQ(hop.connection, ConnectionId{7});
  EXPECT_EQ(hop.remote.text(), "192.0.2.9:5060");
}

TEST(Writer, WritesARequest) {
  std::string out;
  Writer writer(out);
  writer.request_line(Method::Options, "sip:h").header(HeaderId::MaxForwards, 70).header("X-A", "b");
  writer.finish();
  EXPECT_EQ(out, "OPTIONS sip:h SIP/2.0\r\nMax-Forwards: 70\r\nX-A: b\r\nContent-Length: 0\r\n\r\n");
}

TEST(Writer, WritesABodyWithItsTypeAndLength) {
  std::string out;
  Writer(out).status_line(200).finish("text/plain", "hi");
  EXPECT_EQ(out, "SIP/2.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(Writer, NoValueCanInjectALine) {
  std::string out;
  Writer(out).header("A", "b\r\nEvil: c").request_line("X\r\n", "y\n").status_line(400, "z\r");
  EXPECT_EQ(out, "A: b  Evil: c\r\nX   y  SIP/2.0\r\nSIP/2.0 400 z \r\n");
}

TEST(Writer, EveryStatusHasAPhrase) {
  EXPECT_EQ(reason_phrase_for(487), "Request Terminated");
  EXPECT_EQ(reason_phrase_for(499), "Request Failure");
  EXPECT_EQ(reason_phrase_for(699), "Global Failure");
}

}  // namespace
}  // namespace sbc::sip
