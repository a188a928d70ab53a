#include "sbc/sip/parser.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace sbc::sip {
namespace {

using sample::parsed;
using sample::Parts;
using sample::refused;
using sample::with;

TEST(Parser, DecodesWhatTheRoomsAboveNeed) {
  const auto message = parsed(with("Max-Forwards: 70\r\nX-Custom:  a  b \r\nContent-Length: 4\r\n", "body"));
  EXPECT_TRUE(message->is_request());
  EXPECT_EQ(message->method(), Method::Invite);
  EXPECT_EQ(message->request_uri().user, "bob");
  EXPECT_EQ(message->from_tag(), "a");
  EXPECT_EQ(message->to_tag(), "");
  EXPECT_EQ(message->call_id(), "c1@192.0.2.10");
  EXPECT_EQ(message->max_forwards(), 70U);
  EXPECT_EQ(message->find("x-custom"), "a  b");
  EXPECT_EQ(message->find("t"), "<sip:bob@example.com>");
  EXPECT_EQ(message->body(), "body");
  EXPECT_EQ(message->headers().size(), 8U);
}

TEST(Parser, ViewsLieInTheMessagesOwnBuffer) {
  const auto message = parsed(with("Content-Length: 0\r\n"));
  const auto whole = message->bytes();
  for (const HeaderField& field : message->headers()) {
    EXPECT_GE(field.value.data(), whole.data());
    EXPECT_LE(field.value.data() + field.value.size(), whole.data() + whole.size());
  }
}

TEST(Parser, ManyHeaderFieldsKeepTheirOrder) {
  std::string more;
  for (int i = 0; i < 60; ++i) more += "X-" + std::to_string(i) + ": " + std::to_string(i) + "\r\n";
  const auto message = parsed(with(more));
  ASSERT_EQ(message->headers().size(), 65U);
  EXPECT_EQ(message->headers()[64].name, "X-59");
  EXPECT_EQ(message->headers()[0].name, "Via");
}

TEST(Parser, UnfoldsIntoBlanksOfTheSameLength) {  // trap 63: one header, many spellings.
  const auto message = parsed(with("Subject: a\r\n b\r\n\tc\r\n"));
  EXPECT_EQ(message->find(HeaderId::Subject), "a   b  \tc");
  EXPECT_EQ(parsed(with("Subject:\r\n only\r\n"))->find(HeaderId::Subject), "only");
}

TEST(Parser, SkipsCrlfBeforeTheStartLine) {
  EXPECT_EQ(parsed("\r\n\r\n" + with(""))->method(), Method::Invite);
}

TEST(Parser, ReadsResponses) {
  const auto message = parsed(
      "SIP/2.0 183 Session Progress\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: "
      "<sip:b@h>;tag=2\r\n"
      "Call-ID: x\r\nCSeq: 7 UPDATE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(message->is_response());
  EXPECT_EQ(message->status(), 183);
  EXPECT_EQ(message->status_class(), 1);
  EXPECT_EQ(message->reason_phrase(), "Session Progress");
  EXPECT_EQ(message->method(), Method::Update);
  EXPECT_EQ(message->to_tag(), "2");
}

TEST(Parser, DropsMalformedResponses) {
  for (const char* start :
       {"SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 abc x", "SIP/3.0 200 OK", "SIP/2.0  200 OK"}) {
    Parts parts;
    parts.start = start;
    const auto result = parse(parts.text());
    ASSERT_TRUE(result.error.has_value()) << start;
    EXPECT_EQ(result.error->status, 0) << start;
    EXPECT_EQ(result.message, nullptr);
    EXPECT_FALSE(result.answerable);
  }
}

TEST(Parser, DropsWhatIsNoSip) {
  for (const char* text : {"", "\r\n\r\n", "x", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "INVITE\r\n\r\n",
                           "INVITE sip:a@b\r\n\r\n", " \r\n\r\n", "INVITE  SIP/2.0\r\n\r\n"}) {
    const auto result = parse(text);
    ASSERT_TRUE(result.error.has_value()) << text;
    EXPECT_EQ(result.error->status == 0 || !result.answerable, true) << text;
    EXPECT_EQ(result.message, nullptr) << text;
  }
}

TEST(Parser, TheVersionIsReadInAnyCase) {
  Parts parts;
  parts.start = "INVITE sip:a@b sip/2.0";
  EXPECT_EQ(refused(parts.text()), -1);
  parts.start = "INVITE sip:a@b SIP/2.1";
  EXPECT_EQ(refused(parts.text()), 505);
}

TEST(Parser, NamesTheHeaderAndThePlace) {
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP host:x\r\n";
  const auto result = parse(parts.text());
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->text, "Via: expected port, got \"x\", byte 17");
  EXPECT_EQ(result.error->header, "Via");
  EXPECT_FALSE(result.answerable);
}

TEST(Parser, AMalformedRequestCanBeAnsweredWhenTheViaCan) {
  Parts parts;
  parts.from = "From: <sip:alice\r\n";
  const auto result = parse(parts.text());
  ASSERT_TRUE(result.message);
  EXPECT_TRUE(result.answerable);
  EXPECT_EQ(result.error->header, "From");
  EXPECT_EQ(result.message->find(HeaderId::From), "<sip:alice");
}

TEST(Parser, AMalformedAckIsNeverAnswered) {
  Parts parts;
  parts.start = "ACK sip:bob@example.com SIP/2.0";
  const auto result = parse(parts.text());  // CSeq says INVITE
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->status, 0);
  EXPECT_FALSE(result.answerable);
}

TEST(Parser, MissingMandatoryHeadersAreNamed) {
  Parts parts;
  parts.call_id = "";
  const auto result = parse(parts.text());
  EXPECT_EQ(result.error->header, "Call-ID");
  EXPECT_FALSE(result.answerable);
}

// RFC 4475 3.3.8: no guessing, not even when both say the same.
TEST(Parser, ASecondSingleHeaderIsRefused) {  // trap 65
  for (const char* more : {"To: <sip:bob@example.com>\r\n", "i: c1@192.0.2.10\r\n", "CSeq: 1 INVITE\r\n",
                           "f: <sip:alice@example.com>;tag=a\r\n", "l: 0\r\nContent-Length: 0\r\n",
                           "Max-Forwards: 1\r\nMax-Forwards: 1\r\n", "Expires: 1\r\nExpires: 2\r\n"}) {
    EXPECT_EQ(refused(with(more)), 400) << more;
  }
  EXPECT_EQ(refused(with("Subject: a\r\nSubject: b\r\n")), -1);
}

TEST(Parser, ControlBytesAreOnlyForQuotedPairs) {
  EXPECT_EQ(refused(with(std::string("Subject: a\0b\r\n", 15))), 400);
  EXPECT_EQ(refused(with("Subject: a\rb\r\n")), 400);
  EXPECT_EQ(refused(with("Subject: a\\\rb\r\n")), 400);
  EXPECT_EQ(refused(with("Subject: long enough for a word \x01\r\n")), 400);
  EXPECT_EQ(refused(with("Subject: \"a\\\x01\"\r\n")), -1);
  EXPECT_EQ(refused(with("Subject: a\tb\r\n")), -1);
}

TEST(Parser, MalformedHeaderLinesAreRefused) {
  for (const char* more : {"No colon\r\n", ": no name\r\n", "Na me: x\r\n", "Sub\x01ject: x\r\n"})
    EXPECT_EQ(refused(with(more)), 400) << more;
}

TEST(Parser, ATruncatedHeadIsRefused) {
  const std::string text = with("Subject: x\r\n");
  EXPECT_EQ(refused(text.substr(0, text.size() - 2)), 400);  // no blank line
  EXPECT_EQ(refused(text.substr(0, text.size() - 4)), 400);  // no line end
  EXPECT_EQ(refused(text.substr(0, text.size() - 10)), 400);
}

// RFC 3261 18.3.
TEST(ParserBody, InADatagramLastsToItsEndWithoutContentLength) {
  EXPECT_EQ(parsed(with("", "abc"))->body(), "abc");
}

TEST(ParserBody, InADatagramEndsWhereContentLengthSays) {
  const auto message = parsed(with("Content-Length: 2\r\n", "abc"));
  EXPECT_EQ(message->body(), "ab");
  EXPECT_TRUE(message->bytes().ends_with("\r\n\r\nab"));
}

TEST(ParserBody, ADatagramThatEndsTooEarlyIsRefused) {
  EXPECT_EQ(refused(with("Content-Length: 4\r\n", "abc")), 400);
  EXPECT_EQ(refused(with("Content-Length: x\r\n", "abc")), 400);
  EXPECT_EQ(refused(with("Content-Length: -1\r\n", "abc")), 400);
  EXPECT_EQ(refused(with("Content-Length:\r\n", "abc")), 400);
}

// An ALG rewrote an address in the SDP and forgot Content-Length.
TEST(ParserBody, ASlightlyWrongLengthOfSdpIsRepairedInADatagram) {  // trap 59
  const std::string sdp = "v=0\r\nc=IN IP4 192.0.2.1\r\n";
  const auto head = [](std::size_t n) {
    return "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(n) + "\r\n";
  };
  const auto shorter = parsed(with(head(sdp.size() - 3), sdp));
  EXPECT_EQ(shorter->body(), sdp);
  EXPECT_TRUE(shorter->body_length_repaired());
  const auto longer = parsed(with(head(sdp.size() + Limits{}.body_length_slack), sdp));
  EXPECT_EQ(longer->body(), sdp);
  EXPECT_TRUE(longer->body_length_repaired());
  EXPECT_EQ(refused(with(head(sdp.size() + Limits{}.body_length_slack + 1), sdp)), 400);
  // A declared body that ends with a whole line is believed; what follows is noise.
  const auto whole = parsed(with(head(sdp.size()), sdp + "noise\r\n"));
  EXPECT_EQ(whole->body(), sdp);
  EXPECT_FALSE(whole->body_length_repaired());
}

TEST(ParserBody, OnAStreamContentLengthIsExact) {  // trap 59: a router has changed the SDP and not its length.
  EXPECT_EQ(refused(with("", "abc"), Framing::Stream), 400);
  EXPECT_EQ(refused(with("Content-Type: application/sdp\r\nContent-Length: 9\r\n", "v=0\r\n"), Framing::Stream), 400);
  EXPECT_EQ(refused(with("Content-Length: 3\r\n", "abc"), Framing::Stream), -1);
}

TEST(Parser, BareLfEndsALineInADatagramOnly) {
  std::string text = with("Content-Length: 3\r\n", "abc");
  std::erase(text, '\r');
  EXPECT_EQ(parsed(text)->body(), "abc");
  EXPECT_NE(refused(text, Framing::Stream), -1);
}

}  // namespace
}  // namespace sbc::sip
