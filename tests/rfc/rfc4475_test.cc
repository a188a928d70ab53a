// The 49 messages of RFC 4475, "SIP Torture Test Messages", with the verdict the RFC gives for each. Where it leaves a
// choice, `say` is ours. The data are the bit-accurate files of the RFC's appendix A.

#include <gmock/gmock.h>

#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

#include "torture.h"

namespace {

using sbc::sip::HeaderId;
using sbc::sip::Message;
using sbc::sip::Method;
using sbc::sip::Transport;
using sbc::sip::Uri;
using torture::Parse;
using torture::Verdict;
using namespace std::string_view_literals;

std::vector<std::string> values(const Message& message, HeaderId id) {
  std::vector<std::string> out;
  sbc::sip::for_each_value(message, id, [&](std::string_view value) { out.emplace_back(value); });
  return out;
}

void wsinv(const Message& m) {
  EXPECT_EQ(m.method(), Method::Invite);
  EXPECT_EQ(m.request_uri().param("unknownparam"), "");
  EXPECT_EQ(m.to_tag(), "1918181833n");
  EXPECT_EQ(m.from_tag(), "98asjd8");
  EXPECT_EQ(m.from().display_text(), "J Rosenberg \\\"");
  EXPECT_EQ(m.max_forwards(), 68U);
  EXPECT_EQ(m.call_id(), "wsinv.ndaksdj@192.0.2.1");
  EXPECT_EQ(m.cseq().number, 9U);
  EXPECT_EQ(m.cseq().method, Method::Invite);
  EXPECT_EQ(m.top_via().host, "192.0.2.2");
  EXPECT_EQ(m.top_via().branch, "390skdjuw");
  EXPECT_FALSE(m.top_via().has_magic_cookie());
  EXPECT_EQ(m.find(HeaderId::Subject), "");
  EXPECT_EQ(m.find("NewFangledHeader"), "newfangled value   continued newfangled value");
  EXPECT_EQ(m.find("unknownheaderwithunusualvalue"), ";;,,;;,;");
  const auto vias = values(m, HeaderId::Via);
  ASSERT_EQ(vias.size(), 3U);
  const auto second = sbc::sip::parse_via(vias[1]);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->transport, Transport::Tcp);
  EXPECT_EQ(second->host, "spindle.example.com");
  EXPECT_EQ(second->branch, "z9hG4bK9ikj8");
  EXPECT_EQ(sbc::sip::parse_via(vias[2])->branch, "z9hG4bK30239");
  const auto contacts = sbc::sip::parse_contacts(m);
  ASSERT_TRUE(contacts.has_value());
  ASSERT_EQ(contacts->values.size(), 1U);
  EXPECT_EQ(contacts->values[0].address.display_text(), "Quoted string \"\"");
  EXPECT_EQ(contacts->values[0].address.param("newparam"), "newvalue");
  EXPECT_EQ(contacts->values[0].address.param("secondparam"), "");
  EXPECT_FLOAT_EQ(contacts->values[0].q, 0.33F);
  const auto route = sbc::sip::parse_name_addr(*m.find(HeaderId::Route));
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->uri.param("unknownwith"), "value");
  EXPECT_EQ(m.body().size(), 150U);
}

void intmeth(const Message& m) {
  EXPECT_EQ(m.method(), Method::Other);
  EXPECT_EQ(m.method_text(), "!interesting-Method0123456789_*+`.%indeed'~");
  EXPECT_EQ(m.request_uri().user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_EQ(m.request_uri().password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  EXPECT_EQ(m.request_uri().host, "example.com");
  EXPECT_EQ(m.top_via().branch, "z9hG4bK-.!%66*_+`'~");
  EXPECT_EQ(m.to().display_text(), "BEL:\x07 NUL:\0 DEL:\x7f"sv);
  EXPECT_EQ(m.from().display, "token1~` token2'+_ token3*%!.-");
  EXPECT_EQ(m.from().param("fromParam''~+*_!.-%"),
            "\"\xd1\x80\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\xd1\x8e\xd1\x89\xd0\xb8\xd0\xb9\"");
  EXPECT_EQ(m.from_tag(), "_token~1'+`*%!-.");
  EXPECT_EQ(m.call_id(), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  EXPECT_EQ(m.max_forwards(), 255U);
  EXPECT_EQ(m.find("extensionHeader-!.%*+_`'~"), "\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb");
}

void esc01(const Message& m) {
  EXPECT_EQ(sbc::sip::unescape(m.request_uri().user), "sips:user@example.com");
  EXPECT_EQ(m.request_uri().host, "example.net");
  EXPECT_EQ(sbc::sip::unescape(m.to().uri.user), "user");
  EXPECT_EQ(sbc::sip::unescape(m.from().uri.user), "I have spaces");
  const auto contact = sbc::sip::first_contact(m);
  ASSERT_TRUE(contact.has_value());
  // "value%41" after one unescaping, and not "valueA".
  EXPECT_EQ(sbc::sip::unescape(contact->uri.param("n%61me").value_or("")), "value%41");
  EXPECT_EQ(m.body().size(), 150U);
}

void escnull(const Message& m) {
  EXPECT_EQ(sbc::sip::unescape(m.to().uri.user), "null-\0-null"sv);
  const auto contacts = sbc::sip::parse_contacts(m);
  ASSERT_TRUE(contacts.has_value());
  ASSERT_EQ(contacts->values.size(), 2U);
  EXPECT_EQ(sbc::sip::unescape(contacts->values[0].address.uri.user), "\0"sv);
  EXPECT_EQ(sbc::sip::unescape(contacts->values[1].address.uri.user), "\0\0"sv);
  EXPECT_FALSE(sbc::sip::equivalent(contacts->values[0].address.uri, contacts->values[1].address.uri));
}

void esc02(const Message& m) {
  EXPECT_EQ(m.method(), Method::Other);
  EXPECT_EQ(m.method_text(), "RE%47IST%45R");
  EXPECT_EQ(m.to().display_text(), "%Z%45");
  EXPECT_EQ(m.from().display_text(), "%Z%45");
  EXPECT_EQ(m.count(HeaderId::Contact), 2U);
  EXPECT_EQ(m.find("C%6Fntact"), "<sip:alias2@host2.example.com>");
}

void lwsdisp(const Message& m) {
  EXPECT_EQ(m.from().display, "caller");
  EXPECT_EQ(m.from_tag(), "323");
}

void longreq(const Message& m) {
  EXPECT_EQ(m.count(HeaderId::Via), 34U);
  EXPECT_EQ(m.top_via().host, "sip33.example.com");
  EXPECT_EQ(m.from_tag().size(), 2U + 150U + 3U);
  EXPECT_EQ(m.to().uri.param("unknownparam1")->size(), 4U + 80U + 5U);
  EXPECT_EQ(m.body().size(), 150U);
}

void dblreq(const Message& m) {
  EXPECT_EQ(m.method(), Method::Register);
  EXPECT_EQ(m.body(), "");
  EXPECT_TRUE(m.bytes().ends_with("Content-Length: 0\r\n\r\n"));
}

void semiuri(const Message& m) {
  EXPECT_EQ(sbc::sip::unescape(m.request_uri().user), "user;par=u@example.net");
  EXPECT_EQ(m.request_uri().host, "example.com");
  EXPECT_EQ(values(m, HeaderId::Accept).size(), 6U);
}

void transports(const Message& m) {
  std::vector<std::string> seen;
  for (const auto& value : values(m, HeaderId::Via)) {
    const auto via = sbc::sip::parse_via(value);
    ASSERT_TRUE(via.has_value());
    seen.emplace_back(via->transport_text);
  }
  EXPECT_THAT(seen, testing::ElementsAre("UDP", "SCTP", "TLS", "UNKNOWN", "TCP"));
}

void mpart01(const Message& m) {
  EXPECT_EQ(m.method(), Method::Message);
  EXPECT_EQ(m.body().size(), 553U);
  EXPECT_NE(m.body().find('\0'), std::string_view::npos);
  EXPECT_TRUE(m.body().ends_with("--7a9cbec02ceef655--\r\n"));
  EXPECT_TRUE(m.top_via().rport.has_value());
}

void unreason(const Message& m) {
  EXPECT_EQ(m.status(), 200);
  EXPECT_TRUE(m.reason_phrase().starts_with("= 2**3 * 5**2 \xd0\xbd\xd0\xbe"));
  EXPECT_EQ(m.method(), Method::Invite);
  EXPECT_EQ(m.body().size(), 154U);
}

void noreason(const Message& m) {
  EXPECT_EQ(m.status(), 100);
  EXPECT_EQ(m.reason_phrase(), "");
}

void baddate(const Message& m) {
  EXPECT_EQ(m.find(HeaderId::Date), "Fri, 01 Jan 2010 16:00:00 EST");
}

void badbranch(const Message& m) {
  EXPECT_EQ(m.top_via().branch, "z9hG4bK");
  EXPECT_FALSE(m.top_via().has_magic_cookie());
}

void unkscm(const Message& m) {
  EXPECT_EQ(m.request_uri().scheme, Uri::Scheme::Other);
  EXPECT_EQ(m.request_uri().scheme_text, "nobodyKnowsThisScheme");
}

void novelsc(const Message& m) {
  EXPECT_EQ(m.request_uri().scheme, Uri::Scheme::Other);
  EXPECT_EQ(m.request_uri_text(), "soap.beep://192.0.2.103:3002");
}

void unksm2(const Message& m) {
  EXPECT_EQ(m.to().uri.scheme_text, "isbn");
  EXPECT_EQ(m.from().uri.text, "http://www.example.com");
  EXPECT_EQ(m.from_tag(), "3234233");
  EXPECT_EQ(sbc::sip::first_contact(m)->uri.text, "name:John_Smith");
}

void bext01(const Message& m) {
  EXPECT_THAT(values(m, HeaderId::Require), testing::ElementsAre("nothingSupportsThis", "nothingSupportsThisEither"));
  EXPECT_THAT(values(m, HeaderId::ProxyRequire),
              testing::ElementsAre("noProxiesSupportThis", "norDoAnyProxiesSupportThis"));
}

void invut(const Message& m) {
  EXPECT_EQ(m.find(HeaderId::ContentType), "application/unknownformat");
  EXPECT_EQ(m.body().size(), 40U);
}

void regaut01(const Message& m) {
  EXPECT_EQ(m.find(HeaderId::Authorization), "NoOneKnowsThisScheme opaque-data=here");
}

void bcast(const Message& m) {
  EXPECT_EQ(m.status(), 200);
  const auto vias = values(m, HeaderId::Via);
  ASSERT_EQ(vias.size(), 2U);
  EXPECT_EQ(sbc::sip::parse_via(vias[1])->host, "255.255.255.255");
}

void zeromf(const Message& m) {
  EXPECT_EQ(m.max_forwards(), 0U);
}

void cparam01(const Message& m) {
  const auto contact = sbc::sip::first_contact(m);
  ASSERT_TRUE(contact.has_value());
  EXPECT_EQ(contact->param("unknownparam"), "");
  EXPECT_EQ(contact->uri.param("unknownparam"), std::nullopt);
}

void cparam02(const Message& m) {
  const auto contact = sbc::sip::first_contact(m);
  ASSERT_TRUE(contact.has_value());
  EXPECT_EQ(contact->param("unknownparam"), std::nullopt);
  EXPECT_EQ(contact->uri.param("unknownparam"), "");
}

void regescrt(const Message& m) {
  EXPECT_EQ(sbc::sip::first_contact(m)->uri.headers, "Route=%3Csip:sip.example.com%3E");
}

void sdp01(const Message& m) {
  EXPECT_THAT(values(m, HeaderId::Accept), testing::ElementsAre("text/nobodyKnowsThis"));
}

void inv2543(const Message& m) {
  EXPECT_EQ(m.top_via().branch, "");
  EXPECT_EQ(m.from_tag(), "");
  EXPECT_EQ(m.max_forwards(), std::nullopt);
  EXPECT_EQ(m.find(HeaderId::ContentLength), std::nullopt);
  EXPECT_TRUE(m.body().starts_with("v=0\r\n"));
}

// clang-format off
constexpr Verdict kVerdicts[] = {
    // 3.1.1 Valid messages
    {"wsinv", "3.1.1.1", Parse::Accept, 0, "", "", wsinv},
    {"intmeth", "3.1.1.2", Parse::Accept, 0, "", "call: 501, the method is unknown", intmeth},
    {"esc01", "3.1.1.3", Parse::Accept, 0, "", "", esc01},
    {"escnull", "3.1.1.4", Parse::Accept, 0, "", "register: two bindings", escnull},
    {"esc02", "3.1.1.5", Parse::Accept, 0, "", "call: 501, the method is not REGISTER", esc02},
    {"lwsdisp", "3.1.1.6", Parse::Accept, 0, "", "", lwsdisp},
    {"longreq", "3.1.1.7", Parse::Accept, 0, "", "", longreq},
    {"dblreq", "3.1.1.8", Parse::Accept, 0, "", "", dblreq},
    {"semiuri", "3.1.1.9", Parse::Accept, 0, "", "", semiuri},
    {"transports", "3.1.1.10", Parse::Accept, 0, "", "", transports},
    {"mpart01", "3.1.1.11", Parse::Accept, 0, "", "", mpart01},
    {"unreason", "3.1.1.12", Parse::Accept, 0, "", "", unreason},
    {"noreason", "3.1.1.13", Parse::Accept, 0, "", "", noreason},
    // 3.1.2 Invalid messages
    {"badinv01", "3.1.2.1", Parse::Refuse, 400, "Via", ""},
    {"clerr", "3.1.2.2", Parse::Refuse, 400, "Content-Length", ""},
    {"ncl", "3.1.2.3", Parse::Refuse, 400, "Content-Length", ""},
    {"scalar02", "3.1.2.4", Parse::Refuse, 400, "CSeq", ""},
    {"scalarlg", "3.1.2.5", Parse::Drop, 0, "CSeq", ""},
    {"quotbal", "3.1.2.6", Parse::Refuse, 400, "To", ""},
    {"ltgtruri", "3.1.2.7", Parse::Refuse, 400, "", ""},
    {"lwsruri", "3.1.2.8", Parse::Refuse, 400, "", ""},
    {"lwsstart", "3.1.2.9", Parse::Refuse, 400, "", ""},
    {"trws", "3.1.2.10", Parse::Refuse, 400, "", ""},
    {"escruri", "3.1.2.11", Parse::Refuse, 400, "", ""},
    {"baddate", "3.1.2.12", Parse::Accept, 0, "", "nobody here acts on Date", baddate},
    {"regbadct", "3.1.2.13", Parse::Refuse, 400, "Contact", ""},
    {"badaspec", "3.1.2.14", Parse::Refuse, 400, "To", ""},
    {"baddn", "3.1.2.15", Parse::Refuse, 400, "From", ""},
    {"badvers", "3.1.2.16", Parse::Refuse, 505, "", ""},
    {"mismatch01", "3.1.2.17", Parse::Refuse, 400, "CSeq", ""},
    {"mismatch02", "3.1.2.18", Parse::Refuse, 501, "CSeq", ""},
    {"bigcode", "3.1.2.19", Parse::Drop, 0, "", ""},
    // 3.2 Transaction layer
    {"badbranch", "3.2.1", Parse::Accept, 0, "", "transaction: matched as RFC 2543 would", badbranch},
    // 3.3 Application layer. "Ideally, it will respond with a 400": without From, To and Call-ID no response could be
    // matched by anyone, so it is counted and dropped.
    {"insuf", "3.3.1", Parse::Mute, 400, "From", ""},
    {"unkscm", "3.3.2", Parse::Accept, 0, "", "call: 416", unkscm},
    {"novelsc", "3.3.3", Parse::Accept, 0, "", "call: 416", novelsc},
    {"unksm2", "3.3.4", Parse::Accept, 0, "", "register: 400, the AOR is no SIP URI", unksm2},
    {"bext01", "3.3.5", Parse::Accept, 0, "", "call: 420 with Unsupported", bext01},
    {"invut", "3.3.6", Parse::Accept, 0, "", "call: 415", invut},
    {"regaut01", "3.3.7", Parse::Accept, 0, "", "register: 401 with a challenge", regaut01},
    {"multi01", "3.3.8", Parse::Refuse, 400, "CSeq", ""},
    {"mcl01", "3.3.9", Parse::Refuse, 400, "Content-Length", ""},
    {"bcast", "3.3.10", Parse::Accept, 0, "", "transaction: dropped, it matches no client transaction", bcast},
    {"zeromf", "3.3.11", Parse::Accept, 0, "", "call: 483 when it would be sent on", zeromf},
    {"cparam01", "3.3.12", Parse::Accept, 0, "", "register: kept as header parameter", cparam01},
    {"cparam02", "3.3.13", Parse::Accept, 0, "", "register: kept in the URI", cparam02},
    {"regescrt", "3.3.14", Parse::Accept, 0, "", "register: kept in the URI", regescrt},
    {"sdp01", "3.3.15", Parse::Accept, 0, "", "call: 406 or 488", sdp01},
    {"inv2543", "3.4.1", Parse::Accept, 0, "", "transaction: matched as RFC 2543 would", inv2543},
    // In the archive and not in the text. Its request line has no version, so it is no SIP message at all.
    {"test", "-", Parse::Drop, 0, "", ""},
};
// clang-format on

class Rfc4475 : public testing::TestWithParam<Verdict> {};

TEST_P(Rfc4475, GetsTheVerdictOfTheRfc) {
  torture::check(torture::read_message("rfc4475", GetParam().file), GetParam());
}

TEST_P(Rfc4475, ReadsTheSameFromAStream) {
  if (GetParam().parse != Parse::Accept) return;
  const std::string bytes = torture::read_message("rfc4475", GetParam().file);
  torture::check_stream(bytes, 1);
  torture::check_stream(bytes, 7);
  torture::check_stream(bytes, bytes.size());
}

INSTANTIATE_TEST_SUITE_P(All, Rfc4475, testing::ValuesIn(kVerdicts),
                         [](const auto& param) { return std::string(param.param.file); });

TEST(Rfc4475Table, HasEveryMessageOfTheArchive) {
  EXPECT_EQ(std::size(kVerdicts), torture::count_files("rfc4475"));
}

// 3.1.2.3, 3.3.9: on a stream these errors end the connection.
TEST(Rfc4475Stream, AFramingErrorEndsTheStream) {
  for (const char* file : {"ncl", "mcl01", "inv2543"}) {
    sbc::sip::StreamFramer framer;
    framer.feed(torture::read_message("rfc4475", file));
    const auto frame = framer.next();
    ASSERT_TRUE(frame.has_value()) << file;
    const auto* error = std::get_if<sbc::sip::StreamError>(&*frame);
    ASSERT_NE(error, nullptr) << file;
    EXPECT_EQ(error->error.status, 400) << file;
    EXPECT_TRUE(sbc::sip::parse(error->head).answerable) << file;
    EXPECT_TRUE(framer.broken());
  }
}

// 3.1.2.2: on a stream there is nothing to do but wait for the rest.
TEST(Rfc4475Stream, ATooLargeContentLengthWaits) {
  sbc::sip::StreamFramer framer;
  framer.feed(torture::read_message("rfc4475", "clerr"));
  EXPECT_FALSE(framer.next().has_value());
  EXPECT_FALSE(framer.broken());
}

}  // namespace
