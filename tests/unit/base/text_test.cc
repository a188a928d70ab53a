#include "media-relay/base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace base {
namespace {

TEST(Text, ComparesAsciiWithoutCase) {
  EXPECT_TRUE(equals_ignoring_case("Call-ID", "call-id"));
  EXPECT_FALSE(equals_ignoring_case("Call-ID", "call-i"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));        // differ by the case bit, but are no letters
  EXPECT_FALSE(equals_ignoring_case("\xc4", "\xe4"));  // nothing beyond ASCII folds
}

TEST(Text, TrimsBlanksAndLineEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \r\n"), "a b");
  EXPECT_EQ(trim(" \t "), "");
}

TEST(Text, ReadsUnsignedNumbersWholeOrNotAtAll) {
  EXPECT_EQ(parse_unsigned("0"), 0u);
  EXPECT_EQ(parse_unsigned("007"), 7u);
  EXPECT_EQ(parse_unsigned("4294967295"), 4294967295u);
  EXPECT_EQ(parse_unsigned("4294967296"), std::nullopt);
  EXPECT_EQ(parse_unsigned<std::uint64_t>("18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(parse_unsigned<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_unsigned<std::uint8_t>("255"), 255);
  EXPECT_EQ(parse_unsigned<std::uint8_t>("256"), std::nullopt);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1x", "0x1"})
    EXPECT_EQ(parse_unsigned(text), std::nullopt) << text;
}

TEST(Text, WritesNumbers) {
  std::string out = "n=";
  append_number(out, 18446744073709551615u);
  EXPECT_EQ(out, "n=18446744073709551615");
}

TEST(Text, QuotesStrangersSafely) {
  EXPECT_EQ(printable("a\"b\\\r\n\x01z\xff"), "a\\\"b\\\\\\x0d\\x0a\\x01z\\xff");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(Text, FindsTheLikelyWordBehindATypingError) {
  const std::array<std::string_view, 3> keys{"listen", "advertise", "media_address"};
  EXPECT_EQ(nearest("lisen", keys), "listen");
  EXPECT_EQ(nearest("media_adress", keys), "media_address");
  EXPECT_EQ(nearest("zzzzzz", keys), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Text, HexIsLowerCase) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xaf\x10", 3)), "00af10");
}
TEST(Text, HexDigitsHaveValues) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('f'), 15);
  EXPECT_EQ(hex_value('F'), 15);
  EXPECT_EQ(hex_value('g'), -1);
}

TEST(TextCursor, ReadsFromLeftToRight) {
  TextCursor cursor("SIP/2.0 \t200 OK");
  EXPECT_TRUE(cursor.take("SIP/"));
  EXPECT_FALSE(cursor.take("3"));
  EXPECT_EQ(cursor.take_while(is_digit), "2");
  EXPECT_TRUE(cursor.take('.'));
  EXPECT_EQ(cursor.take_until(' '), "0");
  cursor.skip_blanks();
  EXPECT_EQ(cursor.peek(), '2');
  EXPECT_EQ(cursor.position(), 9u);
  EXPECT_EQ(cursor.rest(), "200 OK");
  cursor.advance(100);
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(cursor.peek(), '\0');
  EXPECT_FALSE(cursor.take('x'));
}

}  // namespace
}  // namespace base
