// Digest authentication toward trunks.

#include "sbc/auth/credentials.h"

#include <gtest/gtest.h>

#include <set>

#include "sbc/auth/limits.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;

constexpr std::string_view kProxy = "Proxy-Authenticate: Digest realm=\"t1\", nonce=\"n1\", qop=\"auth\"\r\n";
constexpr std::string_view kServer = "WWW-Authenticate: Digest realm=\"t1\", nonce=\"n2\", qop=\"auth\"\r\n";

class TrunkWithAccount : public ::testing::Test {
 protected:
  TrunkWithAccount() {
    rig.settings->accounts.emplace(
        "t1",
        auth::Account{.username = "border", .secret = auth::Secret::from_password("secret"), .realm = std::string()});
  }

  static auth::Credentials credentials_of(const sip::Message& request, sip::HeaderId id) {
    const auto value = request.find(id);
    EXPECT_TRUE(value) << request.bytes();
    return value ? *auth::parse_credentials(*value) : auth::Credentials{};
  }

  Rig rig;
};

TEST_F(TrunkWithAccount, AChallengedInviteIsSentAgainAsTheSameCall) {
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  ASSERT_NE(first, nullptr);
  EXPECT_FALSE(first->find(sip::HeaderId::ProxyAuthorization));
  rig.b.answer(407, {}, kProxy);
  EXPECT_TRUE(rig.b.has("ACK")) << "RFC 3261 17.1.1.3";
  const auto second = rig.b.take("INVITE");
  ASSERT_NE(second, nullptr);
  // trap 90: RFC 3261 22.2: same Call-ID, From and To, next CSeq, and a transaction of its own.
  EXPECT_EQ(second->call_id(), first->call_id());
  EXPECT_EQ(second->from().text, first->from().text);
  EXPECT_EQ(second->to().text, first->to().text);
  EXPECT_EQ(second->request_uri_text(), first->request_uri_text());
  EXPECT_EQ(second->cseq().number, first->cseq().number + 1);
  EXPECT_NE(second->top_via().branch, first->top_via().branch);
  EXPECT_EQ(second->body(), first->body());
  const auto credentials = credentials_of(*second, sip::HeaderId::ProxyAuthorization);
  EXPECT_EQ(credentials.username, "border");
  EXPECT_EQ(credentials.uri, second->request_uri_text());
  EXPECT_FALSE(rig.a.has("407")) << "the caller has nothing to do with it";

  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  const auto ack = rig.b.log.back();
  ASSERT_EQ(ack->method(), sip::Method::Ack);
  EXPECT_EQ(ack->cseq().number, second->cseq().number) << "trap 90";
  EXPECT_EQ(ack->find(sip::HeaderId::ProxyAuthorization), second->find(sip::HeaderId::ProxyAuthorization))
      << "RFC 3261 22.1";
  rig.a.ack();
  rig.a.bye();
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->cseq().number, second->cseq().number + 1);
  const auto again = credentials_of(*bye, sip::HeaderId::ProxyAuthorization);
  EXPECT_EQ(again.nonce, "n1");
  EXPECT_EQ(again.nonce_count, 2U) << "authorised before it is asked";
  EXPECT_EQ(again.uri, bye->request_uri_text());
  rig.pass(minutes(2));
  rig.expect_idle();
  EXPECT_EQ(rig.records.front().attempts, 1U);
  EXPECT_EQ(rig.calls.credential_counters().retried, 1U);
}

TEST_F(TrunkWithAccount, TheNextCallIsAuthorisedFromItsFirstInvite) {
  rig.a.invite();
  rig.b.answer(401, {}, kServer);
  rig.b.answer(486);
  EXPECT_TRUE(rig.a.has("486"));
  rig.b.clear();
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(credentials_of(*invite, sip::HeaderId::Authorization).nonce_count, 2U);
}

TEST_F(TrunkWithAccount, WrongCredentialsAreTriedOnceAndTheCallFailsAsWithoutThem) {
  rig.a.invite();
  rig.b.answer(401, {}, kServer);
  rig.b.answer(401, {}, kServer);
  EXPECT_EQ(rig.b.count("INVITE"), 2U);
  EXPECT_EQ(rig.b.pending_invites(), 0U);
  EXPECT_FALSE(rig.a.has("401")) << "a challenge of the far side is not for the caller";
  EXPECT_EQ(rig.calls.credential_counters().refused, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, AServerThatCallsEveryNonceStaleEndsTheTry) {
  rig.a.invite();
  for (unsigned i = 0; i < auth::kMaxClientRetries + 5 && rig.b.pending_invites() > 0; ++i) {
    const std::string nonce = std::to_string(i);
    rig.b.answer(401, {}, "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + nonce + "\", stale=true\r\n");
  }
  EXPECT_EQ(rig.b.count("INVITE"), auth::kMaxClientRetries + 1);
  EXPECT_EQ(rig.calls.credential_counters().too_many, 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, AChallengedReinviteAndByeAreSentAgain) {
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  const auto first = rig.b.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig.b.answer(407, {}, kProxy);
  const auto second = rig.b.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->cseq().number, first->cseq().number + 1);
  EXPECT_EQ(second->to_tag(), first->to_tag());
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.b.auto_bye_ok = false;
  rig.a.bye();
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  rig.b.answer_to(bye, 401, {}, kServer);
  const auto again = rig.b.take("BYE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->cseq().number, bye->cseq().number + 1);
  EXPECT_EQ(credentials_of(*again, sip::HeaderId::Authorization).nonce, "n2");
  rig.b.answer_to(again, 200);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, AChallengedPrackAndEarlyUpdateAreSentAgain) {
  const std::string reliable = "Require: 100rel\r\nRSeq: 5\r\nAllow: INVITE, PRACK, UPDATE\r\n";
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\n"});
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable);
  const auto prack = rig.b.take("PRACK");
  ASSERT_NE(prack, nullptr);
  rig.b.answer_to(prack, 407, {}, kProxy);
  const auto again = rig.b.take("PRACK");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->cseq().number, prack->cseq().number + 1) << "trap 90";
  EXPECT_EQ(again->find(sip::HeaderId::RAck), prack->find(sip::HeaderId::RAck));
  EXPECT_EQ(credentials_of(*again, sip::HeaderId::ProxyAuthorization).uri, again->request_uri_text());
  rig.b.answer_to(again, 200);

  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  rig.a.request("PRACK", {},
                "RAck: " + std::string(progress->find(sip::HeaderId::RSeq).value_or("")) + " " +
                    std::to_string(progress->cseq().number) + " INVITE\r\n");
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4002, "sendonly", 2));
  const auto update = rig.b.take("UPDATE");
  ASSERT_NE(update, nullptr);
  EXPECT_TRUE(update->find(sip::HeaderId::ProxyAuthorization)) << "authorised before it is asked";
  rig.b.answer_to(update, 401, {}, kServer);
  const auto second = rig.b.take("UPDATE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->cseq().number, update->cseq().number + 1);
  EXPECT_EQ(second->body(), update->body());
  EXPECT_EQ(credentials_of(*second, sip::HeaderId::Authorization).nonce, "n2");
  rig.b.answer_to(second, 200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_TRUE(rig.a.has("200 UPDATE")) << "the caller sees nothing of it";
  rig.b.answer(200);
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->cseq().number, second->cseq().number + 1);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, AChallengedRequestThatCrossesIsSentAgain) {
  rig.connect();
  rig.a.request("INFO");
  const auto info = rig.b.take("INFO");
  ASSERT_NE(info, nullptr);
  rig.b.answer_to(info, 407, {}, kProxy);
  const auto again = rig.b.take("INFO");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->cseq().number, info->cseq().number + 1);
  EXPECT_TRUE(again->find(sip::HeaderId::ProxyAuthorization));
  EXPECT_FALSE(rig.a.has("407"));
  rig.b.answer_to(again, 200);
  EXPECT_TRUE(rig.a.has("200 INFO"));
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, AnotherTrunkGetsNothing) {
  rig.advisor.trunks = {"t2"};
  rig.a.invite();
  rig.c.answer(407, {}, kProxy);
  EXPECT_EQ(rig.c.count("INVITE"), 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST_F(TrunkWithAccount, ACancelledCallIsNotTriedAgain) {
  rig.b.auto_terminate = false;
  rig.ring();
  rig.a.cancel();
  rig.b.answer(407, {}, kProxy);
  EXPECT_EQ(rig.b.count("INVITE"), 1U);
  rig.pass(minutes(2));
  rig.expect_idle();
}

// RFC 3261 22.1: its ACK has the credentials of the INVITE; 13.2.2.4: and it is hung up, whatever the trunk asks for.
class LosingFork : public TrunkWithAccount, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(DuringTheCallAndAfterIt, LosingFork, ::testing::Bool());

TEST_P(LosingFork, IsHungUpWithCredentials) {
  rig.a.invite();
  rig.b.answer(407, {}, kProxy);
  const auto invite = rig.b.log.back();
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  rig.a.ack();
  if (GetParam()) {
    rig.a.bye();
    rig.pass(base::seconds(2));
  }
  rig.b.clear();
  rig.b.auto_bye_ok = false;
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6100), {}, "fork-2");
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(credentials_of(*ack, sip::HeaderId::ProxyAuthorization).nonce, "n1");
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  rig.b.answer_to(bye, 407, {}, "Proxy-Authenticate: Digest realm=\"t1\", nonce=\"n9\", qop=\"auth\", stale=true\r\n");
  const auto again = rig.b.take("BYE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->to_tag(), "fork-2");
  EXPECT_EQ(again->cseq().number, bye->cseq().number + 1);
  EXPECT_EQ(credentials_of(*again, sip::HeaderId::ProxyAuthorization).nonce, "n9");
  rig.b.answer_to(again, 200);
  EXPECT_EQ(rig.calls.farewells(), 0U);
}

TEST_F(TrunkWithAccount, AByeToWhoHasTransferredTheCallIsSentAgain) {
  rig.connect();
  rig.b.auto_bye_ok = false;
  rig.b.request("REFER", {}, "Refer-To: <sip:carol@border.example>\r\n");
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  rig.b.answer_to(bye, 401, {}, kServer);
  const auto again = rig.b.take("BYE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->cseq().number, bye->cseq().number + 1);
  EXPECT_EQ(credentials_of(*again, sip::HeaderId::Authorization).nonce, "n2");
}

}  // namespace
}  // namespace sbc::call::test
