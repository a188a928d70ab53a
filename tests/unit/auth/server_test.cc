#include "sbc/auth/server.h"

#include <gtest/gtest.h>

#include "sbc/auth/challenge.h"
#include "sbc/auth/client.h"
#include "sbc/auth/response.h"

namespace sbc::auth {
namespace {

using base::Instant;
using base::seconds;

const Instant kStart{base::hours(1000)};

// RFC 7616 3.9.1 and 3.9.2.
constexpr std::string_view kNonce1 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr std::string_view kCnonce1 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

std::string mufasa(Algorithm algorithm, std::string_view qop = "auth") {
  const std::string ha1 = ha1_of(algorithm.hash, "Mufasa", "http-auth@example.org", "Circle of Life");
  return response_of({.algorithm = algorithm,
                      .ha1 = ha1,
                      .method = "GET",
                      .uri = "/dir/index.html",
                      .nonce = kNonce1,
                      .cnonce = kCnonce1,
                      .nonce_count = "00000001",
                      .qop = qop,
                      .body = {}});
}

TEST(Response, ExamplesOfRfc7616Section3_9_1) {
  EXPECT_EQ(mufasa({Hash::Md5, false}), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(mufasa({Hash::Sha256, false}), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(Response, ExampleOfRfc7616Section3_9_2AsItsErratum4897CorrectsIt) {
  // The RFC's text printed a truncated SHA-512; SHA-512/256 has its own initial values.
  const std::string ha1 = ha1_of(Hash::Sha512_256, "J\xC3\xA4s\xC3\xB8n Doe", "api@example.org", "Secret, or not?");
  EXPECT_EQ(response_of({.algorithm = {Hash::Sha512_256, false},
                         .ha1 = ha1,
                         .method = "GET",
                         .uri = "/doe.json",
                         .nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
                         .cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
                         .nonce_count = "00000001",
                         .qop = "auth",
                         .body = {}}),
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}

TEST(Response, ExampleOfRfc2617Section3_5) {
  const std::string ha1 = ha1_of(Hash::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(response_of({.algorithm = {Hash::Md5, false},
                         .ha1 = ha1,
                         .method = "GET",
                         .uri = "/dir/index.html",
                         .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                         .cnonce = "0a4f113b",
                         .nonce_count = "00000001",
                         .qop = "auth",
                         .body = {}}),
            "6629fae49393a05397450978507c4ef1");
  // The same without qop, as RFC 2069 computes it.
  EXPECT_EQ(response_of({.algorithm = {Hash::Md5, false},
                         .ha1 = ha1,
                         .method = "GET",
                         .uri = "/dir/index.html",
                         .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                         .cnonce = {},
                         .nonce_count = {},
                         .qop = {},
                         .body = {}}),
            "670fd8c2df070c60b045671b8b24ff02");
}

TEST(Response, SessionVariantsAndIntegrityDifferFromThePlainOne) {
  EXPECT_NE(mufasa({Hash::Md5, true}), mufasa({Hash::Md5, false}));
  EXPECT_NE(mufasa({Hash::Md5, false}, "auth-int"), mufasa({Hash::Md5, false}));
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { settings_.realm = "example.org"; }

  // A client of ours answers the challenge at `index`.
  std::string answered(std::size_t index, std::uint32_t count = 1, std::string_view password = "secret",
                       const Secret* known = nullptr, Instant at = kStart) {
    const auto challenges = server_.challenges(settings_, known, false, at, random_);
    const auto challenge = parse_challenge(challenges.at(index));
    return answer_to(*challenge, count, password);
  }

  std::string answer_to(const Challenge& challenge, std::uint32_t count, std::string_view password = "secret") {
    const auto value = answer(challenge,
                              {.method = "REGISTER",
                               .uri = "sip:example.org",
                               .username = "bob",
                               .cnonce = "c0ffee",
                               .nonce_count = count,
                               .body = {}},
                              Secret::from_password(std::string(password)));
    EXPECT_TRUE(value);
    return value.value_or("");
  }

  Verdict verify(const std::string& header, Instant at = kStart, const Secret* secret = nullptr,
                 std::string_view uri = "sip:example.org", std::string_view method = "REGISTER") {
    const auto credentials = parse_credentials(header);
    if (!credentials) return Verdict::Malformed;
    return server_.verify(settings_, {method, uri}, *credentials, secret == nullptr ? &bob_ : secret, at);
  }

  base::SeededRandom random_{5};
  ReplayGuard guard_{1024};
  Server server_{base::HashKey{1, 2}, guard_};
  ServerSettings settings_;
  Secret bob_ = Secret::from_password("secret");
};

TEST_F(ServerTest, ChallengesAreListedStrongestFirstWithOneNonceAndQop) {
  settings_.algorithms = {{Hash::Md5, false}, {Hash::Sha512_256, false}, {Hash::Sha256, false}, {Hash::Md5, false}};
  const auto challenges = server_.challenges(settings_, nullptr, false, kStart, random_);
  ASSERT_EQ(challenges.size(), 3U);  // RFC 8760 2.3: each algorithm once
  const std::array wanted = {Hash::Sha512_256, Hash::Sha256, Hash::Md5};
  const std::string nonce = parse_challenge(challenges[0])->nonce;
  for (std::size_t i = 0; i < challenges.size(); ++i) {
    const auto challenge = parse_challenge(challenges[i]);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->algorithm->hash, wanted[i]);
    EXPECT_TRUE(challenge->has_algorithm);
    EXPECT_TRUE(challenge->qop_auth);
    EXPECT_FALSE(challenge->stale);
    EXPECT_EQ(challenge->realm, "example.org");
    EXPECT_EQ(challenge->nonce, nonce);
  }
}

TEST_F(ServerTest, AnAnswerWithEachAlgorithmIsAccepted) {
  settings_.algorithms = {{Hash::Sha512_256, false}, {Hash::Sha256, false}, {Hash::Md5, false}};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(verify(answered(i)), Verdict::Accepted) << i;
  settings_.algorithms = {{Hash::Sha512_256, true}, {Hash::Sha256, true}, {Hash::Md5, true}};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(verify(answered(i)), Verdict::Accepted) << "sess " << i;
}

TEST_F(ServerTest, AUserWithAnMd5Ha1IsChallengedWithMd5Only) {
  Secret stored;
  ASSERT_TRUE(stored.add_ha1(Hash::Md5, ha1_of(Hash::Md5, "bob", "example.org", "secret")));
  const auto challenges = server_.challenges(settings_, &stored, false, kStart, random_);
  ASSERT_EQ(challenges.size(), 1U);
  EXPECT_EQ(parse_challenge(challenges[0])->algorithm, Algorithm{});
  EXPECT_EQ(verify(answered(0, 1, "secret", &stored), kStart, &stored), Verdict::Accepted);
  EXPECT_EQ(verify(answered(0), kStart, &stored), Verdict::UnsupportedAlgorithm);  // SHA-512-256
}

TEST_F(ServerTest, AUserWhoCanAnswerNothingIsChallengedAsAStranger) {
  settings_.algorithms = {{Hash::Sha256, false}};
  Secret stored;
  ASSERT_TRUE(stored.add_ha1(Hash::Md5, ha1_of(Hash::Md5, "bob", "example.org", "secret")));
  EXPECT_EQ(server_.challenges(settings_, &stored, false, kStart, random_).size(), 1U);
}

TEST_F(ServerTest, WrongPasswordUserOrMethodIsRefused) {
  EXPECT_EQ(verify(answered(0, 1, "wrong")), Verdict::WrongResponse);
  EXPECT_EQ(verify(answered(0), kStart, nullptr, "sip:example.org", "INVITE"), Verdict::WrongResponse);
  const auto credentials = parse_credentials(answered(0));
  EXPECT_EQ(server_.verify(settings_, {"REGISTER", "sip:example.org"}, *credentials, nullptr, kStart),
            Verdict::UnknownUser);
}

TEST_F(ServerTest, AnUnknownUserWithTheEmptyPasswordIsStillUnknown) {
  const auto credentials = parse_credentials(answered(0, 1, ""));
  EXPECT_EQ(server_.verify(settings_, {"REGISTER", "sip:example.org"}, *credentials, nullptr, kStart),
            Verdict::UnknownUser);
}

TEST_F(ServerTest, ASecretWithoutAnythingIsNeverAccepted) {
  const Secret nothing;
  EXPECT_EQ(verify(answered(0, 1, ""), kStart, &nothing), Verdict::UnsupportedAlgorithm);
}

TEST_F(ServerTest, ANonceCountIsGoodOnce) {
  const auto challenge = parse_challenge(server_.challenges(settings_, nullptr, false, kStart, random_).front());
  EXPECT_EQ(verify(answer_to(*challenge, 1)), Verdict::Accepted);
  EXPECT_EQ(verify(answer_to(*challenge, 1)), Verdict::Replayed);
  EXPECT_EQ(verify(answer_to(*challenge, 2)), Verdict::Accepted);
}

TEST_F(ServerTest, AWrongResponseDoesNotUseTheCountUp) {
  const auto challenge = parse_challenge(server_.challenges(settings_, nullptr, false, kStart, random_).front());
  EXPECT_EQ(verify(answer_to(*challenge, 1, "guess")), Verdict::WrongResponse);
  EXPECT_EQ(verify(answer_to(*challenge, 1)), Verdict::Accepted);
}

TEST_F(ServerTest, AnOldNonceIsStaleOnlyForWhoKnowsThePassword) {
  settings_.nonce_lifetime = seconds(60);
  const std::string right = answered(0);
  const std::string wrong = answered(0, 1, "guess");
  EXPECT_EQ(verify(right, kStart + seconds(61)), Verdict::Stale);
  EXPECT_EQ(verify(wrong, kStart + seconds(61)), Verdict::WrongResponse);
  EXPECT_EQ(verify(right, kStart + seconds(60)), Verdict::Accepted);
}

TEST_F(ServerTest, ANonceOfBeforeARestartIsStale) {
  ReplayGuard guard(64);
  Server before(base::HashKey{9, 9}, guard);
  const auto challenge = parse_challenge(before.challenges(settings_, nullptr, false, kStart, random_).front());
  EXPECT_EQ(verify(answer_to(*challenge, 1)), Verdict::Stale);
}

TEST_F(ServerTest, StaleIsSaidInTheChallenge) {
  for (const std::string& text : server_.challenges(settings_, nullptr, true, kStart, random_))
    EXPECT_TRUE(parse_challenge(text)->stale);
}

TEST_F(ServerTest, AnAlgorithmThatWasNotOfferedIsRefused) {
  const std::string md5 = answered(2);
  settings_.algorithms = {{Hash::Sha256, false}};
  EXPECT_EQ(verify(md5), Verdict::UnsupportedAlgorithm);
}

TEST_F(ServerTest, TheDigestUriMustBeTheRequestUri) {
  EXPECT_EQ(verify(answered(0), kStart, nullptr, "sip:other.org"), Verdict::WrongUri);
  EXPECT_EQ(verify(answered(0), kStart, nullptr, "sip:EXAMPLE.org;transport=tcp"), Verdict::Accepted);
}

TEST_F(ServerTest, AnswersWithoutQopNeedTheOption) {
  Challenge challenge = *parse_challenge(server_.challenges(settings_, nullptr, false, kStart, random_).back());
  challenge.has_qop = challenge.qop_auth = false;
  const std::string legacy = answer_to(challenge, 1);
  EXPECT_EQ(legacy.find("qop"), std::string::npos);
  EXPECT_EQ(verify(legacy), Verdict::UnsupportedQop);
  settings_.allow_without_qop = true;
  EXPECT_EQ(verify(legacy), Verdict::Accepted);
}

TEST_F(ServerTest, IntegrityProtectionIsNotOfferedAndNotTaken) {
  Challenge challenge = *parse_challenge(server_.challenges(settings_, nullptr, false, kStart, random_).front());
  challenge.qop_auth = false;
  challenge.qop_auth_int = true;
  EXPECT_EQ(verify(answer_to(challenge, 1)), Verdict::UnsupportedQop);
}

TEST_F(ServerTest, ACredentialForAnotherRealmIsWrong) {
  Challenge challenge = *parse_challenge(server_.challenges(settings_, nullptr, false, kStart, random_).front());
  challenge.realm = "elsewhere";
  EXPECT_EQ(verify(answer_to(challenge, 1)), Verdict::WrongResponse);
}

TEST(SameTarget, EqualUpToParametersPortDefaultsAndCase) {
  struct Case {
    std::string_view a, b;
    bool same;
  };
  for (const Case& c : {
           Case{"sip:bob@example.org", "sip:bob@example.org", true},
           Case{"sip:bob@example.org", "SIP:bob@EXAMPLE.org;transport=tcp", true},
           Case{"sip:bob@example.org:5060", "sip:bob@example.org", true},
           Case{"sip:bob@example.org:5070", "sip:bob@example.org", false},
           Case{"sips:bob@example.org:5061", "sips:bob@example.org", true},
           Case{"sip:Bob@example.org", "sip:bob@example.org", false},
           Case{"sips:bob@example.org", "sip:bob@example.org", false},
           Case{"sip:bob;x=1@example.org", "sip:bob@example.org", false},
           Case{"sip:[2001:db8::1];lr", "sip:[2001:DB8::1]", true},
           Case{"sip:bob@example.org?subject=x", "sip:bob@example.org", true},
           Case{"/dir/index.html", "/dir/index.html", true},
           Case{"example.org", "EXAMPLE.org", false},
           Case{"", "sip:example.org", false},
           Case{"sip:", "sip:;x", false},
       })
    EXPECT_EQ(same_target(c.a, c.b), c.same) << c.a << " " << c.b;
}

TEST(Client, TheStrongestAnswerableChallengeIsChosen) {
  std::vector<Challenge> challenges(4);
  challenges[0].algorithm = Algorithm{Hash::Md5, false};
  challenges[1].algorithm = Algorithm{Hash::Sha256, false};
  challenges[2].algorithm = std::nullopt;
  challenges[3].algorithm = Algorithm{Hash::Sha512_256, false};
  challenges[3].has_qop = true;  // of a kind we do not know
  EXPECT_EQ(choose(challenges, Secret::from_password("x")), &challenges[1]);
  Secret md5;
  ASSERT_TRUE(md5.add_ha1(Hash::Md5, std::string(32, 'a')));
  EXPECT_EQ(choose(challenges, md5), &challenges[0]);
  EXPECT_EQ(choose(std::span(challenges).subspan(2), md5), nullptr);
  EXPECT_FALSE(answer(challenges[1], {}, md5));
  EXPECT_FALSE(answer(challenges[2], {}, md5));
  EXPECT_FALSE(answer(challenges[3], {}, Secret::from_password("x")));
}

TEST(Client, TheAnswerOfRfc7616Section3_9_1IsWritten) {
  const auto challenge = parse_challenge(
      R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,)"
      R"( nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")");
  ASSERT_TRUE(challenge);
  const auto value = answer(*challenge,
                            {.method = "GET",
                             .uri = "/dir/index.html",
                             .username = "Mufasa",
                             .cnonce = kCnonce1,
                             .nonce_count = 1,
                             .body = {}},
                            Secret::from_password("Circle of Life"));
  ASSERT_TRUE(value) << value.error();
  const auto read = parse_credentials(*value);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->username, "Mufasa");
  EXPECT_EQ(read->response, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  EXPECT_EQ(read->opaque, "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
  EXPECT_EQ(read->qop, "auth");
  EXPECT_EQ(read->nc_text, "00000001");
  EXPECT_EQ(read->algorithm, (Algorithm{Hash::Sha256, false}));
}

TEST(Client, OpaqueQopAndAlgorithmAreNotInvented) {
  const auto challenge = parse_challenge("Digest realm=\"r\", nonce=\"n\"");
  const auto value = answer(
      *challenge, {.method = "INVITE", .uri = "sip:x", .username = "u", .cnonce = "c", .nonce_count = 1, .body = {}},
      Secret::from_password("p"));
  ASSERT_TRUE(value);
  for (std::string_view word : {"opaque", "qop", "algorithm", "cnonce", "nc="})
    EXPECT_EQ(value->find(word), std::string::npos) << word;
}

TEST(Client, IntegrityIsUsedWhenNothingElseIsOffered) {
  const auto challenge = parse_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=MD5");
  ClientRequest request{
      .method = "INVITE", .uri = "sip:x", .username = "u", .cnonce = "c", .nonce_count = 1, .body = "v=0"};
  const auto one = answer(*challenge, request, Secret::from_password("p"));
  request.body = "v=1";
  const auto two = answer(*challenge, request, Secret::from_password("p"));
  ASSERT_TRUE(one && two);
  EXPECT_NE(parse_credentials(*one)->response, parse_credentials(*two)->response);
  EXPECT_EQ(parse_credentials(*one)->qop, "auth-int");
}

}  // namespace
}  // namespace sbc::auth
