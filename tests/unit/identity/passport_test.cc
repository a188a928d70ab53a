#include "sbc/identity/passport.h"

#include "sbc/identity/limits.h"

#include "sample.h"

namespace sbc::identity {
namespace {

const std::string kInfo = ";info=<https://certs.example.net/1.pem>;alg=ES256;ppt=";

TEST(Passport, SeveralStayInTheirOrder) {  // trap 84; RFC 8224 4, RFC 8946 5
  const std::string first = "eyJhbGci.eyJhdHRl.sig-_=" + kInfo + "\"shaken\"", second = "..c2ln" + kInfo + "\"div\"";
  const auto message = test::invite("Identity: " + first + "\r\nSubject: x\r\ny: " + second + "\r\n");
  EXPECT_EQ(passports(*message), (std::vector<std::string>{first, second}));
}

TEST(Passport, WhatIsNoneIsLeftOut) {
  for (const char* text : {"digest", "a b;info=<x>", ";info=<x>", "abc;alg=ES256", "abc;info=x", "abc;info=<x",
                           "abc;info=<x>,def;info=<y>"})
    EXPECT_TRUE(passports(*test::invite("Identity: " + std::string(text) + "\r\n")).empty()) << text;
}

TEST(Passport, OnlySoManyAndSoLong) {
  const std::string rest = ";info=<https://x.invalid>";
  std::string lines;
  for (std::size_t i = 0; i < kMaxPassports; ++i) lines += "Identity: a.b.c" + std::to_string(i) + rest + "\r\n";
  EXPECT_EQ(passports(*test::invite(lines)).size(), kMaxPassports);
  EXPECT_EQ(passports(*test::invite(lines + "Identity: one.too.many" + rest + "\r\n")).size(), kMaxPassports);
  const std::string longest(kMaxPassportBytes - rest.size(), 'a');
  EXPECT_EQ(passports(*test::invite("Identity: " + longest + rest + "\r\n")).size(), 1U);
  EXPECT_TRUE(passports(*test::invite("Identity: a" + longest + rest + "\r\n")).empty());
}

TEST(Passport, TheDateIsTheOneThatWasSigned) {  // RFC 8224 6.2.4
  const std::string date = "Sat, 21 Nov 2026 03:00:00 GMT";
  EXPECT_EQ(signed_date(*test::invite("Date: " + date + "\r\n")), date);
  EXPECT_EQ(signed_date(*test::invite("Date: Sat, 21 Nov 2026 03:00:00 CET\r\n")), "");
  EXPECT_EQ(signed_date(*test::invite("Date: Sat, 21 November 2026 03:00 GMT\r\n")), "");
  EXPECT_EQ(signed_date(*test::invite("")), "");
}

TEST(Passport, NumbersAreComparedAsTheyAreSigned) {  // trap 84; RFC 8224 8.3
  for (const auto& [one, other] : {std::pair("+43660123", "43660123"), std::pair("43-660(123)", "+43.660.123"),
                                   std::pair("+43660123;npdi", "+43660123"), std::pair("%2331%23", "#31#")})
    EXPECT_TRUE(same_number(one, other)) << one << " " << other;
  for (const auto& [one, other] : {std::pair("0660123", "43660123"), std::pair("alice", "alice"), std::pair("", ""),
                                   std::pair("+", "+"), std::pair("12a", "12a")})
    EXPECT_FALSE(same_number(one, other)) << one << " " << other;
}

}  // namespace
}  // namespace sbc::identity
