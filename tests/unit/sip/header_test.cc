#include <gtest/gtest.h>

#include "media-relay/base/text.h"

#include "sbc/sip/contact.h"
#include "sbc/sip/cseq.h"
#include "sbc/sip/header_id.h"
#include "sbc/sip/method.h"
#include "sbc/sip/transport.h"
#include "sbc/sip/values.h"

#include "sample.h"

namespace sbc::sip {
namespace {

TEST(HeaderId, EveryNameIsFoundInAnyCase) {
  for (std::size_t i = 0; i + 1 < kHeaderIds; ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(canonical_name(id));
    ASSERT_FALSE(name.empty());
    EXPECT_EQ(header_id_from(name), id) << name;
    EXPECT_EQ(header_id_from(base::to_lower(name)), id) << name;
    EXPECT_EQ(header_id_from(name + "x"), HeaderId::Other) << name;
    EXPECT_EQ(header_id_from("x" + name), HeaderId::Other) << name;
  }
  EXPECT_EQ(header_id_from(""), HeaderId::Other);
  EXPECT_EQ(header_id_from("X-Custom"), HeaderId::Other);
  EXPECT_EQ(canonical_name(HeaderId::Other), "");
}

TEST(HeaderId, CompactFormsAreTheSameHeaders) {  // trap 63: one header, many spellings.
  const std::pair<const char*, HeaderId> kCompact[] = {{"i", HeaderId::CallId},
                                                       {"m", HeaderId::Contact},
                                                       {"e", HeaderId::ContentEncoding},
                                                       {"l", HeaderId::ContentLength},
                                                       {"c", HeaderId::ContentType},
                                                       {"f", HeaderId::From},
                                                       {"s", HeaderId::Subject},
                                                       {"k", HeaderId::Supported},
                                                       {"t", HeaderId::To},
                                                       {"v", HeaderId::Via},
                                                       {"r", HeaderId::ReferTo},
                                                       {"b", HeaderId::ReferredBy},
                                                       {"u", HeaderId::AllowEvents},
                                                       {"o", HeaderId::Event},
                                                       {"x", HeaderId::SessionExpires},
                                                       {"y", HeaderId::Identity},
                                                       {"a", HeaderId::AcceptContact},
                                                       {"j", HeaderId::RejectContact},
                                                       {"d", HeaderId::RequestDisposition},
                                                       {"n", HeaderId::IdentityInfo},
                                                       {"V", HeaderId::Via},
                                                       {"z", HeaderId::Other}};
  for (const auto& [name, id] : kCompact) EXPECT_EQ(header_id_from(name), id) << name;
}

TEST(Method, IsCaseSensitive) {
  for (int i = 0; i < static_cast<int>(Method::Other); ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(method_from(name_of(method)), method);
  }
  EXPECT_EQ(method_from("invite"), Method::Other);
  EXPECT_EQ(method_from(""), Method::Other);
  EXPECT_EQ(name_of(Method::Other), "");
}

TEST(Transport, NamesGoBothWays) {
  for (const auto t : {Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss}) {
    EXPECT_EQ(transport_from(name_of(t)), t);
    EXPECT_EQ(transport_from(uri_name_of(t)), t);
  }
  EXPECT_FALSE(is_reliable(Transport::Udp));
  EXPECT_TRUE(is_reliable(Transport::Ws));
}

TEST(CSeq, ReadsNumbersUpTo32Bits) {
  EXPECT_EQ(parse_cseq("4294967295 INVITE")->number, 4294967295U);
  EXPECT_FALSE(parse_cseq("4294967296 INVITE").has_value());
  EXPECT_EQ(parse_cseq("0009  BYE")->method, Method::Bye);
  EXPECT_EQ(parse_cseq("1 FOO")->method_text, "FOO");
  for (const char* text : {"", "1", "1 ", "INVITE", "-1 INVITE", "1 IN VITE", "1INVITE", "1 a,b"})
    EXPECT_FALSE(parse_cseq(text).has_value()) << text;
}

TEST(RAck, ReadsBothNumbers) {
  const auto rack = parse_rack("776656 1 INVITE");
  ASSERT_TRUE(rack.has_value());
  EXPECT_EQ(rack->response_number, 776656U);
  EXPECT_EQ(rack->cseq.number, 1U);
  EXPECT_EQ(rack->cseq.method, Method::Invite);
  EXPECT_FALSE(parse_rack("776656 INVITE").has_value());
}

std::vector<std::string> values(const Message& message, HeaderId id) {
  std::vector<std::string> out;
  for_each_value(message, id, [&](std::string_view v) { out.emplace_back(v); });
  return out;
}

// RFC 3261 7.3.1: both spellings mean the same.
TEST(Values, JoinedAndRepeatedReadTheSame) {  // trap 63: one header, many spellings.
  const auto joined = sample::parsed(sample::with("Route: <sip:a,b@h>;x=\"1,2\" , <sip:c>\r\nRoute: <sip:d>\r\n"));
  const auto repeated =
      sample::parsed(sample::with("Route: <sip:a,b@h>;x=\"1,2\"\r\nRoute: <sip:c>\r\nRoute: <sip:d>\r\n"));
  const std::vector<std::string> expected = {"<sip:a,b@h>;x=\"1,2\"", "<sip:c>", "<sip:d>"};
  EXPECT_EQ(values(*joined, HeaderId::Route), expected);
  EXPECT_EQ(values(*repeated, HeaderId::Route), expected);
  EXPECT_EQ(count_values(*joined, HeaderId::Route), 3U);
}

// trap 63
TEST(Values, EmptyListsHaveNone) {
  const auto message = sample::parsed(sample::with("Supported:\r\nAllow: , INVITE,,ACK ,\r\n"));
  EXPECT_EQ(values(*message, HeaderId::Supported), std::vector<std::string>{});
  EXPECT_EQ(values(*message, HeaderId::Allow), (std::vector<std::string>{"INVITE", "ACK"}));
  EXPECT_TRUE(lists_token(*message, HeaderId::Allow, "ACK"));
  EXPECT_FALSE(lists_token(*message, HeaderId::Allow, "BYE"));
}

TEST(Values, HeadersThatAreNoListsStayWhole) {
  const auto message =
      sample::parsed(sample::with("Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nAuthorization: Digest a=\"b\", c=d\r\n"));
  EXPECT_EQ(values(*message, HeaderId::Date), (std::vector<std::string>{"Sat, 13 Nov 2010 23:29:00 GMT"}));
  EXPECT_EQ(values(*message, HeaderId::Authorization), (std::vector<std::string>{"Digest a=\"b\", c=d"}));
}

TEST(Values, AWalkCanBeStopped) {
  const auto message = sample::parsed(sample::with("Allow: A, B, C\r\n"));
  int seen = 0;
  for_each_value(*message, HeaderId::Allow, [&](std::string_view) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(Contact, ReadsQAndExpires) {
  const auto message = sample::parsed(sample::with(
      "Contact: \"A, B\" <sip:a@h>;q=0.7;expires=60, <sip:b@h>;expires=99999999999\r\nm: sip:c@h;expires=x\r\n"));
  const auto contacts = parse_contacts(*message);
  ASSERT_TRUE(contacts.has_value());
  ASSERT_EQ(contacts->values.size(), 3U);
  EXPECT_FLOAT_EQ(contacts->values[0].q, 0.7F);
  EXPECT_EQ(contacts->values[0].expires, 60U);
  EXPECT_FLOAT_EQ(contacts->values[1].q, 1.0F);
  EXPECT_EQ(contacts->values[1].expires, UINT32_MAX);
  EXPECT_EQ(contacts->values[2].expires, 3600U);  // RFC 3261 20.10
  EXPECT_EQ(first_contact(*message)->uri.user, "a");
}

TEST(Contact, AStarStandsAlone) {
  const auto alone = sample::parsed(sample::with("Contact: *\r\n"));
  EXPECT_TRUE(parse_contacts(*alone)->star);
  EXPECT_FALSE(first_contact(*alone).has_value());
  EXPECT_EQ(sample::refused(sample::with("Contact: *, <sip:a@h>\r\n")), 400);
  EXPECT_EQ(sample::refused(sample::with("Contact: <sip:a@h>\r\nContact: *\r\n")), 400);
}

TEST(Contact, AsATargetIsOneSipUri) {
  EXPECT_EQ((*target_contact(*sample::parsed(sample::with("Contact: <sips:a@h>;x, <tel:+1>\r\n"))))->uri.user, "a");
  EXPECT_FALSE(target_contact(*sample::parsed(sample::with("Contact: *\r\n"))));
  EXPECT_FALSE(target_contact(*sample::parsed(sample::with("Contact: <tel:+4312345>\r\n"))));
  EXPECT_FALSE(target_contact(*sample::parsed(sample::with("Contact: <mailto:a@h>\r\n"))));
  const auto none = target_contact(*sample::parsed(sample::with("")));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST(Contact, AMalformedQIsAnError) {
  const auto message = sample::parsed(sample::with("Contact: <sip:a@h>;q=1.5\r\n"));
  EXPECT_FALSE(parse_contacts(*message).has_value());
}

TEST(QValue, HasAtMostThreeDecimalsAndNoMoreThanOne) {
  EXPECT_EQ(parse_qvalue("0"), 0);
  EXPECT_EQ(parse_qvalue("1.000"), 1000);
  EXPECT_EQ(parse_qvalue("0.123"), 123);
  EXPECT_EQ(parse_qvalue("0."), 0);
  for (const char* text : {"", "2", "1.001", "0.1234", ".5", "0,5", "0.x", "-0"})
    EXPECT_EQ(parse_qvalue(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sbc::sip
