#include "sbc/auth/parameters.h"

#include <gtest/gtest.h>

#include "sbc/auth/challenge.h"
#include "sbc/auth/credentials.h"
#include "sbc/auth/limits.h"

namespace sbc::auth {
namespace {

TEST(Parameters, QuotedStringsMayHoldCommasEqualsAndEscapes) {
  const auto p = parse_parameters(R"(Digest a="x, y=z", b = "q\"\\" ,c=token)");
  ASSERT_TRUE(p) << p.error();
  EXPECT_EQ(p->scheme, "Digest");
  ASSERT_EQ(p->list.size(), 3U);
  EXPECT_EQ(*p->find("a"), "x, y=z");
  EXPECT_EQ(*p->find("b"), R"(q"\)");
  EXPECT_EQ(*p->find("c"), "token");
  EXPECT_EQ(p->find("d"), nullptr);
}

TEST(Parameters, NamesAreFoundInAnyCase) {
  const auto p = parse_parameters("Digest NONCE=\"n\"");
  ASSERT_TRUE(p);
  EXPECT_EQ(*p->find("nonce"), "n");
}

TEST(Parameters, EmptyListElementsMeanNothing) {
  const auto p = parse_parameters("Digest ,a=1,, b=2,");
  ASSERT_TRUE(p) << p.error();
  EXPECT_EQ(p->list.size(), 2U);
}

TEST(Parameters, MalformedTextIsRefusedAndNamesThePlace) {
  struct Case {
    std::string_view text, error;
  };
  for (const Case& c : {
           Case{"", "Digest: expected scheme, got the end, byte 0"},
           Case{"Digest a", "Digest: expected '=' after \"a\", got the end, byte 8"},
           Case{"Digest a=", "Digest: expected value of \"a\", got the end, byte 9"},
           Case{"Digest a=,b=1", "Digest: expected value of \"a\", got \",b=1\", byte 9"},
           Case{"Digest a=\"x", "Digest: expected closing quote of the string from byte 9, got the end, byte 11"},
           Case{"Digest a=\"x\\", "Digest: expected closing quote of the string from byte 9, got the end, byte 12"},
           Case{"Digest a=\"x\" b=1", "Digest: expected ',', got \"b=1\", byte 13"},
           Case{"Digest a=1,A=2", "Digest: expected \"a\" only once, got the end, byte 11"},
           Case{"Digest =1", "Digest: expected parameter name, got \"=1\", byte 7"},
           Case{"Digest,a=1", "Digest: expected blank after the scheme, got \",a=1\", byte 6"},
       }) {
    const auto p = parse_parameters(c.text);
    ASSERT_FALSE(p) << c.text;
    EXPECT_EQ(p.error(), c.error) << c.text;
  }
  EXPECT_FALSE(parse_parameters(std::string_view("Digest a=\"x\0y\"", 14)));
  EXPECT_FALSE(parse_parameters("Digest a=\"x\r\ny\""));
  EXPECT_FALSE(parse_parameters("Digest a=\"x\\\ny\""));
}

TEST(Parameters, LimitsHoldAtTheLimitAndOnePast) {
  const std::string longest(kMaxParameterBytes, 'x');
  EXPECT_TRUE(parse_parameters("Digest a=\"" + longest + "\""));
  EXPECT_FALSE(parse_parameters("Digest a=\"" + longest + "x\""));
  EXPECT_TRUE(parse_parameters("Digest a=" + longest));
  EXPECT_FALSE(parse_parameters("Digest a=" + longest + "x"));

  std::string many = "Digest ";
  for (std::size_t i = 0; i < kMaxParameters; ++i) many += "p" + std::to_string(i) + "=1,";
  EXPECT_TRUE(parse_parameters(many));
  EXPECT_FALSE(parse_parameters(many + "last=1"));

  const std::string head = "Digest a=1";
  EXPECT_TRUE(parse_parameters(head + std::string(kMaxHeaderBytes - head.size(), ' ')));
  EXPECT_FALSE(parse_parameters(head + std::string(kMaxHeaderBytes - head.size() + 1, ' ')));
}

TEST(Parameters, QuotedEscapesAndNeverSplitsALine) {
  EXPECT_EQ(quoted(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(quoted("a\r\nb"), "\"ab\"");
}

constexpr std::string_view kGood =
    R"(Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com",)"
    R"( qop=auth, nc=00000001, cnonce="0a4f113b", response="6629FAE49393a05397450978507c4ef1", opaque="5ccc")";

TEST(Credentials, TheExampleOfRfc3261Section22_4IsRead) {
  const auto c = parse_credentials(kGood);
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_EQ(c->username, "bob");
  EXPECT_EQ(c->realm, "biloxi.com");
  EXPECT_EQ(c->nonce, "dcd98b7102dd2f0e8b11d0f600bfb0c093");
  EXPECT_EQ(c->uri, "sip:bob@biloxi.com");
  EXPECT_EQ(c->qop, "auth");
  EXPECT_EQ(c->nonce_count, 1U);
  EXPECT_EQ(c->nc_text, "00000001");
  EXPECT_EQ(c->cnonce, "0a4f113b");
  EXPECT_EQ(c->response, "6629fae49393a05397450978507c4ef1");
  EXPECT_EQ(c->opaque, "5ccc");
  EXPECT_EQ(c->algorithm, Algorithm{});  // absent means MD5
}

TEST(Credentials, AnUnknownAlgorithmIsKeptAsUnknown) {
  const auto c = parse_credentials(std::string(kGood) + ", algorithm=SHA3-512");
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->algorithm);
  EXPECT_EQ(c->algorithm_text, "SHA3-512");
}

TEST(Credentials, AMissingParameterIsNamed) {
  for (std::string_view name : {"username", "realm", "nonce", "uri", "response"}) {
    std::string text(kGood);
    text.replace(text.find(std::string(name) + "="), name.size(), "x-gone");
    const auto c = parse_credentials(text);
    ASSERT_FALSE(c) << name;
    EXPECT_EQ(c.error().kind, CredentialsError::Malformed);
    EXPECT_EQ(c.error().text, "Digest: expected " + std::string(name) + ", got none");
  }
}

TEST(Credentials, QopDemandsCnonceAndEightDigitsOfCount) {
  const std::string base = R"(Digest username="b", realm="r", nonce="n", uri="u", response="00", qop=auth)";
  EXPECT_FALSE(parse_credentials(base + ", nc=00000001"));
  EXPECT_FALSE(parse_credentials(base + ", cnonce=\"c\""));
  EXPECT_FALSE(parse_credentials(base + ", cnonce=\"c\", nc=1"));
  EXPECT_FALSE(parse_credentials(base + ", cnonce=\"c\", nc=0000000g"));
  const auto c = parse_credentials(base + ", cnonce=\"c\", nc=FFffFFff");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->nonce_count, 0xFFFFFFFFU);
}

TEST(Credentials, ExtendedUsernamesAreDecoded) {
  const std::string rest = R"(, realm="r", nonce="n", uri="u", response="00")";
  const auto c = parse_credentials("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" + rest);
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_EQ(c->username, "J\xC3\xA4s\xC3\xB8n Doe");
  EXPECT_FALSE(parse_credentials("Digest username*=ISO-8859-1''a" + rest));
  EXPECT_FALSE(parse_credentials("Digest username*=UTF-8''a%4" + rest));
  EXPECT_FALSE(parse_credentials("Digest username*=UTF-8''a%zz" + rest));
  EXPECT_FALSE(parse_credentials("Digest username*=plain" + rest));
  EXPECT_FALSE(parse_credentials("Digest username*=UTF-8''a, username=\"a\"" + rest));
}

TEST(Credentials, OtherSchemesAreNotMalformed) {
  for (std::string_view text : {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer abc.def", "Basic realm=\"x\""}) {
    const auto c = parse_credentials(text);
    ASSERT_FALSE(c);
    EXPECT_EQ(c.error().kind, CredentialsError::OtherScheme) << text;
  }
  EXPECT_EQ(parse_credentials("digest nonsense").error().kind, CredentialsError::Malformed);
  EXPECT_EQ(realm_of("Basic realm=\"x\""), "x");
  EXPECT_FALSE(realm_of("Bearer abc.def"));
}

TEST(Challenge, TheExampleOfRfc7616IsRead) {
  const auto c = parse_challenge(
      R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XX", opaque="FQhe")");
  ASSERT_TRUE(c) << c.error();
  EXPECT_EQ(c->realm, "http-auth@example.org");
  EXPECT_EQ(c->nonce, "7ypf/xlj9XX");
  EXPECT_EQ(c->opaque, "FQhe");
  EXPECT_TRUE(c->has_opaque);
  EXPECT_EQ(c->algorithm, (Algorithm{Hash::Sha256, false}));
  EXPECT_TRUE(c->qop_auth);
  EXPECT_TRUE(c->qop_auth_int);
  EXPECT_FALSE(c->stale);
}

TEST(Challenge, WhatWeWriteWeRead) {
  Challenge challenge;
  challenge.realm = "a \"quoted\" realm";
  challenge.nonce = "n";
  challenge.algorithm = Algorithm{Hash::Sha512_256, false};
  challenge.qop_auth = true;
  challenge.stale = true;
  challenge.has_opaque = true;
  const auto read = parse_challenge(write_challenge(challenge));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->realm, challenge.realm);
  EXPECT_EQ(read->algorithm, challenge.algorithm);
  EXPECT_TRUE(read->qop_auth);
  EXPECT_FALSE(read->qop_auth_int);
  EXPECT_TRUE(read->stale);
  EXPECT_TRUE(read->has_opaque);
  EXPECT_EQ(read->opaque, "");
}

TEST(Challenge, RealmNonceAndSchemeAreDemanded) {
  EXPECT_FALSE(parse_challenge("Digest nonce=\"n\""));
  EXPECT_FALSE(parse_challenge("Digest realm=\"r\""));
  EXPECT_FALSE(parse_challenge("Basic realm=\"r\", nonce=\"n\""));
  EXPECT_FALSE(parse_challenge("Digest realm=\"r\", nonce=\"n\", Digest realm=\"s\", nonce=\"m\""));
}

TEST(Challenge, UnknownAlgorithmsAndQopsAreMarkedNotRefused) {
  const auto c = parse_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5, qop=\"future\"");
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->algorithm);
  EXPECT_TRUE(c->has_qop);
  EXPECT_FALSE(c->qop_auth);
}

}  // namespace
}  // namespace sbc::auth
