// RFC 3261 12: dialogs on both sides.

#include "sbc/dialog/dialog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/dialog/limits.h"
#include "sbc/sip/parser.h"

namespace sbc::dialog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

sip::MessagePtr message_of(std::string text) {
  sip::ParseResult result = sip::parse(std::move(text));
  EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
  return result.message;
}

std::string invite(std::string_view extra = {}, std::string_view uri = "sip:bob@border.example.net", int cseq = 314159,
                   std::string_view from = "Alice <sip:alice@atlanta.example.com>;tag=1928301774",
                   std::string_view to = "Bob <sip:bob@biloxi.example.com>", std::string_view method = "INVITE") {
  return std::string(method) + " " + std::string(uri) +
         " SIP/2.0\r\nVia: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds\r\nMax-Forwards: 70\r\nTo: " +
         std::string(to) + "\r\nFrom: " + std::string(from) +
         "\r\nCall-ID: a84b4c76e66710\r\nCSeq: " + std::to_string(cseq) + " " + std::string(method) + "\r\n" +
         std::string(extra) + "Content-Length: 0\r\n\r\n";
}

std::string response(int status, std::string_view extra = {}, std::string_view to_tag = ";tag=bob-tag") {
  return "SIP/2.0 " + std::to_string(status) +
         " Text\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKours\r\nTo: <sip:bob@biloxi.example.com>" +
         std::string(to_tag) +
         "\r\nFrom: <sip:us@border.example.net>;tag=local\r\nCall-ID: leg-b\r\nCSeq: 7 INVITE\r\n" +
         std::string(extra) + "Content-Length: 0\r\n\r\n";
}

ClientStart client_start() {
  return {.call_id = "leg-b",
          .local_tag = "local",
          .local = "\"Us\" <sip:us@border.example.net>",
          .remote = "<sip:bob@biloxi.example.com>",
          .target = "sip:bob@203.0.113.9",
          .cseq = 7};
}

Dialog client(std::string_view extra, int status = 200) {
  const auto dialog = Dialog::from_client(client_start(), *message_of(response(status, extra)));
  EXPECT_TRUE(dialog) << dialog.error();
  return dialog.value_or(Dialog{});
}

std::string head(const Dialog& dialog, std::string_view method = "BYE", std::uint32_t cseq = 8) {
  std::string out;
  sip::Writer writer(out);
  dialog.write_request_head(writer, method, cseq, "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx", 70);
  return out;
}

TEST(DialogTest, ServerTakesItsStateFromTheRequest) {
  const Dialog d = Dialog::from_server(
      *message_of(invite("Contact: <sip:alice@pc33.atlanta.example.com>\r\nRecord-Route: <sip:p2.example.com;lr>, "
                         "<sip:p1.example.com;lr>\r\nRecord-Route: <sip:p0.example.com;lr>\r\n")),
      "ours");
  EXPECT_EQ(d.call_id(), "a84b4c76e66710");
  EXPECT_EQ(d.local_tag(), "ours");
  EXPECT_EQ(d.remote_tag(), "1928301774");
  EXPECT_EQ(d.local_uri(), "Bob <sip:bob@biloxi.example.com>");
  EXPECT_EQ(d.remote_uri(), "Alice <sip:alice@atlanta.example.com>");
  EXPECT_EQ(d.remote_target(), "sip:alice@pc33.atlanta.example.com");
  EXPECT_THAT(d.route_set(),
              ElementsAre("<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>", "<sip:p0.example.com;lr>"));
  EXPECT_EQ(d.remote_cseq(), 314159U);
  EXPECT_EQ(d.local_cseq(), std::nullopt) << "12.1.1: MUST be empty";
  EXPECT_EQ(d.state(), Dialog::State::Early);
  EXPECT_FALSE(d.opened());
}

TEST(DialogTest, PeersOfRfc2543HaveNoTagAndNoContact) {  // trap 64: peers of RFC 2543.
  const Dialog d = Dialog::from_server(*message_of(invite("", "sip:bob@border.example.net", 1,
                                                          "sip:alice@old.example.com;x=1", "sip:bob@b.example.com")),
                                       "ours");
  EXPECT_EQ(d.remote_tag(), "");
  EXPECT_EQ(d.remote_target(), "sip:alice@old.example.com");
  EXPECT_THAT(head(d),
              HasSubstr("\r\nFrom: <sip:bob@b.example.com>;tag=ours\r\nTo: <sip:alice@old.example.com>;x=1\r\n"))
      << "12.2.1.1: a null tag is left out";
}

TEST(DialogTest, ClientTakesTheRouteInReverse) {
  const Dialog d = client(
      "Contact: \"B\" <sip:bob@192.0.2.4;transport=tcp>;q=0.5\r\nRecord-Route: <sip:p2.example.com;lr>\r\n"
      "Record-Route: <sip:p1.example.com;lr>\r\n");
  EXPECT_EQ(d.call_id(), "leg-b");
  EXPECT_EQ(d.local_tag(), "local");
  EXPECT_EQ(d.remote_tag(), "bob-tag");
  EXPECT_EQ(d.remote_target(), "sip:bob@192.0.2.4;transport=tcp");
  EXPECT_THAT(d.route_set(), ElementsAre("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"));
  EXPECT_EQ(d.local_cseq(), 7U);
  EXPECT_EQ(d.remote_cseq(), std::nullopt) << "12.1.2: MUST be empty";
  EXPECT_EQ(d.state(), Dialog::State::Confirmed);
}

TEST(DialogTest, ResponsesThatMakeNoDialog) {
  for (const int status : {100, 300, 486})
    EXPECT_FALSE(Dialog::from_client(client_start(), *message_of(response(status)))) << status;
  EXPECT_FALSE(Dialog::from_client(client_start(), *message_of(response(180, "", ""))));
  const auto old = Dialog::from_client(client_start(), *message_of(response(200, "", "")));
  ASSERT_TRUE(old) << "12.1.2: UAC must accept a 2xx without tag";
  EXPECT_EQ(old->remote_tag(), "");
  EXPECT_EQ(old->remote_target(), "sip:bob@203.0.113.9");
}

TEST(DialogTest, EarlyDialogIsComputedAgainFromThe2xx) {
  Dialog d = client("Contact: <sip:early@192.0.2.4>\r\nRecord-Route: <sip:p1.example.com;lr>\r\n", 183);
  EXPECT_EQ(d.state(), Dialog::State::Early);
  d.confirm(*message_of(response(200, "Contact: <sip:late@192.0.2.5>\r\nRecord-Route: <sip:p9.example.com;lr>\r\n")));
  EXPECT_EQ(d.state(), Dialog::State::Confirmed);
  EXPECT_EQ(d.remote_target(), "sip:late@192.0.2.5");
  EXPECT_THAT(d.route_set(), ElementsAre("<sip:p9.example.com;lr>"));
  d.confirm(*message_of(response(200, "Contact: <sip:later@192.0.2.6>\r\n")));
  EXPECT_THAT(d.route_set(), ElementsAre("<sip:p9.example.com;lr>")) << "12.2: a confirmed route set never changes";
  EXPECT_EQ(d.remote_target(), "sip:later@192.0.2.6");
}

TEST(DialogTest, MatchesByCallIdAndBothTags) {
  const Dialog d = client("");
  EXPECT_TRUE(d.matches(*message_of(response(200))));
  EXPECT_FALSE(d.matches(*message_of(response(200, "", ";tag=fork"))));
  const Dialog s = Dialog::from_server(*message_of(invite()), "ours");
  const auto request = [](std::string_view from_tag, std::string_view to_tag) {
    return message_of(invite("", "sip:x@y.example", 314160,
                             "<sip:alice@atlanta.example.com>;tag=" + std::string(from_tag),
                             "<sip:bob@biloxi.example.com>;tag=" + std::string(to_tag), "BYE"));
  };
  EXPECT_TRUE(s.matches(*request("1928301774", "ours")));
  EXPECT_FALSE(s.matches(*request("1928301774", "theirs")));
  EXPECT_FALSE(s.matches(*request("ours", "1928301774")));
}

TEST(DialogTest, LowerCseqIsOutOfOrderHigherWithGapsIsNot) {  // trap 90: each leg counts for itself.
  Dialog d = Dialog::from_server(*message_of(invite()), "ours");
  const auto check = [&d](int cseq, std::string_view method = "INFO") {
    return d.on_request(*message_of(
        invite("", "sip:x@y.example", cseq, "<sip:a@b.example>;tag=1928301774", "<sip:b@c.example>;tag=ours", method)));
  };
  EXPECT_EQ(check(314200), Dialog::Check::Accept);
  EXPECT_EQ(check(314199), Dialog::Check::OutOfOrder);
  EXPECT_EQ(check(314159, "ACK"), Dialog::Check::Accept) << "ACK repeats the number of its INVITE";
  EXPECT_EQ(d.remote_cseq(), 314200U);
  EXPECT_EQ(check(314201), Dialog::Check::Accept);

  Dialog c = client("");
  EXPECT_EQ(c.on_request(
                *message_of(invite("", "sip:x@y.example", 0, "<sip:a@b.example>;tag=z", "<sip:b@c.example>", "INFO"))),
            Dialog::Check::Accept)
      << "12.2.2: an empty remote number takes any";
}

TEST(DialogTest, LocalNumbersGrowByOne) {  // trap 90: each leg counts for itself.
  Dialog d = client("");
  EXPECT_EQ(d.next_cseq(), 8U);
  d.raise_local_cseq(20);
  d.raise_local_cseq(10);
  EXPECT_EQ(d.next_cseq(), 21U);
  Dialog s = Dialog::from_server(*message_of(invite()), "ours");
  EXPECT_EQ(s.next_cseq(), 1U);
  s.raise_local_cseq(0x7fff'ffff);
  EXPECT_LT(s.next_cseq(), 0x8000'0000U) << "8.1.1.5";
}

TEST(DialogTest, TargetIsRefreshedByContactAlone) {
  Dialog d = client("Contact: <sip:bob@192.0.2.4>\r\n");
  d.refresh_target(*message_of(invite()));
  EXPECT_EQ(d.remote_target(), "sip:bob@192.0.2.4");
  d.refresh_target(*message_of(invite("m: <sip:bob@192.0.2.77;ob>\r\n")));
  EXPECT_EQ(d.remote_target(), "sip:bob@192.0.2.77;ob");
}

// 8.1.1.8: "*" and tel: are no place that a request can be sent to.
TEST(DialogTest, AContactThatIsNoSipUriLeavesTheTargetAsItWas) {
  Dialog d = Dialog::from_server(*message_of(invite("m: <sip:bob@192.0.2.77;ob>\r\n")), "tag");
  const std::string before = d.remote_target();
  for (const char* contact : {"m: *\r\n", "m: <tel:+4312345>\r\n"}) {
    d.refresh_target(*message_of(invite(contact)));
    EXPECT_EQ(d.remote_target(), before) << contact;
  }
}

TEST(DialogTest, RequestWithoutRouteGoesToTheTarget) {
  const Dialog d = client("Contact: <sip:bob@192.0.2.4:5080>\r\n");
  EXPECT_EQ(head(d),
            "BYE sip:bob@192.0.2.4:5080 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx\r\n"
            "Max-Forwards: 70\r\n"
            "From: \"Us\" <sip:us@border.example.net>;tag=local\r\n"
            "To: <sip:bob@biloxi.example.com>;tag=bob-tag\r\n"
            "Call-ID: leg-b\r\n"
            "CSeq: 8 BYE\r\n");
  EXPECT_EQ(d.next_hop_uri(), "sip:bob@192.0.2.4:5080");
}

TEST(DialogTest, LooseRouterKeepsTheTargetInTheRequestLine) {
  const Dialog d =
      client("Contact: <sip:bob@192.0.2.4>\r\nRecord-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr=on>\r\n");
  const std::string text = head(d);
  EXPECT_THAT(text, HasSubstr("BYE sip:bob@192.0.2.4 SIP/2.0\r\n"));
  EXPECT_THAT(text, HasSubstr("Route: <sip:p1.example.com;lr=on>\r\nRoute: <sip:p2.example.com;lr>\r\n"));
  EXPECT_EQ(d.next_hop_uri(), "sip:p1.example.com;lr=on");
}

TEST(DialogTest, StrictRouterBecomesTheRequestLine) {
  // RFC 3261 12.2.1.1 and 16.12.1.2.
  const Dialog d = client(
      "Contact: <sip:bob@192.0.2.4>\r\nRecord-Route: <sip:p2.example.com;lr>\r\n"
      "Record-Route: <sip:p1.example.com;method=INVITE;x=1?Subject=no>\r\n");
  const std::string text = head(d);
  EXPECT_THAT(text, HasSubstr("BYE sip:p1.example.com;x=1 SIP/2.0\r\n")) << "what a Request-URI may not carry is gone";
  EXPECT_THAT(text, HasSubstr("Route: <sip:p2.example.com;lr>\r\nRoute: <sip:bob@192.0.2.4>\r\n"));
  EXPECT_THAT(d.next_hop_uri(), ::testing::StartsWith("sip:p1.example.com"));
}

TEST(DialogTest, RouteSetAtTheLimitAndOnePast) {
  for (const std::size_t count : {kMaxRoutes, kMaxRoutes + 1}) {
    std::string routes;
    for (std::size_t i = 0; i < count; ++i)
      routes += "Record-Route: <sip:p" + std::to_string(i) + ".example.com;lr>\r\n";
    const auto message = message_of(invite(routes));
    EXPECT_EQ(has_too_many_routes(*message), count > kMaxRoutes);
    // Who is refused all the same hears it the whole way: a route with a hole leads elsewhere.
    const Dialog d = Dialog::from_server(*message, "ours");
    ASSERT_EQ(d.route_set().size(), count);
    EXPECT_EQ(d.route_set().front(), "<sip:p0.example.com;lr>");
  }
}

TEST(DialogTest, IsAValue) {
  const Dialog a = client("Record-Route: <sip:p.example.com;lr>\r\n");
  Dialog b = a;
  EXPECT_EQ(a, b);
  b.next_cseq();
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace sbc::dialog
