#include "sbc/sip/name_addr.h"

#include <gtest/gtest.h>

namespace sbc::sip {
namespace {

NameAddr addr(std::string_view text) {
  const auto result = parse_name_addr(text);
  EXPECT_TRUE(result.has_value()) << text << ": " << (result ? "" : result.error().text());
  return result.value_or(NameAddr{});
}

TEST(NameAddr, ReadsAQuotedDisplayName) {
  const NameAddr a = addr(R"("Mr. \"X\" <b>, y" <sip:x@h;lr>;tag=t1;p="a;b")");
  EXPECT_EQ(a.display, R"("Mr. \"X\" <b>, y")");
  EXPECT_EQ(a.display_text(), R"(Mr. "X" <b>, y)");
  EXPECT_EQ(a.uri_text, "sip:x@h;lr");
  EXPECT_EQ(a.tag(), "t1");
  EXPECT_EQ(a.param("P"), "\"a;b\"");
  EXPECT_TRUE(a.bracketed);
}

TEST(NameAddr, ReadsTokensAndUtf8AsDisplayName) {  // trap 63: one header, many spellings.
  EXPECT_EQ(addr("Alice Smith<sip:a@h>").display, "Alice Smith");
  EXPECT_EQ(addr("\"J\xc3\xbcrgen\" <sip:a@h>").display_text(), "J\xc3\xbcrgen");
  EXPECT_EQ(addr("J\xc3\xbcrgen <sip:a@h>").display_text(), "J\xc3\xbcrgen");
  EXPECT_EQ(addr("<sip:a@h>").display, "");
}

// RFC 3261 20: without brackets, parameters belong to the header.
TEST(NameAddr, WithoutBracketsParametersAreTheHeaders) {
  const NameAddr a = addr("sip:a@h;tag=7");
  EXPECT_EQ(a.uri.params, "");
  EXPECT_EQ(a.tag(), "7");
  EXPECT_FALSE(a.bracketed);
  EXPECT_EQ(addr("tel:+123;tag=8").uri.user, "+123");
}

TEST(NameAddr, GivesTheAddressWithoutItsParameters) {
  EXPECT_EQ(addr("\"A\" <sip:a@h> ; tag=7").address_text(), "\"A\" <sip:a@h>");
  EXPECT_EQ(addr("sip:a@h;tag=7").address_text(), "sip:a@h");
  EXPECT_EQ(addr("<sip:a@h;lr>").address_text(), "<sip:a@h;lr>");
}

TEST(NameAddr, RefusesWhatIsNone) {
  for (const char* text : {"", "<>", "<sip:a@h", "\"a <sip:a@h>", "\"a\" sip:a@h", "\"a\"", "a, b <sip:a@h>",
                           "< sip:a@h>", "<sip:a@h >", "<sip:a@h> x", "<sip:a@h>;", "<sip:a@h>;;a", "<sip:a@h>;=b",
                           "<sip:a@h>;a=\"b", "sip:a@h?x=y", "sip:a,b@h", "a\\b <sip:a@h>", "sip:a@h x"}) {
    EXPECT_FALSE(parse_name_addr(text).has_value()) << text;
  }
}

TEST(NameAddr, AnErrorCountsFromTheStartOfTheValue) {
  EXPECT_EQ(parse_name_addr("\"A\" <sip:a@h:x>").error().text(), "expected port, got \"x\", byte 13");
  EXPECT_EQ(parse_name_addr("<sip:a@h>;tag=1;;").error().text(), "expected parameter name, got \";\", byte 16");
}

TEST(Params, AreReadWithBlanksQuotesAndWithoutValues) {
  ParamReader reader(" a = 1 ; b;c=\"x\\\";y\" ;d=");
  Param p;
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.name, "a");
  EXPECT_EQ(p.value, "1");
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.name, "b");
  EXPECT_FALSE(p.has_value);
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.value, "\"x\\\";y\"");
  EXPECT_EQ(p.text, "c=\"x\\\";y\"");
  ASSERT_TRUE(reader.next(p));
  EXPECT_EQ(p.name, "d");
  EXPECT_FALSE(reader.next(p));
  EXPECT_FALSE(reader.error().has_value());
}

TEST(Params, AnEmptyOneIsAnError) {
  Param p;
  ParamReader reader("a;;b");
  EXPECT_TRUE(reader.next(p));
  EXPECT_FALSE(reader.next(p));
  EXPECT_TRUE(reader.error().has_value());
  EXPECT_FALSE(reader.next(p));
}

TEST(Quotes, RoundTripAndCannotInjectALine) {
  EXPECT_EQ(unquote(quote("a \"b\" \\c")), "a \"b\" \\c");
  EXPECT_EQ(quote("a\r\nX: y"), "\"a  X: y\"");
  EXPECT_EQ(unquote("plain"), "plain");
  EXPECT_EQ(unquote("\"open"), "\"open");
  EXPECT_EQ(unquote("\""), "\"");
}

}  // namespace
}  // namespace sbc::sip
