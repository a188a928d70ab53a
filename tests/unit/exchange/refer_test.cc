// REFER outside of calls: what of it crosses, and the subscription that it makes (RFC 3515, 4488, 4538, 7647).

#include "stage.h"

namespace sbc::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAsk = "Refer-To: <sip:carol@192.0.2.10:5070;transport=tcp>\r\n";

class Refer : public Stage {
 protected:
  std::string refer(const std::string& headers = kAsk, const std::string& body = {}) {
    return request("REFER", headers, body);
  }
  std::string report(const Sent& ours, const std::string& state, int cseq, const std::string& event = "refer",
                     int status = 100) {
    auto text = notify(ours, "bobtag", state, cseq);
    const std::string body = "SIP/2.0 " + std::to_string(status) + " Secret words\r\nContact: <sip:x@203.0.113.77>\r\n";
    text.replace(text.find("Event: dialog"), 13, "Event: " + event);
    text.replace(text.find("Content-Length: 0\r\n\r\n"), 21,
                 "Content-Type: message/sipfrag\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return text;
  }
  // The REFER went to the first target.
  Sent referred(const std::string& headers = kAsk) {
    inject(refer(headers), kAlice);
    return one();
  }
  int refused(const std::string& text) {
    inject(text, kAlice);
    const auto answer = one();
    EXPECT_EQ(answer.to, kAlice) << answer.text;
    EXPECT_EQ(exchange->subscriptions(), 0U);
    EXPECT_EQ(exchange->tags(), 0U);
    return std::stoi(answer.line().substr(8, 3));
  }
};

TEST_F(Refer, CrossesInTheWordsOfTheOtherSide) {
  const auto ours = referred(std::string(kAsk) +
                             "Referred-By: \"Alice\" <sip:alice@192.0.2.10>;cid=\"1@192.0.2.10\"\r\n"
                             "Supported: 100rel\r\nX-Secret: 192.0.2.10\r\n");
  EXPECT_EQ(ours.to, kFirst);
  EXPECT_THAT(ours.line(), HasSubstr("REFER sip:bob@"));
  EXPECT_EQ(field(ours.text, "Refer-To"), "<sip:carol@203.0.113.1>");
  EXPECT_EQ(field(ours.text, "Referred-By"), "<sip:alice@203.0.113.1>");
  EXPECT_THAT(field(ours.text, "Contact"), HasSubstr("@203.0.113.1"));
  EXPECT_EQ(field(ours.text, "Event"), "");
  EXPECT_EQ(field(ours.text, "Refer-Sub"), "");
  EXPECT_THAT(ours.text, Not(HasSubstr("192.0.2.10")));
}

TEST_F(Refer, ThatIsAcceptedReportsItsProgress) {  // RFC 3515 2.4.4, RFC 7647 5
  const auto ours = referred();
  inject(response(ours, 202, "Contact: <sip:bob@203.0.113.10:5060>\r\nExpires: 7\r\n"), kFirst);
  const auto answer = one();
  EXPECT_EQ(answer.line(), "SIP/2.0 200 OK") << "202 is deprecated";
  EXPECT_THAT(field(answer.text, "Contact"), HasSubstr("@198.51.100.1"));
  EXPECT_EQ(field(answer.text, "Expires"), "") << "a REFER has none";
  inject(report(ours, "active;expires=120", 1), kFirst);
  const auto told = one();
  EXPECT_EQ(told.to, kAlice);
  EXPECT_EQ(field(told.text, "Call-ID"), "secret@192.0.2.10");
  EXPECT_EQ(tag_of(field(told.text, "From")), tag_of(field(answer.text, "To")));
  EXPECT_EQ(field(told.text, "Event"), "refer");
  EXPECT_EQ(field(told.text, "Subscription-State"), "active;expires=120");
  EXPECT_THAT(told.text, HasSubstr("\r\n\r\nSIP/2.0 100 Trying\r\n"));
  EXPECT_THAT(told.text, Not(HasSubstr("203.0.113.77")));
  inject(response(told, 200), kAlice);
  one();
  pass(base::seconds(60));
  inject(report(ours, "terminated;reason=noresource", 2, "refer", 200), kFirst);
  const auto last = one();
  EXPECT_EQ(field(last.text, "Subscription-State"), "terminated;reason=noresource");
  EXPECT_THAT(last.text, HasSubstr("\r\n\r\nSIP/2.0 200 OK\r\n"));
  inject(response(last, 200), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
  EXPECT_EQ(exchange->counters().of(sip::Method::Refer, Outcome::Accepted), 1U);
}

TEST_F(Refer, MayBeReportedOnBeforeItIsAnswered) {  // trap 78, RFC 3515 2.4.4
  const auto ours = referred();
  inject(report(ours, "active;expires=60", 1), kFirst);
  const auto told = one();
  inject(response(told, 200), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  inject(response(ours, 200, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  EXPECT_EQ(tag_of(field(one().text, "To")), tag_of(field(told.text, "From")));
  EXPECT_EQ(exchange->subscriptions(), 1U);
  pass(base::minutes(5));
  EXPECT_EQ(exchange->subscriptions(), 0U);
}

TEST_F(Refer, IsRefreshedAndUnsubscribedAsASubscriptionIs) {  // RFC 3515 2.4.4, 2.4.6
  const auto ours = referred();
  inject(response(ours, 202, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  const auto number_of_ours = field(ours.text, "CSeq").substr(0, field(ours.text, "CSeq").find(' '));
  inject(report(ours, "active;expires=60", 1, "refer;id=" + number_of_ours), kFirst);
  const auto told = one();
  EXPECT_EQ(field(told.text, "Event"), "refer") << "the number is the far side's own";
  inject(response(told, 200), kAlice);
  one();
  const auto subscribe_to = [&](int expires) {
    inject(request_to(tag, "SUBSCRIBE", "Event: refer\r\nExpires: " + std::to_string(expires) + "\r\n"), kAlice);
    const auto asked = one();
    EXPECT_EQ(asked.line(), "SUBSCRIBE sip:bob@203.0.113.10:5060 SIP/2.0");
    EXPECT_EQ(field(asked.text, "Event"), "refer;id=" + number_of_ours);
    EXPECT_EQ(field(asked.text, "Call-ID"), field(ours.text, "Call-ID"));
    inject(response(asked, 200, "Expires: " + std::to_string(expires) + "\r\n"), kFirst);
    EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  };
  subscribe_to(600);
  pass(base::minutes(5));
  EXPECT_EQ(exchange->subscriptions(), 1U);
  subscribe_to(0);
  inject(report(ours, "terminated;reason=timeout", 2), kFirst);
  inject(response(one(), 200), kAlice);
  one();
  EXPECT_EQ(exchange->subscriptions(), 0U);
}

TEST_F(Refer, ThatNobodyReportsOnIsForgotten) {  // RFC 6665 4.1.2.4, timer N
  inject(response(referred(), 202, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  one();
  pass(base::seconds(31));
  EXPECT_EQ(exchange->subscriptions(), 1U);
  pass(base::seconds(2));
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Refer, WithoutASubscriptionIsOneThatBothSidesWant) {  // RFC 4488 4
  const std::string wish = std::string(kAsk) + "Refer-Sub: false\r\n";
  const auto ours = referred(wish);
  EXPECT_EQ(field(ours.text, "Refer-Sub"), "false");
  EXPECT_EQ(field(ours.text, "Supported"), "norefersub");
  inject(response(ours, 200, "Refer-Sub: false\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  const auto answer = one();
  EXPECT_EQ(field(answer.text, "Refer-Sub"), "false");
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
  // Not granted: an ordinary one, for old phones above all.
  for (const std::string granted : {"", "Refer-Sub: true\r\n"}) {
    auto text = refer(wish);
    text.replace(text.find("secret@"), 6, "again" + std::to_string(number));
    inject(text, kAlice);
    const auto again = one();
    inject(response(again, 202, granted + "Contact: <sip:bob@203.0.113.10>\r\n"), kFirst);
    EXPECT_EQ(field(one().text, "Refer-Sub"), "");
    EXPECT_EQ(exchange->subscriptions(), 1U);
    pass(base::minutes(1));
  }
  // Not asked for: whatever the answer says, the NOTIFYs come.
  const auto plain = referred();
  inject(response(plain, 202, "Refer-Sub: false\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "Refer-Sub"), "");
  EXPECT_EQ(exchange->subscriptions(), 1U);
}

TEST_F(Refer, NeedsExactlyOneReferToAndAContact) {  // RFC 3515 2, 2.4.2
  EXPECT_EQ(refused(refer("")), 400);
  EXPECT_EQ(refused(refer("Refer-To: <sip:a@x.example>, <sip:b@x.example>\r\n")), 400);
  EXPECT_EQ(refused(refer("Refer-To: nonsense\r\n")), 400);
  EXPECT_EQ(refused(refer("Refer-To: <http://www.example.org/>\r\n")), 416);
  EXPECT_EQ(refused(refer("Refer-To: <sip:a@x.example;method=REGISTER>\r\n")), 403);
  EXPECT_EQ(refused(refer("Refer-To: <sip:a@x.example?Replaces=nonsense>\r\n")), 400);
  auto text = refer();
  const auto contact = text.find("Contact:");
  text.erase(contact, text.find("\r\n", contact) + 2 - contact);
  EXPECT_EQ(refused(text), 400);
  EXPECT_EQ(exchange->counters().of(sip::Method::Refer, Outcome::Reference), 7U);
}

TEST_F(Refer, AsksForWhatIsKnownHereOnly) {  // RFC 3261 8.2.2.3
  inject(refer(std::string(kAsk) + "Require: norefersub, tdialog, explicitsub\r\n"), kAlice);
  const auto answer = one();
  EXPECT_EQ(answer.line(), "SIP/2.0 420 Bad Extension");
  EXPECT_EQ(field(answer.text, "Unsupported"), "explicitsub");
  inject(refer(std::string(kAsk) + "Require: norefersub, tdialog\r\n"), kAlice);
  EXPECT_EQ(field(one().text, "Require"), "") << "each side's own";
}

TEST_F(Refer, MayAskAFocusToLetSomebodyGo) {  // RFC 4579
  EXPECT_EQ(field(referred("Refer-To: <sip:carol@192.0.2.10;method=BYE>\r\n").text, "Refer-To"),
            "<sip:carol@203.0.113.1;method=BYE>");
}

TEST_F(Refer, DialogsItNamesAreTheFarSidesOwn) {  // trap 77
  const auto ours = referred(
      "Refer-To: <sip:carol@192.0.2.10?Replaces=alices-call%3Bto-tag%3Dours-a%3Bfrom-tag%3Dhers&X=192.0.2.10>\r\n"
      "Target-Dialog: alices-call;local-tag=ours-a;remote-tag=hers\r\n");
  EXPECT_EQ(field(ours.text, "Refer-To"),
            "<sip:carol@203.0.113.1?Replaces=far-call%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dours-b>");
  EXPECT_EQ(field(ours.text, "Target-Dialog"), "far-call;local-tag=theirs;remote-tag=ours-b");
  EXPECT_EQ(advisor.party, "sip:alice@border.example") << "for the policy";
  inject(response(ours, 202, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  one();
  EXPECT_EQ(
      field(referred("Refer-To: <sip:carol@192.0.2.10?Join=alices-call%3Bto-tag%3Dours-a%3Bfrom-tag%3Dhers>\r\n").text,
            "Refer-To"),
      "<sip:carol@203.0.113.1?Join=far-call%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dours-b>");
}

TEST_F(Refer, DialogsThatTheFarSideCannotKnowStayBehind) {  // RFC 4538 4, RFC 3891 3
  EXPECT_EQ(refused(refer("Refer-To: <sip:c@x.example?Replaces=nobody%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\n")), 481);
  EXPECT_EQ(refused(refer("Refer-To: <sip:c@x.example?Replaces=alices-call%3Bto-tag%3Dhers%3Bfrom-tag%3Dours-a>\r\n")),
            481)
      << "the tags are not as its reader has them";
  advisor.trunks = {"t2"};
  EXPECT_EQ(refused(refer("Refer-To: <sip:c@x.example?Replaces=alices-call%3Bto-tag%3Dours-a%3Bfrom-tag%3Dhers>\r\n")),
            403)
      << "that network has no part in the call";
  inject(refer(std::string(kAsk) + "Target-Dialog: alices-call;local-tag=ours-a;remote-tag=hers\r\n"), kAlice);
  const auto elsewhere = one();
  EXPECT_EQ(elsewhere.to, kSecond);
  EXPECT_EQ(field(elsewhere.text, "Target-Dialog"), "");
  inject(refer(std::string(kAsk) + "Target-Dialog: nobody;local-tag=a;remote-tag=b\r\n"), kAlice);
  EXPECT_EQ(field(one().text, "Target-Dialog"), "");
  EXPECT_EQ(advisor.party, "");
}

TEST_F(Refer, GoesToTheNextTargetOnlyWhenThatOneKnowsWhatItNames) {
  advisor.trunks = {"t1", "t2"};
  const auto ours = referred();
  inject(response(ours, 503), kFirst);
  auto all = taken();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].to, kSecond);
  inject(response(all[0], 202, "Contact: <sip:bob@203.0.113.11:5060>\r\n"), kSecond);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  const auto attended =
      referred("Refer-To: <sip:carol@192.0.2.10?Replaces=alices-call%3Bto-tag%3Dours-a%3Bfrom-tag%3Dhers>\r\n");
  EXPECT_EQ(attended.to, kFirst);
  inject(response(attended, 500), kFirst);
  all = taken();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].to, kAlice);
}

TEST_F(Refer, TokensOfTheReferrerStayBehind) {  // RFC 3892 4: they sign what is rewritten
  const std::string token =
      "--x\r\nContent-Type: multipart/signed;protocol=\"application/pkcs7-signature\";boundary=y\r\n"
      "Content-ID: <1@192.0.2.10>\r\nContent-Disposition: aib; handling=optional\r\n\r\n"
      "--y\r\nContent-Type: application/pkcs7-mime\r\nContent-Disposition: aib; handling=optional\r\n\r\nsigned\r\n"
      "--y--\r\n\r\n--x--\r\n";
  const std::string type = "Content-Type: multipart/mixed;boundary=x\r\n";
  EXPECT_EQ(refused(refer(kAsk + type, token)), 415) << "no token, and nobody can read it";
  inject(refer(kAsk + ("Referred-By: <sip:alice@192.0.2.10>;cid=\"1@192.0.2.10\"\r\n" + type), token), kAlice);
  const auto ours = one();
  EXPECT_THAT(ours.text, Not(HasSubstr("signed")));
  EXPECT_EQ(field(ours.text, "Referred-By"), "<sip:alice@203.0.113.1>");
}

TEST_F(Refer, OfOneWhoWantsToBeUnknownNamesNobody) {  // RFC 3323
  EXPECT_EQ(field(referred(std::string(kAsk) + "Referred-By: <sip:alice@192.0.2.10>\r\nPrivacy: id; user\r\n").text,
                  "Referred-By"),
            "");
}

TEST_F(Refer, AloneBeginsASubscriptionToItself) {  // RFC 3515 2.4.4: 403
  EXPECT_EQ(refused(request("SUBSCRIBE", "Event: refer\r\nExpires: 60\r\n")), 403);
}

TEST_F(Refer, InsideItsOwnDialogIsRefused) {  // RFC 7647 4
  inject(response(referred(), 202, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(request_to(tag, "REFER", kAsk), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 405 Method Not Allowed");
}

TEST_F(Refer, CountsAsASubscriptionForTheLimits) {
  use({.max_per_source = 1});
  inject(response(referred(), 202, "Contact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  one();
  inject(refer(), kAlice);
  const auto answer = one();
  EXPECT_EQ(answer.line(), "SIP/2.0 503 Service Unavailable");
  EXPECT_EQ(exchange->counters().of(sip::Method::Refer, Outcome::Limit), 1U);
}

TEST_F(Refer, ThatThePolicyDoesNotRouteStaysHere) {
  advisor.kind = policy::RequestDecision::Kind::Reject;
  EXPECT_EQ(refused(refer()), 403);
  advisor.kind = policy::RequestDecision::Kind::Accept;
  inject(refer(), kAlice);
  EXPECT_TRUE(taken().empty());
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace sbc::exchange
