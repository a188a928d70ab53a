#include "sbc/register/identity.h"

#include "sbc/register/limits.h"

#include "stage.h"

namespace sbc::registrar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class IdentityTest : public Stage {
 protected:
  std::vector<auth::Challenge> challenge(const RegisterText& text, ChallengeRole role = ChallengeRole::UserAgent) {
    const auto message = text.parse();
    plan =
        identities.challenge(realm, *message, udp_source(),
                             identities.check(realm, *message, udp_source(), now.instant), role, now.instant, random);
    std::vector<auth::Challenge> out;
    for (const OwnedHeader& header : plan.headers) out.push_back(*auth::parse_challenge(header.value));
    return out;
  }

  std::string answer(const auth::Challenge& challenge, std::string_view user = "bob",
                     std::string_view password = "secret", std::uint32_t count = 1,
                     std::string_view method = "REGISTER", std::string_view uri = "sip:example.org") {
    return "Authorization: " +
           *auth::answer(
               challenge,
               {.method = method, .uri = uri, .username = user, .cnonce = "c0ffee", .nonce_count = count, .body = {}},
               auth::Secret::from_password(std::string(password)));
  }

  Identity check(const RegisterText& text) { return identities.check(realm, *text.parse(), udp_source(), now.instant); }

  Plan plan;
};

TEST_F(IdentityTest, AStrangerIsOfferedAllAlgorithmsStrongestFirst) {
  const auto challenges = challenge({});
  EXPECT_EQ(plan.status, 401);
  ASSERT_THAT(challenges, SizeIs(3));
  EXPECT_EQ(plan.headers[0].name, "WWW-Authenticate");
  EXPECT_EQ(challenges[0].algorithm->hash, auth::Hash::Sha512_256);
  EXPECT_EQ(challenges[2].algorithm->hash, auth::Hash::Md5);
  EXPECT_EQ(challenges[0].realm, "parapet");
  EXPECT_FALSE(challenges[0].stale);
}

TEST_F(IdentityTest, AUserWithAnMd5Ha1IsOfferedMd5Only) {
  const auto challenges = challenge({.uri = "sip:example.net", .to = "<sip:carol@example.net>"});
  ASSERT_THAT(challenges, SizeIs(1));
  EXPECT_EQ(challenges[0].algorithm->hash, auth::Hash::Md5);
}

TEST_F(IdentityTest, AProxyChallengesWith407) {
  challenge({}, ChallengeRole::Proxy);
  EXPECT_EQ(plan.status, 407);
  EXPECT_EQ(plan.headers[0].name, "Proxy-Authenticate");
}

TEST_F(IdentityTest, AnyOfTheOfferedAlgorithmsProvesTheUser) {
  const auto challenges = challenge({});
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Identity identity = check({.headers = {answer(challenges[i], "bob", "secret", i + 1)}});
    ASSERT_TRUE(identity.authenticated()) << i;
    EXPECT_EQ(identity.user->name, "bob");
  }
  EXPECT_EQ(identities.counters().accepted, 3U);
}

TEST_F(IdentityTest, TheDigestNameMayDifferFromTheAddressOfRecord) {
  const auto challenges = challenge({.uri = "sip:example.net", .to = "<sip:carol@example.net>"});
  const Identity identity =
      check({.uri = "sip:example.net",
             .to = "<sip:carol@example.net>",
             .headers = {answer(challenges[0], "phone7", "geheim", 1, "REGISTER", "sip:example.net")}});
  ASSERT_TRUE(identity.authenticated());
  EXPECT_EQ(identity.user->name, "carol");
}

TEST_F(IdentityTest, ADigestNameWithItsDomainIsTheSameUser) {
  EXPECT_TRUE(check({.headers = {answer(challenge({})[0], "bob@example.org")}}).authenticated());
  EXPECT_TRUE(check({.headers = {answer(challenge({})[0], "bob@192.0.2.1")}}).verdict == auth::Verdict::UnknownUser)
      << "the realm's own address is no name of a user";
}

TEST_F(IdentityTest, NoCredentialsForOurRealmIsNoVerdict) {
  EXPECT_FALSE(check({}).verdict);
  EXPECT_FALSE(check({.headers = {"Authorization: Bearer abc.def"}}).verdict);
  EXPECT_FALSE(
      check({.headers = {R"(Authorization: Digest username="a",realm="other",nonce="n",uri="sip:x",response="0")"}})
          .verdict);
  EXPECT_EQ(identities.counters().without_credentials, 3U);
}

TEST_F(IdentityTest, OurCredentialsAreFoundAmongOthers) {
  const auto challenges = challenge({});
  const Identity identity =
      check({.headers = {R"(Proxy-Authorization: Digest username="a",realm="other",nonce="n",uri="x",response="0")",
                         "Authorization: Digest broken", answer(challenges[0])}});
  EXPECT_TRUE(identity.authenticated());
}

TEST_F(IdentityTest, WrongPasswordsAndUnknownUsersAreChallengedAgain) {
  const auto challenges = challenge({});
  EXPECT_EQ(check({.headers = {answer(challenges[0], "bob", "guess")}}).verdict, auth::Verdict::WrongResponse);
  EXPECT_EQ(check({.headers = {answer(challenges[0], "eve", "guess")}}).verdict, auth::Verdict::UnknownUser);
  EXPECT_EQ(identities.counters().refused[static_cast<std::size_t>(auth::Verdict::UnknownUser)], 1U);
  const auto again = challenge({.headers = {answer(challenges[0], "eve", "guess")}});
  EXPECT_EQ(plan.status, 401);
  EXPECT_FALSE(again[0].stale);
}

TEST_F(IdentityTest, AnOldNonceOrARepeatedCountIsChallengedAsStale) {
  const auto challenges = challenge({});
  ASSERT_TRUE(check({.headers = {answer(challenges[0])}}).authenticated());
  EXPECT_TRUE(challenge({.headers = {answer(challenges[0])}})[0].stale);
  const auto fresh = challenge({});
  pass(realm.digest.nonce_lifetime + base::seconds(1));
  EXPECT_TRUE(challenge({.headers = {answer(fresh[0])}})[0].stale);
  EXPECT_EQ(plan.status, 401);
}

TEST_F(IdentityTest, MalformedCredentialsAreABadRequest) {
  challenge({.headers = {"Authorization: Digest username=\"bob"}});
  EXPECT_EQ(plan.status, 400);
  EXPECT_THAT(plan.headers, IsEmpty());
}

TEST_F(IdentityTest, CredentialsForAnotherUriAreABadRequest) {
  const auto challenges = challenge({});
  challenge({.headers = {answer(challenges[0], "bob", "secret", 1, "REGISTER", "sip:elsewhere.org")}});
  EXPECT_EQ(plan.status, 400);
}

TEST_F(IdentityTest, HashedUserNamesWereNotOfferedAndAreUnknown) {
  const auto challenges = challenge({});
  EXPECT_EQ(check({.headers = {answer(challenges[0]) + ", userhash=true"}}).verdict, auth::Verdict::UnknownUser);
}

TEST_F(IdentityTest, OnlySoManyCredentialsAreTried) {
  const auto challenges = challenge({});
  std::vector<std::string> headers(kMaxCredentials - 1, answer(challenges[0], "bob", "guess"));
  headers.push_back(answer(challenges[0]));
  EXPECT_TRUE(check({.headers = headers}).authenticated());
  headers.insert(headers.begin(), answer(challenges[0], "bob", "guess"));
  headers.back() = answer(challenges[0], "bob", "secret", 2);
  EXPECT_FALSE(check({.headers = headers}).authenticated());
}

TEST_F(IdentityTest, AnInviteIsCheckedAgainstItsOwnMethodAndTheCallersDomain) {
  const auto challenges = challenge({});
  const RegisterText invite{.uri = "sip:carol@example.net",
                            .to = "<sip:bob@example.org>",
                            .headers = {answer(challenges[0], "bob", "secret", 1, "INVITE", "sip:carol@example.net"),
                                        "Contact: <sip:bob@10.0.0.5>"},
                            .method = "INVITE"};
  EXPECT_TRUE(check(invite).authenticated());
}

}  // namespace
}  // namespace sbc::registrar
