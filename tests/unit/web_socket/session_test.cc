#include "sbc/web_socket/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/web_socket/limits.h"
#include "sbc/web_socket/utf8.h"

namespace sbc::web_socket {
namespace {

using State = Session::State;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kLargest = 1000;

// RFC 7118 4.2, its client's side.
std::string opening(std::string_view without = {}, std::string_view extra = {}) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (const std::string_view line :
       {"Host: sip-ws.example.com", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://www.example.com", "Sec-WebSocket-Protocol: sip",
        "Sec-WebSocket-Version: 13"})
    if (without.empty() || !line.starts_with(without)) head.append(line).append("\r\n");
  return head.append(extra).append("\r\n");
}

enum Opcode : unsigned { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

std::string frame(unsigned opcode, std::string_view payload, bool last = true, bool masked = true) {
  std::string out;
  out += static_cast<char>((last ? 0x80U : 0U) | opcode);
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | payload.size());
  } else {
    out += static_cast<char>(mask_bit | 126U);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  const std::string key = "\x37\xfa\x21\x3d";
  if (!masked) return out.append(payload);
  out += key;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ key[i % 4]);
  return out;
}

class WebSocket : public testing::Test {
 protected:
  void open() {
    ASSERT_EQ(session_.feed(opening()), State::Open);
    session_.take_output();
  }
  Session session_{kLargest};
};

// The key and its proof are those of RFC 6455 1.3.
TEST_F(WebSocket, TheHandshakeIsAnsweredWithTheSubprotocol) {
  EXPECT_EQ(session_.feed(opening()), State::Open);
  const std::string answer = session_.take_output();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Protocol: sip\r\n"));
}

TEST_F(WebSocket, TheHandshakeMayComeInAnyPiecesAndWithTheFirstFrame) {
  const std::string all = opening() + frame(kText, "OPTIONS");
  for (const char c : all) session_.feed({&c, 1});
  EXPECT_EQ(session_.state(), State::Open);
  EXPECT_EQ(session_.next(), "OPTIONS");
  Session at_once(kLargest);
  at_once.feed(all);
  EXPECT_EQ(at_once.next(), "OPTIONS");
  EXPECT_EQ(at_once.next(), std::nullopt);
}

TEST(WebSocketHandshake, EachFaultHasItsAnswer) {
  struct Case {
    std::string head;
    Reject reject;
    const char* status;
  };
  const Case cases[] = {
      {"nonsense\r\n\r\n", Reject::NotHttp, "400"},
      {"GET / HTTP/1.0\r\n\r\n", Reject::NotHttp, "400"},
      {"POST / HTTP/1.1\r\n\r\n", Reject::Method, "405"},
      {opening("Host"), Reject::Host, "400"},
      {opening("Upgrade"), Reject::Upgrade, "400"},
      {opening("Connection"), Reject::Upgrade, "400"},
      {opening("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\n"), Reject::Version, "426"},
      {opening("Sec-WebSocket-Key", "Sec-WebSocket-Key: short==\r\n"), Reject::Key, "400"},
      {opening("Sec-WebSocket-Protocol"), Reject::Subprotocol, "400"},
      {opening("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: chat, xmpp\r\n"), Reject::Subprotocol, "400"},
  };
  for (const Case& c : cases) {
    Session session(kLargest);
    EXPECT_EQ(session.feed(c.head), State::Refused) << c.head;
    EXPECT_EQ(session.reject(), c.reject) << c.head << name_of(session.reject());
    EXPECT_THAT(session.take_output(), StartsWith(std::string("HTTP/1.1 ") + c.status));
  }
  Session several(kLargest);
  EXPECT_EQ(several.feed(opening("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: chat, sip\r\n")), State::Open);
}

TEST_F(WebSocket, AnEndlessRequestIsRefused) {
  std::string head = "GET / HTTP/1.1\r\nCookie: ";
  head.resize(kRequestBytes, 'x');
  EXPECT_EQ(session_.feed(head), State::Handshaking);
  EXPECT_EQ(session_.feed("x"), State::Refused);
  EXPECT_EQ(session_.reject(), Reject::TooLong);
}

TEST_F(WebSocket, TextAndBinaryAndFragmentsAreMessages) {
  open();
  session_.feed(frame(kText, "one") + frame(kBinary, "two\xff") + frame(kText, "thr", false) + frame(kPing, "alive"));
  EXPECT_TRUE(session_.has_part());
  EXPECT_EQ(session_.next(), "one");
  EXPECT_EQ(session_.next(), "two\xff");
  EXPECT_EQ(session_.next(), std::nullopt);
  session_.feed(frame(kContinuation, "ee"));
  EXPECT_EQ(session_.next(), "three");
  EXPECT_FALSE(session_.has_part());
  EXPECT_EQ(session_.take_output(), frame(kPong, "alive", true, false));
}

TEST_F(WebSocket, WhatIsSentIsTextWhenItCanBe) {
  open();
  EXPECT_TRUE(session_.send("gr\xc3\xbc\xc3\x9f"));
  EXPECT_EQ(session_.take_output(), frame(kText, "gr\xc3\xbc\xc3\x9f", true, false));
  EXPECT_TRUE(session_.send("\xff"));
  EXPECT_EQ(session_.take_output(), frame(kBinary, "\xff", true, false));
}

// RFC 6455 5.1.
TEST_F(WebSocket, AnUnmaskedFrameEndsIt) {
  open();
  EXPECT_EQ(session_.feed(frame(kText, "OPTIONS", true, false)), State::Broken);
  EXPECT_EQ(session_.next(), std::nullopt);
}

TEST_F(WebSocket, AMessageAtTheLimitPassesAndOneBeyondEndsIt) {
  open();
  EXPECT_EQ(session_.feed(frame(kText, std::string(kLargest, 'x'))), State::Open);
  EXPECT_EQ(session_.next()->size(), kLargest);
  EXPECT_EQ(session_.feed(frame(kText, std::string(kLargest + 1, 'x'))), State::Broken);
  EXPECT_EQ(session_.close_code(), 1009);
}

TEST_F(WebSocket, FragmentsTogetherHaveTheSameLimit) {
  open();
  session_.feed(frame(kText, std::string(600, 'x'), false));
  EXPECT_EQ(session_.feed(frame(kContinuation, std::string(600, 'x'))), State::Broken);
  EXPECT_EQ(session_.close_code(), 1009);
}

TEST_F(WebSocket, TextThatIsNoUtf8EndsIt) {
  open();
  EXPECT_EQ(session_.feed(frame(kText, "\xff\xfe")), State::Broken);
  EXPECT_EQ(session_.close_code(), 1007);
}

TEST_F(WebSocket, GoodByeIsAnswered) {
  open();
  EXPECT_EQ(session_.feed(frame(kClose, "\x03\xe8")), State::Closed);
  EXPECT_EQ(session_.take_output(), frame(kClose, "\x03\xe8", true, false));
  EXPECT_FALSE(session_.send("late"));
}

TEST_F(WebSocket, WeSayGoodByeToo) {
  open();
  session_.close();
  EXPECT_EQ(session_.take_output(), frame(kClose, "\x03\xe9", true, false));
}

TEST(Utf8, IsWhatRfc3629Says) {
  for (const char* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

}  // namespace
}  // namespace sbc::web_socket
