#include "sbc/auth/client_session.h"

#include <gtest/gtest.h>

#include "sbc/auth/client.h"
#include "sbc/auth/credentials.h"
#include "sbc/auth/limits.h"
#include "sbc/auth/server.h"

namespace sbc::auth {
namespace {

const Account kAccount{.username = "border", .secret = Secret::from_password("secret"), .realm = {}};

class Client {
 public:
  Reaction hear(const HeaderValues& challenges, const Account& account = kAccount) {
    HeaderValues carried;
    for (const auto& line : sent) (line.proxy ? carried.proxy : carried.server).emplace_back(line.value);
    return session.challenged(account, challenges, carried, &limits);
  }
  Credentials say(const Account& account = kAccount) {
    sent = session.authorize(account, {.method = "INVITE", .uri = "sip:1@trunk", .body = {}}, random);
    return sent.empty() ? Credentials{} : *parse_credentials(sent.front().value);
  }

  ClientSession session;
  base::SeededRandom random{1};
  std::vector<Authorization> sent;
  limit::Counts limits;
};

TEST(ClientSession, SaysNothingBeforeItIsAsked) {
  Client client;
  client.say();
  EXPECT_TRUE(client.sent.empty());
}

TEST(ClientSession, AnswersTheStrongestOfSeveralChallenges) {
  Client client;
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", algorithm=MD5, qop="auth")",
                                    R"(Digest realm="r", nonce="2", algorithm=SHA-512-256, qop="auth")",
                                    R"(Digest realm="r", nonce="3", algorithm=SHA-256, qop="auth")"},
                         .proxy = {}}),
            Reaction::Retry);
  const auto credentials = client.say();
  EXPECT_EQ(credentials.nonce, "2");
  EXPECT_EQ(credentials.algorithm, (Algorithm{Hash::Sha512_256, false}));
  EXPECT_EQ(credentials.qop, "auth");
  EXPECT_EQ(credentials.nonce_count, 1U);
  EXPECT_EQ(client.sent.size(), 1U);
}

TEST(ClientSession, OurServerAcceptsEachNonceCountOnceAndCountsGoUp) {
  ReplayGuard guard(64);
  const Server server({1, 2}, guard);
  const ServerSettings settings{.realm = "r"};
  Client client;
  base::Instant now{base::hours(1)};
  const auto offers = server.challenges(settings, nullptr, false, now, client.random);
  HeaderValues challenge;
  for (const auto& offer : offers) challenge.proxy.emplace_back(offer);
  ASSERT_EQ(client.hear(challenge), Reaction::Retry);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const auto credentials = client.say();
    EXPECT_TRUE(client.sent.front().proxy);
    EXPECT_EQ(credentials.nonce_count, i);
    EXPECT_EQ(server.verify(settings, {"INVITE", "sip:1@trunk"}, credentials, &kAccount.secret, now),
              Verdict::Accepted);
  }
}

TEST(ClientSession, AWrongPasswordIsNotTriedTwice) {
  Client client;
  ASSERT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  client.say();
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", qop="auth")"}, .proxy = {}}), Reaction::Refused)
      << "the same nonce again";
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="2", qop="auth")"}, .proxy = {}}), Reaction::Refused)
      << "a fresh nonce was answered in vain";
}

TEST(ClientSession, AStaleNonceIsReplacedAndItsCountBeginsAgain) {
  Client client;
  ASSERT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  client.say();
  ASSERT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="2", qop="auth", stale=true)"}, .proxy = {}}),
            Reaction::Retry);
  EXPECT_EQ(client.say().nonce, "2");
  EXPECT_EQ(client.say().nonce_count, 2U);
  // A server that forgets to say stale: the nonce was good before, so its age is what it dislikes.
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="3", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  EXPECT_EQ(client.say().nonce_count, 1U);
}

TEST(ClientSession, ARequestThatCarriedNothingMayBeChallengedWhileAnotherIsOnItsWay) {
  Client client;
  ASSERT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  client.say();
  client.sent.clear();  // the other request went out before the first was challenged
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  EXPECT_EQ(client.say().nonce_count, 2U) << "one nonce, one count";
}

TEST(ClientSession, AnswersTheProxyAndTheServerOfOneRequest) {
  Client client;
  ASSERT_EQ(client.hear({.server = {}, .proxy = {R"(Digest realm="p", nonce="1", qop="auth")"}}), Reaction::Retry);
  client.say();
  ASSERT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="2", qop="auth")"}, .proxy = {}}), Reaction::Retry);
  client.say();
  ASSERT_EQ(client.sent.size(), 2U);
  EXPECT_NE(client.sent[0].proxy, client.sent[1].proxy);
}

TEST(ClientSession, WhatItCannotAnswerItLeaves) {
  Client client;
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1", algorithm=SHA-9)", "Basic realm=\"r\"", "Digest"},
                         .proxy = {}}),
            Reaction::Unanswerable);
  Account choosy = kAccount;
  choosy.realm = "carrier";
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="r", nonce="1")"}, .proxy = {}}, choosy), Reaction::Unanswerable);
  EXPECT_EQ(client.hear({.server = {R"(Digest realm="carrier", nonce="1")"}, .proxy = {}}, choosy), Reaction::Retry);
  client.say(choosy);
  EXPECT_EQ(client.sent.size(), 1U);
}

TEST(ClientSession, RemembersABoundedNumberOfRealms) {
  Client client;
  for (std::size_t i = 0; i <= kMaxClientRealms; ++i) {
    const std::string challenge = "Digest realm=\"" + std::to_string(i) + "\", nonce=\"n\"";
    ASSERT_EQ(client.hear({.server = {challenge}, .proxy = {}}), Reaction::Retry);
  }
  EXPECT_EQ(client.say().realm, "1") << "the oldest was forgotten";
  EXPECT_EQ(client.sent.size(), kMaxClientRealms);
  EXPECT_EQ(client.limits[limit::Reached::ChallengeRealms], 1U);
}

TEST(ClientSession, ReadsABoundedNumberOfChallenges) {
  for (const std::size_t count : {kMaxClientChallenges, kMaxClientChallenges + 1}) {
    Client client;
    std::vector<std::string_view> values(count, R"(Digest realm="r", nonce="1", qop="auth")");
    EXPECT_EQ(client.hear({.server = values, .proxy = {}}), Reaction::Retry);
    EXPECT_EQ(client.limits[limit::Reached::Challenges], count - kMaxClientChallenges);
  }
}

}  // namespace
}  // namespace sbc::auth
