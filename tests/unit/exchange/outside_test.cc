// Requests outside of dialogs: MESSAGE, OPTIONS, PUBLISH and the unknown.

#include "media-relay/base/text.h"

#include "stage.h"

namespace sbc::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Outside = Stage;

TEST_F(Outside, TheLeakGuardFindsWordsOfOneSideInWhatTheOtherGets) {
  leaks_are_wanted = true;
  inject(request("MESSAGE", "Content-Type: text/plain\r\n", "I am at 192.0.2.10"), kAlice);
  EXPECT_EQ(leaks, 1U);
  const auto message = one();
  EXPECT_THAT(message.text, HasSubstr("I am at")) << "it is told, and sent";
}

TEST_F(Outside, AMessageCrossesWithNothingOfItsSendersNetwork) {
  inject(request("MESSAGE", "Content-Type: text/plain\r\nX-Secret: secret\r\nSubject: hi\r\n", "hello"), kAlice);
  const auto message = one();
  EXPECT_EQ(message.to, kFirst);
  EXPECT_EQ(message.line(), "MESSAGE sip:bob@203.0.113.10 SIP/2.0");
  EXPECT_THAT(message.text, Not(HasSubstr("secret")));
  EXPECT_THAT(message.text, Not(HasSubstr("192.0.2.10")));
  EXPECT_EQ(field(message.text, "Max-Forwards"), "8");
  EXPECT_EQ(field(message.text, "Subject"), "hi");
  EXPECT_EQ(field(message.text, "Contact"), "");  // RFC 3428 4
  EXPECT_THAT(message.text, HasSubstr("\r\n\r\nhello"));
  inject(response(message, 200), kFirst);
  const auto answer = one();
  EXPECT_EQ(answer.line(), "SIP/2.0 200 OK");
  EXPECT_EQ(answer.to, kAlice);
  EXPECT_THAT(answer.text, Not(HasSubstr("pbx")));
  EXPECT_EQ(exchange->counters().of(sip::Method::Message, Outcome::Accepted), 1U);
  EXPECT_EQ(exchange->flights(), 0U);
}

TEST_F(Outside, TheNextTargetIsTriedAfter503AndAfterSilence) {
  advisor.trunks = {"t1", "t2"};
  inject(request("MESSAGE"), kAlice);
  const auto first = one();
  inject(response(first, 503), kFirst);
  const auto second = one();
  EXPECT_EQ(second.to, kSecond);
  EXPECT_NE(field(first.text, "Call-ID"), field(second.text, "Call-ID"));
  inject(response(second, 202), kSecond);
  EXPECT_EQ(one().line(), "SIP/2.0 202 Accepted");

  inject(request("OPTIONS"), kAlice);
  taken();
  pass(base::seconds(9));
  bool reached = false;
  for (const auto& s : taken()) reached = reached || (s.to == kSecond && s.line().starts_with("OPTIONS"));
  EXPECT_TRUE(reached);
}

// RFC 3263 4.3: "identical to the previous, but has a different value of the Via branch ID".
TEST_F(Outside, TheNextPlaceOfANameGetsTheSameRequestWithANewBranch) {  // trap 17
  names["pbx.example"] = {{.remote = *base::Endpoint::parse(kFirst)}, {.remote = *base::Endpoint::parse(kSecond)}};
  advisor.trunks = {"named", "t1"};
  for (const bool silent : {false, true}) {
    inject(request("MESSAGE", "Content-Type: text/plain\r\n", "hi"), kAlice);
    const auto first = taken().back();
    ASSERT_EQ(first.to, kFirst);
    if (silent) {
      pass(base::seconds(9));
    } else {
      inject(response(first, 503), kFirst);
    }
    const auto second = taken().back();
    ASSERT_EQ(second.to, kSecond);
    for (const char* same : {"From", "To", "Call-ID", "CSeq"})
      EXPECT_EQ(field(first.text, same), field(second.text, same)) << same;
    EXPECT_EQ(first.line(), second.line());
    EXPECT_NE(field(first.text, "Via"), field(second.text, "Via"));
    inject(response(second, 503), kSecond);
    const auto other = taken().back();
    EXPECT_EQ(other.to, kFirst) << "by another trunk";
    EXPECT_NE(field(first.text, "Call-ID"), field(other.text, "Call-ID"));
    EXPECT_NE(field(first.text, "From"), field(other.text, "From"));
    inject(response(other, 200), kFirst);
    taken();
    health = {};
  }
}

TEST_F(Outside, NobodyAnswersAndNo408IsSent) {  // RFC 4320 4.2
  inject(request("MESSAGE"), kAlice);
  pass(base::seconds(40));
  for (const auto& s : taken()) {
    if (s.to == kAlice) {
      EXPECT_EQ(s.line(), "SIP/2.0 100 Trying");
    }
  }
  EXPECT_EQ(exchange->counters().of(sip::Method::Message, Outcome::Silent), 1U);
  EXPECT_EQ(exchange->flights(), 0U);
}

TEST_F(Outside, ThePolicyDecidesAsItDoesForCalls) {  // trap 88
  advisor.kind = policy::RequestDecision::Kind::Reject;
  inject(request("MESSAGE"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 403 Forbidden");
  advisor.kind = policy::RequestDecision::Kind::Challenge;
  inject(request("PUBLISH"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 407 Proxy Authentication Required");
  advisor.kind = policy::RequestDecision::Kind::Drop;
  inject(request("SUBSCRIBE"), kAlice);
  EXPECT_TRUE(taken().empty());
  advisor.kind = policy::RequestDecision::Kind::Accept;
  inject(request("OPTIONS"), kAlice);
  EXPECT_TRUE(left);
  EXPECT_TRUE(taken().empty());
}

TEST_F(Outside, FailuresOfTheFarSideAreToldWithoutItsWords) {
  for (const auto& [status, told] :
       {std::pair(404, "SIP/2.0 404 Not Found"), std::pair(302, "SIP/2.0 480 Temporarily Unavailable"),
        std::pair(401, "SIP/2.0 502 Bad Gateway")}) {
    inject(request("MESSAGE"), kAlice);
    inject(response(one(), status, "Contact: <sip:secret@203.0.113.99>\r\n"), kFirst);
    const auto answer = one();
    EXPECT_EQ(answer.line(), told);
    EXPECT_THAT(answer.text, Not(HasSubstr("203.0.113.99")));
  }
}

TEST_F(Outside, WhatCannotCrossIsRefusedBeforeAnybodyHearsOfIt) {
  inject(request("MESSAGE", "Content-Type: application/secret\r\n", "x"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 415 Unsupported Media Type");
  inject(request("MESSAGE", "Content-Type: application/pidf+xml\r\n", "<x"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 400 Bad Request");
  inject(request("MESSAGE", "Privacy: teleport;critical\r\n"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 500 Server Internal Error");  // RFC 3323 5
  inject(request("MESSAGE", "Require: teleport\r\n"), kAlice);
  EXPECT_EQ(field(one().text, "Unsupported"), "teleport");
  auto tired = request("MESSAGE");
  tired.replace(tired.find("Max-Forwards: 9"), 15, "Max-Forwards: 0");
  inject(tired, kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 483 Too Many Hops");
  exchange->drain();
  inject(request("MESSAGE"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 503 Service Unavailable");
}

TEST_F(Outside, WhoAsksForPrivacyHasNoName) {  // RFC 3323 5.3
  inject(request("MESSAGE", "Privacy: user\r\n"), kAlice);
  const auto message = one();
  EXPECT_THAT(field(message.text, "From"), HasSubstr("<sip:anonymous@anonymous.invalid>"));
  EXPECT_THAT(message.text, Not(HasSubstr("alice")));
}

TEST_F(Outside, PublishAndUnknownMethodsCrossWhereThePolicyWantsIt) {
  inject(request("PUBLISH", "Event: presence\r\nSIP-If-Match: e1\r\nExpires: 60\r\n"), kAlice);
  const auto publish = one();
  EXPECT_EQ(field(publish.text, "SIP-If-Match"), "e1");
  inject(response(publish, 200, "SIP-ETag: e2\r\nExpires: 60\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "SIP-ETag"), "e2");
  inject(request("FROBNICATE"), kAlice);
  const auto frobnicate = one();
  EXPECT_EQ(field(frobnicate.text, "CSeq").substr(field(frobnicate.text, "CSeq").find(' ')), " FROBNICATE");
  inject(response(frobnicate, 501), kFirst);
  EXPECT_EQ(exchange->counters().of(sip::Method::Other, Outcome::Rejected), 1U);
}

TEST_F(Outside, ARequestThatComesOverTwoWaysIsCarriedOnce) {  // RFC 3261 8.2.2.2
  const auto first = request("MESSAGE");
  auto second = first;
  second.replace(second.find("z9hG4bKa"), 8, "z9hG4bKx");
  inject(first, kAlice);
  EXPECT_EQ(one().to, kFirst);
  inject(second, kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 482 Loop Detected");
}

TEST_F(Outside, OptionsThatCrossTellWhatIsPossibleAcrossTheBorder) {  // trap 79
  inject(request("OPTIONS", "Accept: application/sdp, application/secret\r\n"), kAlice);
  const auto ours = one();
  EXPECT_EQ(field(ours.text, "Accept"), "application/sdp");
  inject(response(ours, 200,
                  "Allow: INVITE, FROBNICATE\r\nAllow: MESSAGE\r\nSupported: 100rel, gruu\r\nAllow-Events: dialog, "
                  "secret\r\nAccept: application/sdp, text/plain, application/secret\r\n"),
         kFirst);
  const auto answer = one();
  EXPECT_EQ(field(answer.text, "Allow"), "INVITE, MESSAGE");
  EXPECT_EQ(field(answer.text, "Supported"), "100rel");
  EXPECT_EQ(field(answer.text, "Allow-Events"), "dialog");
  EXPECT_EQ(field(answer.text, "Accept"), "application/sdp, text/plain");
}

TEST_F(Outside, FailuresSayWhatTheSenderCanActOn) {
  struct Case {
    int status;
    const char* says;
    const char* header;
    const char* hears;
  };
  const Case cases[] = {
      {423, "Min-Expires: 1800\r\n", "Min-Expires", "1800"},
      {489, "Allow-Events: presence, HIDDEN\r\n", "Allow-Events", "presence"},
      {415, "Accept: text/plain, application/HIDDEN\r\n", "Accept", "text/plain"},
      {405, "Allow: INVITE, HIDDEN, OPTIONS\r\n", "Allow", "INVITE, OPTIONS"},
      {412, "", "SIP-ETag", ""},  // RFC 3903 4.1: the publisher starts again
      {480, "Retry-After: 30 (HIDDEN);duration=9\r\n", "Retry-After", "30"},
  };
  for (const auto& c : cases) {
    inject(request("PUBLISH", "Event: presence\r\nSIP-If-Match: e1\r\n"), kAlice);
    inject(response(one(), c.status, c.says), kFirst);
    const auto answer = one();
    EXPECT_THAT(answer.line(), HasSubstr(std::to_string(c.status)));
    EXPECT_EQ(field(answer.text, c.header), c.hears);
    EXPECT_THAT(base::to_lower(answer.text), Not(HasSubstr("hidden")));
  }
}

TEST_F(Outside, ATrunkThatAsksWhoWeAreIsAnsweredWithItsAccount) {  // RFC 3261 22.2
  use_account_with_trunk();
  const char* const challenge = "Proxy-Authenticate: Digest realm=\"c\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n";
  inject(request("MESSAGE", "Content-Type: text/plain\r\n", "hello"), kAlice);
  const auto first = one();
  inject(response(first, 407, challenge), kFirst);
  const auto second = one();
  EXPECT_EQ(field(second.text, "Call-ID"), field(first.text, "Call-ID"));
  EXPECT_THAT(field(second.text, "Proxy-Authorization"), HasSubstr("username=\"us\""));
  EXPECT_THAT(second.text, HasSubstr("\r\n\r\nhello"));
  EXPECT_EQ(std::stoi(field(second.text, "CSeq")), std::stoi(field(first.text, "CSeq")) + 1);
  inject(response(second, 200), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  // The next one knows.
  inject(request("MESSAGE"), kAlice);
  const auto third = one();
  EXPECT_THAT(field(third.text, "Proxy-Authorization"), HasSubstr("nc=00000002"));
  // Who is refused in earnest is not asked for ever, and nobody else hears of it.
  inject(response(third, 407, challenge), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 502 Bad Gateway");
  EXPECT_EQ(exchange->flights(), 0U);
}

TEST_F(Outside, WhoSentItIsToldAsFarAsItIsProven) {  // RFC 3325
  const char* const claim = "P-Asserted-Identity: <sip:boss@192.0.2.10>\r\n";
  inject(request("MESSAGE", claim), kAlice);
  EXPECT_EQ(field(one().text, "P-Asserted-Identity"), "");
  arrival.registered_aor = "sip:alice@border.example";
  inject(request("MESSAGE", claim), kAlice);
  EXPECT_EQ(field(one().text, "P-Asserted-Identity"), "<sip:alice@203.0.113.1>");
  // Whom nobody vouches for is not told who wants to be unknown.
  inject(request("MESSAGE", "Privacy: id\r\n"), kAlice);
  EXPECT_THAT(one().text, Not(HasSubstr("alice")));
}

TEST_F(Outside, BetweenTrustedSidesBodiesCrossUnread) {
  const char* const secret = "Content-Type: application/secret;x=1\r\n";
  inject(request("MESSAGE", secret, "zip"), kAlice);
  const auto refused = one();
  EXPECT_EQ(refused.line(), "SIP/2.0 415 Unsupported Media Type");
  EXPECT_THAT(field(refused.text, "Accept"), HasSubstr("application/pidf+xml"));
  build(route::Trust::Trusted, route::Trust::Trusted);
  inject(request("MESSAGE", secret, "zip"), kAlice);
  const auto message = one();
  EXPECT_EQ(field(message.text, "Content-Type"), "application/secret;x=1");
  EXPECT_THAT(message.text, HasSubstr("\r\n\r\nzip"));
}

TEST_F(Outside, TheSessionIdentifierCrosses) {  // RFC 7989
  const std::string a(32, 'a');
  const std::string b(32, 'b');
  const std::string nil(32, '0');
  inject(request("MESSAGE", "Session-ID: " + a + ";remote=" + nil + "\r\n"), kAlice);
  const auto message = one();
  EXPECT_EQ(field(message.text, "Session-ID"), a + ";remote=" + nil);
  inject(response(message, 200, "Session-ID: " + b + ";remote=" + a + "\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "Session-ID"), b + ";remote=" + a);
}

TEST_F(Outside, AnUnsolicitedNotifyCrosses) {  // a message lamp that nobody subscribed to
  inject(request("NOTIFY",
                 "Event: message-summary\r\nSubscription-State: terminated;reason=noresource;secret=1\r\n"
                 "Content-Type: application/simple-message-summary\r\n",
                 "Messages-Waiting: yes\r\nMessage-Account: sip:alice@192.0.2.10\r\n"),
         kAlice);
  const auto told = one();
  EXPECT_EQ(field(told.text, "Event"), "message-summary");
  EXPECT_EQ(field(told.text, "Subscription-State"), "terminated;reason=noresource");
  EXPECT_THAT(told.text, HasSubstr("Message-Account: sip:alice@203.0.113.1\r\n"));
  EXPECT_THAT(told.text, Not(HasSubstr("192.0.2.10")));
}

TEST_F(Outside, RequestsUnderWayAreBounded) {
  Settings settings;
  settings.max_flights = 2;
  use(settings);
  for (int i = 0; i < 2; ++i) {
    inject(request("MESSAGE"), kAlice);
    EXPECT_EQ(one().to, kFirst);
  }
  inject(request("MESSAGE"), kAlice);
  const auto refused = one();
  EXPECT_EQ(refused.line(), "SIP/2.0 503 Service Unavailable");
  EXPECT_NE(field(refused.text, "Retry-After"), "");
  EXPECT_EQ(exchange->counters().of(sip::Method::Message, Outcome::Limit), 1U);
}

}  // namespace
}  // namespace sbc::exchange
