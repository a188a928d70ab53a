#include "media-relay/stun/binding.h"

#include <gtest/gtest.h>

namespace stun {
namespace {

using namespace std::string_literals;

// Cookie and transaction ID of RFC 5769.
const std::string kId = "\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"s;

std::string request(const std::string& attributes = "", char type = '\x01') {
  return "\x00"s + type + '\0' + static_cast<char>(attributes.size()) + kId + attributes;
}

// The mapped addresses of RFC 5769 2.2 and 2.3.
TEST(StunBinding, TheSenderLearnsItsAddress) {
  const auto v4 = answer_binding(request(), *base::Endpoint::parse("192.0.2.1:32853"));
  EXPECT_EQ(v4, "\x01\x01\x00\x0c"s + kId + "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"s);
  const auto v6 = answer_binding(request(), *base::Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
  EXPECT_EQ(v6,
            "\x01\x01\x00\x18"s + kId +
                "\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"s);
}

TEST(StunBinding, WhatMustBeUnderstoodAndIsNotGets420) {
  const auto answer =
      answer_binding(request("\x7f\x01\x00\x00\x00\x03\x00\x01x\0\0\0"s), *base::Endpoint::parse("192.0.2.1:1"));
  EXPECT_EQ(answer, "\x01\x11\x00\x10"s + kId + "\x00\x09\x00\x04\x00\x00\x04\x14\x00\x0a\x00\x04\x7f\x01\x00\x03"s);
  // What need not be understood, and credentials that nobody asked for, are passed over.
  for (const auto& attribute : {"\x80\x22\x00\x02hi\0\0"s, "\x00\x06\x00\x01u\0\0\0"s})
    EXPECT_TRUE(answer_binding(request(attribute), *base::Endpoint::parse("192.0.2.1:1"))->starts_with("\x01\x01"));
}

TEST(StunBinding, OnlyWholeBindingRequestsAreAnswered) {
  const auto from = *base::Endpoint::parse("192.0.2.1:5060");
  EXPECT_FALSE(answer_binding(request("", '\x11'), from));  // indication
  EXPECT_FALSE(answer_binding(request("", '\x03'), from));  // Allocate
  EXPECT_FALSE(answer_binding("\x01\x01"s + request().substr(2), from));
  EXPECT_FALSE(answer_binding(request() + "x", from));
  EXPECT_FALSE(answer_binding(request().substr(0, 19), from));
  EXPECT_FALSE(answer_binding(request("\x80\x22\x00\x09hi\0\0"s), from));  // longer than the message
  EXPECT_FALSE(answer_binding(request("\x80\x28\x00\x04none"s), from));    // wrong fingerprint
  EXPECT_FALSE(answer_binding("OPTIONS sip:example.com SIP/2.0\r\n\r\n", from));
  std::string other_cookie = request();
  other_cookie[4] = 'x';
  EXPECT_FALSE(looks_like_stun(other_cookie));
}

TEST(StunBinding, AFingerprintIsCheckedAndReturned) {
  // crc32 of the 20 bytes before it, xor 0x5354554e; computed by zlib.
  const std::string head = "\x00\x01\x00\x08"s + kId;
  const auto answer =
      answer_binding(head + "\x80\x28\x00\x04\xfd\xf6\xae\x02"s, *base::Endpoint::parse("192.0.2.1:32853"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->substr(32), "\x80\x28\x00\x04\x7d\x28\x1f\x59"s);
}

TEST(StunBinding, NobodyGainsMuchByForging) {
  const auto from = *base::Endpoint::parse("[2001:db8::1]:5060");
  std::string attributes;
  for (int i = 0; i < 30; ++i) attributes += "\x7f"s + static_cast<char>(i) + "\0\0"s;
  for (const auto& text : {request(), request(attributes), request("\x7f\x01\x00\x00"s)})
    EXPECT_LE(answer_binding(text, from)->size(), text.size() + 24);
}

}  // namespace
}  // namespace stun
