#include "sbc/register/trunk_registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/auth/limits.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/parser.h"

namespace sbc::registrar {
namespace {

using base::seconds;
using testing::IsEmpty;
using testing::SizeIs;

class TrunkRegistrationTest : public ::testing::Test {
 protected:
  TrunkRegistrationTest() {
    wish.trunk = "carrier";
    wish.aor = "sip:4313000@carrier.example";
    wish.registrar = "sip:carrier.example";
    wish.user = "4313000";
    wish.line = "abc123";
    wish.account = auth::Account{"border", auth::Secret::from_password("s3cret"), ""};
    ways.push_back(
        {.hop = {sip::Transport::Udp, 1, *base::Endpoint::parse("203.0.113.9:5060"), {}}, .sent_by = "192.0.2.1:5060"});
  }
  void start() { registrations.use({wish}, now, out); }
  // Time passes until a REGISTER leaves; how long it took.
  base::Duration next() {
    const auto before = now;
    while (out.registers.empty() && registrations.next_deadline() != base::kNever) {
      now = std::max(now, registrations.next_deadline());
      out = {};
      registrations.on_deadline(now, out);
      const auto locates = out.locates;
      for (const auto& locate : locates) registrations.located(locate.name, ways, now, out);
    }
    return now - before;
  }
  sip::MessagePtr sent() const {
    return out.registers.empty() ? nullptr : sip::parse(*out.registers.back().bytes).message;
  }
  void respond(int status, const std::string& headers = {}) {
    const auto request = sent();
    ASSERT_NE(request, nullptr);
    const auto id = out.registers.back().id;
    const std::string text =
        "SIP/2.0 " + std::to_string(status) + " X\r\nVia: " + std::string(*request->find("Via")) +
        "\r\nFrom: " + std::string(request->from().text) + "\r\nTo: " + std::string(request->to().text) +
        ";tag=r\r\nCall-ID: " + std::string(request->call_id()) + "\r\nCSeq: " + std::string(*request->find("CSeq")) +
        "\r\n" + headers + "Content-Length: 0\r\n\r\n";
    const auto parsed = sip::parse(text);
    ASSERT_TRUE(parsed.ok()) << text;
    out = {};
    registrations.on_response(id, *parsed.message, request.get(), now, out);
  }
  void fail() {
    const auto id = out.registers.back().id;
    out = {};
    registrations.on_failed(id, now, out);
  }
  void accept(std::uint32_t life = 3600) {
    const std::string contact(sip::first_contact(*sent())->uri_text);
    respond(200, "Contact: <sip:else@192.0.2.77>;expires=7\r\nContact: <" + contact +
                     ">;expires=" + std::to_string(life) + "\r\n");
  }
  static std::string challenge(const std::string& nonce, bool stale = false, const std::string& algorithm = "MD5") {
    return "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"" + nonce +
           "\", qop=\"auth\", algorithm=" + algorithm + (stale ? ", stale=true" : "") + "\r\n";
  }

  TrunkRegistration wish;
  std::vector<UpstreamWay> ways;
  base::Instant now{base::hours(1)};
  base::SeededRandom random{9};
  sip::Minter minter{{1, 2}, 0};
  TrunkRegistrations registrations{minter, random};
  TrunkRegistrations::Output out;
};

// RFC 3261 10.2.
TEST_F(TrunkRegistrationTest, TheRegisterNamesUsAndNothingOfOthers) {
  start();
  next();
  const auto request = sent();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->request_uri_text(), "sip:carrier.example");
  EXPECT_EQ(request->to().uri_text, "sip:4313000@carrier.example");
  EXPECT_EQ(request->from().uri_text, request->to().uri_text);
  EXPECT_EQ(sip::first_contact(*request)->uri_text, "sip:4313000@192.0.2.1:5060;line=abc123");
  EXPECT_EQ(request->find("Expires"), "3600");
  EXPECT_EQ(out.registers[0].hop, ways[0].hop);
}

TEST_F(TrunkRegistrationTest, IsRefreshedBeforeItsEndUnderTheSameCallId) {
  start();
  next();
  const auto first = sent();
  accept(600);
  EXPECT_EQ(registrations.registered(now), 1U);
  ASSERT_THAT(out.changes, SizeIs(1));
  EXPECT_TRUE(out.changes[0].registered);
  const auto wait = next();
  EXPECT_GE(wait, seconds(420));
  EXPECT_LE(wait, seconds(540));
  EXPECT_EQ(sent()->call_id(), first->call_id());
  EXPECT_EQ(sent()->cseq().number, first->cseq().number + 1);
  accept(600);
  EXPECT_THAT(out.changes, IsEmpty()) << "nothing new";
}

TEST_F(TrunkRegistrationTest, AnswersChallengesAndStaleNonces) {
  start();
  next();
  respond(401, challenge("one"));
  ASSERT_NE(sent(), nullptr);
  EXPECT_NE(sent()->find("Authorization")->find("nonce=\"one\""), std::string_view::npos);
  respond(401, challenge("two", true));
  EXPECT_NE(sent()->find("Authorization")->find("nonce=\"two\""), std::string_view::npos);
  accept();
  EXPECT_EQ(registrations.counters().challenged, 2U);
  next();
  EXPECT_NE(sent()->find("Authorization")->find("nc=00000002"), std::string_view::npos) << "no challenge is waited for";
}

TEST_F(TrunkRegistrationTest, TakesTheStrongestChallenge) {
  start();
  next();
  respond(401, challenge("weak") + challenge("strong", false, "SHA-256"));
  EXPECT_NE(sent()->find("Authorization")->find("SHA-256"), std::string_view::npos);
}

TEST_F(TrunkRegistrationTest, AWrongPasswordIsNotTriedAgainAndAgain) {
  start();
  next();
  respond(401, challenge("one"));
  respond(401, challenge("two"));
  EXPECT_THAT(out.registers, IsEmpty());
  ASSERT_THAT(out.changes, SizeIs(1));
  EXPECT_FALSE(out.changes[0].registered);
  EXPECT_TRUE(out.changes[0].why.starts_with("401")) << out.changes[0].why;
  EXPECT_GE(next(), seconds(15));
}

TEST_F(TrunkRegistrationTest, AServerThatCallsEveryNonceStaleIsGivenUp) {
  start();
  next();
  for (unsigned i = 0; i < auth::kMaxClientRetries; ++i) {
    respond(401, challenge("n" + std::to_string(i), true));
    ASSERT_NE(sent(), nullptr) << i;
  }
  respond(401, challenge("last", true));
  EXPECT_THAT(out.registers, IsEmpty());
}

// RFC 3261 10.2.8.
TEST_F(TrunkRegistrationTest, A423IsAskedAgainForLonger) {
  wish.expires = 60;
  start();
  next();
  respond(423, "Min-Expires: 1800\r\n");
  ASSERT_NE(sent(), nullptr);
  EXPECT_EQ(sent()->find("Expires"), "1800");
  respond(423, "Min-Expires: 1800\r\n");
  EXPECT_THAT(out.registers, IsEmpty()) << "a registrar that contradicts itself";
}

TEST_F(TrunkRegistrationTest, RetryAfterIsHonoured) {
  start();
  next();
  respond(503, "Retry-After: 77 (maintenance)\r\n");
  EXPECT_EQ(next(), seconds(77));
}

// RFC 5626 4.5.
TEST_F(TrunkRegistrationTest, FailuresAreFollowedByLongerAndLongerPauses) {
  start();
  next();
  base::Duration most = wish.retry;
  for (int i = 0; i < 10; ++i) {
    respond(403);
    const auto wait = next();
    EXPECT_GE(wait, most / 2) << i;
    EXPECT_LE(wait, most) << i;
    most = std::min(most * 2, wish.retry_most);
  }
  accept();
  next();
  respond(403);
  EXPECT_LE(next(), wish.retry) << "success starts again";
}

TEST_F(TrunkRegistrationTest, TheNextPlaceIsTriedBeforeAnyPause) {
  ways.push_back(
      {.hop = {sip::Transport::Udp, 1, *base::Endpoint::parse("203.0.113.10:5060"), {}}, .sent_by = "192.0.2.1:5060"});
  start();
  next();
  fail();
  ASSERT_NE(sent(), nullptr);
  EXPECT_EQ(out.registers[0].hop, ways[1].hop);
  respond(503);
  EXPECT_THAT(out.registers, IsEmpty());
  EXPECT_EQ(registrations.counters().lost, 2U);
}

TEST_F(TrunkRegistrationTest, AFailedRefreshLeavesItRegisteredUntilItsEnd) {
  start();
  next();
  accept(600);
  next();
  fail();
  EXPECT_EQ(registrations.registered(now), 1U);
  now += seconds(200);
  EXPECT_EQ(registrations.registered(now), 0U);
}

TEST_F(TrunkRegistrationTest, ATrunkWithoutPlacesIsAskedForLater) {
  ways.clear();
  start();
  while (out.changes.empty()) {
    now = registrations.next_deadline();
    registrations.on_deadline(now, out);
    const auto locates = std::exchange(out.locates, {});
    for (const auto& locate : locates) registrations.located(locate.name, {}, now, out);
  }
  EXPECT_EQ(out.changes[0].why, "nowhere to send to");
  EXPECT_NE(registrations.next_deadline(), base::kNever);
}

TEST_F(TrunkRegistrationTest, WhatLeavesTheConfigurationIsTakenBack) {
  start();
  next();
  accept();
  out = {};
  registrations.use({}, now, out);
  ASSERT_NE(sent(), nullptr);
  EXPECT_EQ(sent()->find("Expires"), "0");
  EXPECT_EQ(registrations.registered(now), 0U);
  respond(401, challenge("late"));
  EXPECT_EQ(sent()->find("Expires"), "0");
  respond(200);
  EXPECT_EQ(registrations.size(), 0U);
  EXPECT_EQ(registrations.next_deadline(), base::kNever);
}

// RFC 3261 10.2: one after the other, and a contact that was taken after all does not stay there.
TEST_F(TrunkRegistrationTest, WhatIsUnderWayAtAStopIsTakenBackOnceItIsAnswered) {
  start();
  next();
  registrations.stop(now, out);
  ASSERT_THAT(out.registers, SizeIs(1)) << "the first one only";
  respond(401, challenge("one"));
  EXPECT_EQ(sent()->find("Expires"), "0") << "it was not taken yet, and shall not be";
  respond(200);
  EXPECT_EQ(registrations.size(), 0U);

  start();
  next();
  registrations.stop(now, out);
  accept();
  ASSERT_NE(sent(), nullptr);
  EXPECT_EQ(sent()->find("Expires"), "0");
  respond(200);
  EXPECT_EQ(registrations.size(), 0U);

  start();
  next();
  registrations.stop(now, out);
  fail();
  EXPECT_THAT(out.registers, IsEmpty()) << "nobody has taken it";
  EXPECT_EQ(registrations.size(), 0U);
}

TEST_F(TrunkRegistrationTest, WhatComesBackWhileItLeavesBeginsAgain) {
  start();
  next();
  accept();
  registrations.stop(now, out);
  const auto leaving = out;
  registrations.use({wish}, now, out);
  registrations.on_failed(leaving.registers.back().id, now, out);
  EXPECT_EQ(registrations.size(), 1U);
  out = {};
  next();
  EXPECT_EQ(sent()->find("Expires"), "3600");
}

TEST_F(TrunkRegistrationTest, AReloadThatChangesNothingSendsNothing) {
  start();
  next();
  accept();
  const auto due = registrations.next_deadline();
  out = {};
  registrations.use({wish}, now, out);
  EXPECT_THAT(out.registers, IsEmpty());
  EXPECT_EQ(registrations.next_deadline(), due);
}

}  // namespace
}  // namespace sbc::registrar
