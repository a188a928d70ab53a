#include "sbc/register/domains.h"

#include <gtest/gtest.h>

#include "sbc/register/date.h"
#include "sbc/register/limits.h"
#include "sbc/register/users.h"

namespace sbc::registrar {
namespace {

std::expected<std::string, AorError> aor(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  EXPECT_TRUE(uri) << text;
  return canonical_aor(*uri);
}

TEST(Aor, CanonicalFormOfRfc3261Section10_3Step5) {
  struct Case {
    std::string_view uri, aor;
  };
  for (const Case& c : {
           Case{"sip:bob@example.org", "sip:bob@example.org"},
           Case{"sip:bob@EXAMPLE.Org", "sip:bob@example.org"},
           Case{"sip:Bob@example.org", "sip:Bob@example.org"},  // the user part has case
           Case{"sip:bob@example.org;user=phone;transport=tcp", "sip:bob@example.org"},
           Case{"sip:bob@example.org?subject=x", "sip:bob@example.org"},
           Case{"sip:bob:pw@example.org:5070", "sip:bob@example.org"},
           Case{"sip:%62o%62@example.org", "sip:bob@example.org"},
           Case{"sips:bob@example.org", "sip:bob@example.org"},
           Case{"sip:bob@example.org.", "sip:bob@example.org"},
           Case{"sip:+4312345@192.0.2.1", "sip:+4312345@192.0.2.1"},
           Case{"sip:bob@[2001:DB8:0::1]", "sip:bob@[2001:db8::1]"},
       })
    EXPECT_EQ(aor(c.uri), std::string(c.aor)) << c.uri;
}

TEST(Aor, WhatIsNoAddressOfRecordSaysWhy) {
  EXPECT_EQ(aor("tel:+4312345").error(), AorError::NotSip);
  EXPECT_EQ(aor("sip:example.org").error(), AorError::NoUser);
  EXPECT_EQ(aor("sip:a%0d%0ab@example.org").error(), AorError::Unacceptable);
  EXPECT_EQ(aor("sip:a%00@example.org").error(), AorError::Unacceptable);
}

TEST(Aor, TheLengthLimitHoldsAtTheLimitAndOnePast) {
  const std::string host = "example.org";
  const std::string longest(kMaxAorBytes - host.size(), 'a');
  EXPECT_TRUE(aor("sip:" + longest + "@" + host));
  EXPECT_EQ(aor("sip:a" + longest + "@" + host).error(), AorError::Unacceptable);
}

TEST(Domains, NamesAliasesAndOwnAddressesAreServed) {
  const auto local = *base::IpAddress::parse("192.0.2.1");
  const Domains domains({"Example.ORG", "example.net"}, {"border.example.com", "203.0.113.9"}, true);
  EXPECT_EQ(domains.serving("EXAMPLE.org", local), "example.org");
  EXPECT_EQ(domains.serving("example.net", local), "example.net");
  EXPECT_EQ(domains.serving("border.EXAMPLE.com", local), "example.org");
  EXPECT_EQ(domains.serving("203.0.113.9", local), "example.org");
  EXPECT_EQ(domains.serving("192.0.2.1", local), "example.org");
  EXPECT_FALSE(domains.serving("192.0.2.2", local));
  EXPECT_FALSE(domains.serving("elsewhere.org", local));
  EXPECT_FALSE(Domains({"example.org"}, {}, false).serving("192.0.2.1", local));
  EXPECT_FALSE(Domains().serving("example.org", local));
}

TEST(Domains, AnAliasInAnAddressOfRecordBecomesTheDomain) {
  const auto local = *base::IpAddress::parse("2001:db8::1");
  const Domains domains({"example.org"}, {}, true);
  EXPECT_EQ(domains.local_aor(*sip::parse_uri("sip:bob@[2001:DB8::1]:5060"), local)->text(), "sip:bob@example.org");
  EXPECT_EQ(domains.local_aor(*sip::parse_uri("sip:bob@elsewhere.org"), local)->text(), "sip:bob@elsewhere.org");
}

TEST(Users, AreFoundByAddressAndByDigestName) {
  UserTable users;
  ASSERT_TRUE(users.add({"bob", "Example.org", "", auth::Secret::from_password("x")}));
  ASSERT_TRUE(users.add({"carol", "example.org", "phone7", auth::Secret::from_password("x")}));
  ASSERT_TRUE(users.add({"bob", "example.net", "", auth::Secret::from_password("x")}));
  EXPECT_EQ(users.size(), 3U);
  const User* bob = users.find("bob", "EXAMPLE.org");
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(users.find_by_digest_name("bob", "example.org"), bob);
  EXPECT_EQ(users.find_by_digest_name("bob@example.org", "example.org"), bob);
  EXPECT_EQ(users.find_by_digest_name("bob@example.net", "example.org"), nullptr);
  EXPECT_EQ(users.find_by_digest_name("phone7", "example.org"), users.find("carol", "example.org"));
  EXPECT_EQ(users.find_by_digest_name("carol", "example.org"), nullptr);
  EXPECT_EQ(users.find("Bob", "example.org"), nullptr);
  EXPECT_NE(users.find("bob", "example.net"), bob);
}

TEST(Users, IncompleteOrRepeatedEntriesAreRefused) {
  UserTable users;
  const auto pw = auth::Secret::from_password("x");
  EXPECT_FALSE(users.add({"", "example.org", "", pw}));
  EXPECT_FALSE(users.add({"bob", "", "", pw}));
  EXPECT_FALSE(users.add({"bob", "example.org", "", {}}));
  ASSERT_TRUE(users.add({"bob", "example.org", "", pw}));
  EXPECT_FALSE(users.add({"bob", "EXAMPLE.ORG", "other", pw}));
  EXPECT_FALSE(users.add({"dave", "example.org", "bob", pw}));
  EXPECT_EQ(users.size(), 1U);
}

TEST(Date, IsWrittenAsRfc3261Section20_17) {
  EXPECT_EQ(date_text({1289690940}), "Sat, 13 Nov 2010 23:29:00 GMT");
  EXPECT_EQ(date_text({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_text({1709164799}), "Wed, 28 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(date_text({1709164800}), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace sbc::registrar
