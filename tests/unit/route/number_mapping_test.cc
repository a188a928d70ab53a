// Numbers as names, and rules as URIs: RFC 6116, RFC 3402.

#include "sbc/route/number_mapping.h"

#include <gtest/gtest.h>

namespace sbc::route {
namespace {

std::string uri(const std::string& substitution, const std::string& number = "+4312345") {
  return uri_of({.order = 1, .preference = 1, .service = "E2U+sip", .substitution = substitution}, number)
      .value_or("none");
}

// RFC 6116 3.2, with its example; 3.7: a number begins with "+".
TEST(EnumName, IsTheNumberFromBehind) {
  EXPECT_EQ(enum_name("+442079460148", "e164.arpa"), "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa");
  EXPECT_EQ(enum_name("+1", "enum.example."), "1.enum.example");
  EXPECT_EQ(enum_name("+123456789012345", "e"), "5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e");
  for (const char* none : {"", "+", "43123", "+43a", "+1234567890123456", "+4 3"})
    EXPECT_EQ(enum_name(none, "e164.arpa"), "") << none;
}

// RFC 3402 3.2; the first two are the examples of RFC 6116 4.
TEST(UriOf, TakesTheSubstitutionApart) {
  EXPECT_EQ(uri("!^(\\+441632960083)$!sip:\\1@example.com!", "+441632960083"), "sip:+441632960083@example.com");
  EXPECT_EQ(uri("!^.*$!mailto:info@example.com!"), "mailto:info@example.com");
  EXPECT_EQ(uri("!^\\+43(.*)$!sip:0\\1@example.com!"), "sip:012345@example.com");
  EXPECT_EQ(uri("!^(\\+43)(12)(345)$!tel:\\3\\2\\1!i"), "tel:34512+43");
  EXPECT_EQ(uri("/^.*$/http:\\/\\/example.com\\//"), "http://example.com/") << "an escaped delimiter";
  EXPECT_EQ(uri("!^\\+49.*$!sip:info@example.com!"), "none") << "it does not match";
}

TEST(UriOf, TakesNothingThatIsNoRule) {
  for (const char* none : {"", "!", "!!", "!a", "!a!b", "!^.*$!!", "!^.*$!sip:a b!", "!^.*$!sip:\x01!", "!^.*$!x!q",
                           "!(!x!", "1^.*$1sip:a1", "!^(a)?.*$!sip:\\1!", "!^.*$!sip:\\2!"})
    EXPECT_EQ(uri(none), "none") << none;
}

// A zone must not make a rule cost what it likes: these take a regular expression seconds, or all memory.
TEST(UriOf, TakesNothingThatCostsWhatItLikes) {
  EXPECT_EQ(uri("!(((1{1,255}){1,255}){1,255}){1,255}!sip:a!"), "none");
  EXPECT_EQ(uri("!(1*)(1*)\\1\\2!sip:a!"), "none");
  EXPECT_EQ(uri("!^(([0-9]*)*)*x$!sip:a!", "+123456789012345"), "none") << "without a match, and at once";
  EXPECT_EQ(uri("!^.*$!sip:" + std::string(600, 'a') + "!"), "none");
}

}  // namespace
}  // namespace sbc::route
