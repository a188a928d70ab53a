// Subscriptions across the border (RFC 6665).

#include "stage.h"

namespace sbc::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Subscriptions = Stage;

TEST_F(Subscriptions, NotifyMayPrecedeThe2xx) {  // trap 78, RFC 6665 4.1.2.4
  inject(subscribe(), kAlice);
  const auto ours = one();
  EXPECT_THAT(ours.text, Not(HasSubstr("192.0.2.10")));
  EXPECT_EQ(field(ours.text, "Event"), "dialog");
  inject(notify(ours, "bobtag", "active;expires=600;secret=x", 5), kFirst);
  const auto told = one();
  EXPECT_EQ(told.to, kAlice);
  EXPECT_EQ(field(told.text, "Event"), "dialog;id=7");
  EXPECT_EQ(field(told.text, "Subscription-State"), "active;expires=600");
  EXPECT_EQ(field(told.text, "Call-ID"), "secret@192.0.2.10");
  EXPECT_THAT(told.text, Not(HasSubstr("203.0.113.10")));
  inject(response(told, 200), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  inject(response(ours, 200, "Expires: 300\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  const auto answer = one();
  EXPECT_EQ(field(answer.text, "Expires"), "300");
  EXPECT_EQ(tag_of(field(answer.text, "To")), tag_of(field(told.text, "From")));
  EXPECT_THAT(field(answer.text, "Contact"), HasSubstr("@198.51.100.1"));
}

TEST_F(Subscriptions, TheNextPlaceOfANameGetsTheSameSubscribeAndItsNotifierIsHeard) {  // RFC 3263 4.3
  names["pbx.example"] = {{.remote = *base::Endpoint::parse(kFirst)}, {.remote = *base::Endpoint::parse(kSecond)}};
  advisor.trunks = {"named"};
  inject(subscribe(), kAlice);
  const auto first = one();
  inject(response(first, 503), kFirst);
  const auto second = one();
  ASSERT_EQ(second.to, kSecond);
  for (const char* same : {"From", "To", "Call-ID", "CSeq", "Contact", "Event", "Expires"})
    EXPECT_EQ(field(first.text, same), field(second.text, same)) << same;
  EXPECT_NE(field(first.text, "Via"), field(second.text, "Via"));
  inject(notify(second, "bobtag", "active;expires=600", 5), kSecond);
  EXPECT_EQ(field(one().text, "Subscription-State"), "active;expires=600");
  inject(response(second, 200, "Expires: 300\r\nContact: <sip:bob@203.0.113.11>\r\n"), kSecond);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
}

TEST_F(Subscriptions, RetryAfterOfANotifierKeepsRequestsAway) {  // RFC 3261 21.5.4; trap 17
  inject(subscribe(), kAlice);
  inject(response(one(), 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(subscribe(tag, 500), kAlice);
  inject(response(one(), 503, "Retry-After: 60\r\n"), kFirst);
  taken();
  EXPECT_EQ(health.state(sip::Transport::Udp, *base::Endpoint::parse(kFirst), now), route::TrunkHealth::State::Busy);
}

// RFC 4538 4, 7: the call is named as the far side knows it; trap 77: or not at all.
TEST_F(Subscriptions, TheCallThatItIsAboutHasTheNameOfThatSide) {
  const std::string about =
      "Event: dialog\r\nExpires: 60\r\nTarget-Dialog: alices-call;local-tag=ours-a;remote-tag=hers\r\n";
  inject(request("SUBSCRIBE", about), kAlice);
  const auto ours = one();
  EXPECT_EQ(field(ours.text, "Target-Dialog"), "far-call;local-tag=theirs;remote-tag=ours-b");
  EXPECT_EQ(advisor.party, "sip:alice@border.example") << "for the policy";
  inject(response(ours, 481), kFirst);
  taken();
  advisor.trunks = {"t2"};
  inject(request("SUBSCRIBE", about), kAlice);
  EXPECT_EQ(field(one().text, "Target-Dialog"), "") << "that network has no part in the call";
  inject(request("SUBSCRIBE", "Event: dialog\r\nExpires: 60\r\nTarget-Dialog: x;local-tag=a;remote-tag=b\r\n"), kAlice);
  EXPECT_EQ(field(one().text, "Target-Dialog"), "");
}

// RFC 3263 4: the Contact of a notifier is a name. Until its places are known requests go to where it was last seen.
TEST_F(Subscriptions, ANotifierThatIsANameIsReachedAtItsPlaces) {
  const auto subscribed = [this](const std::string& contact) {
    inject(subscribe(), kAlice);
    inject(response(one(), 200, "Expires: 600\r\nContact: <sip:bob@" + contact + ">\r\n"), kFirst);
    return tag_of(field(one().text, "To"));
  };
  EXPECT_TRUE(subscribed("nobody.example") != "");
  names["pbx.example"] = {{.remote = *base::Endpoint::parse("203.0.113.21:5060")},
                          {.remote = *base::Endpoint::parse("203.0.113.22:5060")}};
  const auto unknown = subscribed("unknown.example");
  inject(subscribe(unknown, 500), kAlice);
  const auto first = one();
  EXPECT_EQ(first.to, kFirst);
  inject(response(first, 200, "Expires: 500\r\nContact: <sip:bob@pbx.example>\r\n"), kFirst);
  one();
  inject(subscribe(unknown, 400), kAlice);
  const auto second = one();
  EXPECT_EQ(second.to, "203.0.113.21:5060");
  // RFC 3263 4.3, trap 17: the same request with another branch, and the dialog stays there.
  inject(response(second, 503), "203.0.113.21:5060");
  const auto third = one();
  EXPECT_EQ(third.to, "203.0.113.22:5060");
  for (const char* same : {"From", "To", "Call-ID", "CSeq", "Contact", "Event", "Expires"})
    EXPECT_EQ(field(second.text, same), field(third.text, same)) << same;
  EXPECT_NE(field(second.text, "Via"), field(third.text, "Via"));
  inject(response(third, 200, "Expires: 400\r\n"), "203.0.113.22:5060");
  EXPECT_EQ(field(one().text, "Expires"), "400");
  inject(subscribe(unknown, 300), kAlice);
  const auto fourth = one();
  EXPECT_EQ(fourth.to, "203.0.113.22:5060");
  // Silence leads on as well; when no place takes it, the asking side hears nothing (RFC 4320 4.2).
  pass(base::seconds(33));
  EXPECT_EQ(taken().back().to, "203.0.113.21:5060");
  pass(base::minutes(3));
  EXPECT_EQ(exchange->flights(), 0U);
}

TEST_F(Subscriptions, ASubscriberThatNobodyVouchesForIsReachedWhereItWasLastSeen) {  // RFC 3263 4 is for others
  names["victim.example"] = {{.remote = *base::Endpoint::parse("192.0.2.99:5060")}};
  auto ask = subscribe();
  ask.replace(ask.find("<sip:alice@192.0.2.10:5060>"), 27, "<sip:alice@victim.example>");
  inject(ask, kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  taken();
  inject(notify(ours, "bobtag", "active;expires=600", 5), kFirst);
  EXPECT_EQ(one().to, kAlice);
}

TEST_F(Subscriptions, DialogInfoHasItsIdentifiersMapped) {  // trap 78
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 202, "Expires: 300\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  taken();
  const std::string body =
      "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
      "entity=\"sip:bob@203.0.113.10\">"
      "<dialog id=\"a\" call-id=\"inner-call\" local-tag=\"l\" remote-tag=\"r\"><state>early</state></dialog>"
      "<dialog id=\"b\" call-id=\"203.0.113.10-x\" local-tag=\"l\" remote-tag=\"r\"><state>early</state></dialog>"
      "</dialog-info>";
  inject(notify(ours, "bobtag", "active;expires=299", 5, body), kFirst);
  const auto told = one();
  EXPECT_THAT(told.text, HasSubstr("call-id=\"outer-call\" local-tag=\"outer-l\" remote-tag=\"outer-r\""));
  EXPECT_THAT(told.text, Not(HasSubstr("203.0.113.10")));
  EXPECT_THAT(told.text, HasSubstr("entity=\"sip:bob@198.51.100.1\""));
}

TEST_F(Subscriptions, RefreshAndUnsubscribeGoThroughAndTheLastNotifyEndsIt) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  EXPECT_TRUE(exchange->owns_tag(tag));
  pass(base::seconds(60));
  inject(subscribe(tag, 500), kAlice);
  const auto refresh = one();
  EXPECT_EQ(refresh.line(), "SUBSCRIBE sip:bob@203.0.113.10:5060 SIP/2.0");
  EXPECT_EQ(field(refresh.text, "Call-ID"), field(ours.text, "Call-ID"));
  EXPECT_EQ(tag_of(field(refresh.text, "To")), "bobtag");
  inject(response(refresh, 200, "Expires: 500\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "Expires"), "500");
  inject(subscribe(tag, 0), kAlice);
  inject(response(one(), 200, "Expires: 0\r\n"), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  inject(notify(ours, "bobtag", "terminated;reason=timeout", 9), kFirst);
  const auto last = one();
  EXPECT_EQ(field(last.text, "Subscription-State"), "terminated;reason=timeout");
  inject(response(last, 200), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Subscriptions, AForkIsADialogOfItsOwnAndForksAreBounded) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  std::vector<std::string> tags;
  for (int fork = 0; fork < 8; ++fork) {
    inject(notify(ours, "fork" + std::to_string(fork), "active;expires=60", 1), kFirst);
    tags.push_back(tag_of(field(one().text, "From")));
  }
  std::ranges::sort(tags);
  EXPECT_EQ(std::ranges::unique(tags).size(), 0U);
  inject(notify(ours, "fork8", "active;expires=60", 1), kFirst);
  EXPECT_THAT(one().line(), HasSubstr("481"));
  EXPECT_EQ(exchange->counters().forks_refused, 1U);
  pass(base::minutes(3));
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Subscriptions, ExpiryRemovesWhatNobodyRefreshes) {
  inject(subscribe(), kAlice);
  inject(response(one(), 200, "Expires: 60\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  pass(base::seconds(100));
  EXPECT_EQ(exchange->subscriptions(), 1U);
  pass(base::seconds(60));
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->counters().subscriptions_expired, 1U);
}

TEST_F(Subscriptions, ARefusalLeavesNothingBehind) {
  inject(subscribe(), kAlice);
  inject(response(one(), 403), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 403 Forbidden");
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Subscriptions, ASubscriberThatIsGoneEndsIt) {  // RFC 6665 4.2.2
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  taken();
  pass(base::seconds(60));
  inject(notify(ours, "bobtag", "active;expires=500", 3), kFirst);
  inject(response(one(), 481), kAlice);
  EXPECT_THAT(one().line(), HasSubstr("481"));
  EXPECT_EQ(exchange->subscriptions(), 0U);
}

TEST_F(Subscriptions, PackagesNumbersAndSourcesAreBounded) {
  use({.events = {"dialog", "presence"}, .max_subscriptions = 3, .max_per_source = 2});
  inject(request("SUBSCRIBE", "Event: secret\r\n"), kAlice);
  const auto refused = one();
  EXPECT_THAT(refused.line(), HasSubstr("489"));
  EXPECT_EQ(field(refused.text, "Allow-Events"), "dialog, presence");
  const auto open = [&](const char* from) {
    auto text = subscribe();
    text.replace(text.find("secret@"), 7, "c" + std::to_string(number) + "@");
    inject(text, from);
    return one().line();
  };
  EXPECT_THAT(open(kAlice), HasSubstr("SUBSCRIBE"));
  EXPECT_THAT(open(kAlice), HasSubstr("SUBSCRIBE"));
  EXPECT_THAT(open(kAlice), HasSubstr("503"));
  EXPECT_THAT(open("192.0.2.11:5060"), HasSubstr("SUBSCRIBE"));
  EXPECT_THAT(open("192.0.2.12:5060"), HasSubstr("503"));
  EXPECT_EQ(exchange->subscriptions(), 3U);
}

TEST_F(Subscriptions, StrangersAndOldRequestsGetTheirAnswer) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(request_to(tag, "INFO"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 405 Method Not Allowed");
  inject(notify(ours, "bobtag", "active", 5), kFirst);
  inject(response(one(), 200), kAlice);
  taken();
  inject(notify(ours, "bobtag", "active", 4), kFirst);
  EXPECT_THAT(one().line(), HasSubstr("500"));
  auto stranger = subscribe(tag);
  stranger.replace(stranger.find("tag=alice"), 9, "tag=other");
  inject(stranger, kAlice);
  EXPECT_THAT(one().line(), HasSubstr("481"));
  pass(base::seconds(60));
  taken();
  inject(notify(ours, "late", "active", 1), kFirst);
  EXPECT_THAT(one().line(), HasSubstr("481"));
}

TEST_F(Subscriptions, TheNextTargetIsAskedWithANewDialog) {
  advisor.trunks = {"t1", "t2"};
  inject(subscribe(), kAlice);
  const auto first = one();
  inject(response(first, 500), kFirst);
  const auto second = one();
  EXPECT_EQ(second.to, kSecond);
  EXPECT_NE(field(first.text, "From"), field(second.text, "From"));
  inject(response(second, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.11>\r\n"), kSecond);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  EXPECT_EQ(exchange->tags(), 2U);
}

TEST_F(Subscriptions, EachForkEndsByItself) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(notify(ours, "short", "active;expires=10", 1), kFirst);
  inject(response(one(), 200), kAlice);
  taken();
  inject(notify(ours, "long", "active;expires=600", 1), kFirst);
  inject(response(one(), 200), kAlice);
  taken();
  inject(response(ours, 200, "Expires: 10\r\nContact: <sip:bob@203.0.113.10>\r\n", "short"), kFirst);
  pass(base::seconds(300));
  taken();
  inject(notify(ours, "long", "active;expires=300", 2), kFirst);
  const auto told = one();
  EXPECT_EQ(told.to, kAlice);
  inject(response(told, 200), kAlice);
  pass(base::seconds(370));
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Subscriptions, NobodyIsPromisedMoreThanItAskedFor) {  // RFC 6665 4.2.1.1
  inject(subscribe({}, 600), kAlice);
  inject(response(one(), 200, "Expires: 7200\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "Expires"), "600");
  auto greedy = subscribe({}, 99'999'999);
  greedy.replace(greedy.find("secret@"), 6, "second");
  inject(greedy, kAlice);
  EXPECT_EQ(field(one().text, "Expires"), std::to_string(25 * 3600));
}

TEST_F(Subscriptions, WhoAcceptsNothingThatCanCrossHearsSoAtOnce) {
  inject(request("SUBSCRIBE", "Event: presence\r\nAccept: application/secret+xml\r\n"), kAlice);
  EXPECT_EQ(one().line(), "SIP/2.0 406 Not Acceptable");
  // Of what it accepts the other side hears what can cross.
  inject(request("SUBSCRIBE", "Event: presence\r\nAccept: application/secret+xml;q=1, application/pidf+xml\r\n"),
         kAlice);
  EXPECT_EQ(field(one().text, "Accept"), "application/pidf+xml");
}

TEST_F(Subscriptions, AnotherPackageInTheSameDialogIsRefused) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(request_to(tag, "SUBSCRIBE", "Event: presence\r\nExpires: 60\r\n"), kAlice);
  EXPECT_THAT(one().line(), HasSubstr("489"));
  auto other = notify(ours, "bobtag", "active", 5);
  other.replace(other.find("Event: dialog"), 13, "Event: reg   ");
  inject(other, kFirst);
  EXPECT_THAT(one().line(), HasSubstr("481"));
}

TEST_F(Subscriptions, GoOnWhileTheBorderIsAboutToStop) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  taken();
  exchange->drain();
  inject(notify(ours, "bobtag", "active", 5), kFirst);
  EXPECT_EQ(one().to, kAlice);
  inject(request("MESSAGE"), kAlice);
  EXPECT_THAT(one().line(), HasSubstr("503"));
}

TEST_F(Subscriptions, AFetchLeavesNothingBehind) {  // RFC 6665 4.4.3
  inject(subscribe({}, 0), kAlice);
  const auto ours = one();
  EXPECT_EQ(field(ours.text, "Expires"), "0");
  inject(response(ours, 200, "Expires: 0\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  EXPECT_EQ(field(one().text, "Expires"), "0");
  inject(notify(ours, "bobtag", "terminated;reason=timeout", 1), kFirst);
  const auto told = one();
  inject(response(told, 200), kAlice);
  taken();
  pass(base::seconds(40));
  EXPECT_EQ(exchange->subscriptions(), 0U);
  EXPECT_EQ(exchange->tags(), 0U);
}

TEST_F(Subscriptions, ATrunkThatAsksWhoWeAreIsAnswered) {
  use_account_with_trunk();
  const char* const challenge = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n";
  inject(subscribe(), kAlice);
  inject(response(one(), 401, challenge), kFirst);
  const auto ours = one();
  EXPECT_NE(field(ours.text, "Authorization"), "");
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10:5060>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(subscribe(tag), kAlice);
  const auto refresh = one();
  EXPECT_EQ(std::stoi(field(refresh.text, "CSeq")), std::stoi(field(ours.text, "CSeq")) + 1);
  EXPECT_THAT(field(refresh.text, "Authorization"), HasSubstr("nc=00000002"));
  inject(response(refresh, 401,
                  "WWW-Authenticate: Digest realm=\"c\", nonce=\"m\", algorithm=MD5, qop=\"auth\", stale=true\r\n"),
         kFirst);
  const auto once_more = one();
  EXPECT_THAT(field(once_more.text, "Authorization"), HasSubstr("nonce=\"m\""));
  inject(response(once_more, 200, "Expires: 600\r\n"), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 200 OK");
  inject(subscribe(tag), kAlice);
  EXPECT_EQ(std::stoi(field(one().text, "CSeq")), std::stoi(field(once_more.text, "CSeq")) + 1);
}

TEST_F(Subscriptions, OnlyKnownWordsOfTheStateCross) {
  inject(subscribe(), kAlice);
  const auto ours = one();
  const std::pair<const char*, const char*> cases[] = {
      {"Active ; expires=5;x=203.0.113.10", "active;expires=5"},
      {"pending;expires=oops", "pending"},
      {"halfway;expires=7", "active;expires=7"},
      {"terminated;reason=Rejected;retry-after=9", "terminated;reason=rejected;retry-after=9"},
  };
  int number_of_notify = 0;
  for (const auto& [said, heard] : cases) {
    inject(notify(ours, "bobtag", said, ++number_of_notify), kFirst);
    EXPECT_EQ(field(one().text, "Subscription-State"), heard);
  }
  inject(notify(ours, "bobtag", "not a token", ++number_of_notify), kFirst);
  EXPECT_EQ(one().line(), "SIP/2.0 400 Bad Request");
}

TEST_F(Subscriptions, ARefreshThatNobodyAnswersEndsNothing) {  // RFC 6665 4.1.2.2
  inject(subscribe(), kAlice);
  const auto ours = one();
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
  const auto tag = tag_of(field(one().text, "To"));
  inject(subscribe(tag), kAlice);
  taken();
  pass(base::seconds(40));
  for (const auto& s : taken()) EXPECT_NE(s.line(), "SIP/2.0 408 Request Timeout");
  inject(notify(ours, "bobtag", "active;expires=500", 3), kFirst);
  EXPECT_EQ(one().to, kAlice);
  EXPECT_EQ(exchange->subscriptions(), 1U);
}

TEST_F(Subscriptions, ARefusedRefreshIsToldAndEndsItWhereTheRfcSaysSo) {
  for (const auto& [status, remains] : {std::pair(423, 1U), std::pair(481, 0U)}) {
    inject(subscribe(), kAlice);
    inject(response(one(), 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n"), kFirst);
    const auto tag = tag_of(field(one().text, "To"));
    pass(base::seconds(60));
    inject(subscribe(tag, 5), kAlice);
    inject(response(one(), status, "Min-Expires: 60\r\nWarning: 399 secret \"x\"\r\n"), kFirst);
    const auto answer = one();
    EXPECT_THAT(answer.line(), HasSubstr(std::to_string(status)));
    EXPECT_EQ(field(answer.text, "Min-Expires"), status == 423 ? "60" : "");
    EXPECT_EQ(exchange->subscriptions(), remains);
    pass(base::seconds(1000));
    taken();
  }
}

}  // namespace
}  // namespace sbc::exchange
