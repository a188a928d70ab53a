// Canaries in requests outside of calls: the same words in the same places as in calls.

#include "../call/canaries.h"
#include "stage.h"

namespace sbc::exchange {
namespace {

using call::test::Aviary;
using call::test::Fate;
using call::test::kHeaders;
using call::test::Places;
using call::test::without;

// Retry-After is of responses; a response has the Via of its request and no other (RFC 3261 8.1.3.3). Target-Dialog
// asks for the dialog that it names, and is looked at by itself.
const Places kOfRequests = without(kHeaders, {"Retry-After", "Target-Dialog"});
const Places kOfResponses = without(kHeaders, {"Via"});
const Places kInDialogs = without(kOfRequests, {"Record-Route", "Subscription-State"});

std::string with(std::string message, const std::string& lines) {
  const auto at = message.rfind("\r\nContent-Length:") + 2;
  return message.insert(at, lines);
}

class Canaries : public Stage {
 protected:
  // What went out since, the newest last.
  Sent listen() {
    for (auto& message : taken()) (message.to.starts_with("192.0.2.") ? to_alice : to_others).push_back(message.text);
    return {.to = {}, .text = to_others.empty() ? "" : to_others.back()};
  }
  void expect_silence() {
    listen();
    a.expect_none_in(to_others, "the far side");
    b.expect_none_in(to_alice, "the sender");
  }

  Aviary a{"a", *base::Endpoint::parse(kAlice)};
  Aviary b{"b", *base::Endpoint::parse(kFirst)};
  std::vector<std::string> to_alice, to_others;
};

// traps 78, 82
TEST_F(Canaries, NoneOfSixtyHeadersComesOutOfARequestOrItsAnswer) {
  ASSERT_GE(kHeaders.size(), 60U);
  for (const std::string method : {"MESSAGE", "PUBLISH", "OPTIONS", "FROBNICATE"}) {
    for (const int status : {200, 404, 407, 420, 423, 489}) {
      SCOPED_TRACE(method + " " + std::to_string(status));
      const std::string event = method == "PUBLISH" ? "Event: presence\r\nExpires: 60\r\n" : "";
      inject(request(method, a.plant(kOfRequests, method) + event), kAlice);
      const auto crossed = listen();
      ASSERT_TRUE(crossed.line().starts_with(method)) << crossed.text;
      // RFC 3903 8.2: the one word that a publisher is given to keep.
      const Places words = method == "PUBLISH" ? without(kOfResponses, {"SIP-ETag"}) : kOfResponses;
      const std::string least = status == 423 ? "Min-Expires: 60\r\n" : "";
      inject(with(response(crossed, status, b.plant(words, "answer")), least), kFirst);
      expect_silence();
      EXPECT_TRUE(to_alice.back().starts_with("SIP/2.0 ")) << "no answer";
    }
  }
  EXPECT_EQ(exchange->flights(), 0U);
  EXPECT_GT(a.positions() + b.positions(), 2500U);
}

// What those who trust each other are told is about people and the request (identity.h), with our host.
Places among_friends(const Places& places) {
  Places told = without(places, {"P-Asserted-Identity", "Resource-Priority"});
  told.push_back({"P-Asserted-Identity: \"Anton\" <sip:+4311@#.invalid;#=1>", Fate::Rewritten});
  return told;
}

TEST_F(Canaries, BetweenFriendsOnlyWhatIsAboutPeopleComesOut) {  // trap 80
  build(route::Trust::Trusted, route::Trust::Trusted);
  for (const std::string method : {"MESSAGE", "PUBLISH", "OPTIONS", "FROBNICATE"}) {
    SCOPED_TRACE(method);
    const std::string event = method == "PUBLISH" ? "Event: presence\r\nExpires: 60\r\n" : "";
    inject(request(method, a.plant(among_friends(kOfRequests), method) + event), kAlice);
    const auto crossed = listen();
    ASSERT_TRUE(crossed.line().starts_with(method)) << crossed.text;
    EXPECT_TRUE(crossed.text.contains("P-Asserted-Identity: \"Anton\" <sip:+4311@203.0.113.1>")) << crossed.text;
    inject(response(crossed, 200, b.plant(among_friends(without(kOfResponses, {"SIP-ETag"})), "200")), kFirst);
    expect_silence();
    EXPECT_TRUE(to_alice.back().starts_with("SIP/2.0 200")) << "no answer";
  }
  inject(with(subscribe(), a.plant(among_friends(kOfRequests), "SUBSCRIBE")), kAlice);
  const auto ours = listen();
  ASSERT_TRUE(ours.line().starts_with("SUBSCRIBE")) << ours.text;
  inject(response(ours, 200,
                  "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n" + b.plant(among_friends(kOfResponses), "200")),
         kFirst);
  inject(with(notify(ours, "bobtag", "active;expires=600", 5), b.plant(among_friends(kInDialogs), "NOTIFY")), kFirst);
  expect_silence();
  EXPECT_TRUE(to_alice.back().starts_with("NOTIFY ")) << to_alice.back();
}

// traps 78, 82
TEST_F(Canaries, NoneComesOutOfASubscriptionEitherWay) {
  inject(with(subscribe(), a.plant(kOfRequests, "SUBSCRIBE")), kAlice);
  const auto ours = listen();
  ASSERT_TRUE(ours.line().starts_with("SUBSCRIBE")) << ours.text;
  const auto report = [&](const std::string& state, int cseq) {
    inject(with(notify(ours, "bobtag", state, cseq), b.plant(kInDialogs, "NOTIFY")), kFirst);
    listen();
    ASSERT_FALSE(to_alice.empty());
    const Sent told{.to = kAlice, .text = to_alice.back()};
    ASSERT_TRUE(told.line().starts_with("NOTIFY")) << told.text;
    inject(response(told, 200, a.plant(without(kOfResponses, {"Record-Route"}), "200 NOTIFY")), kAlice);
  };
  report("active;expires=600", 5);  // before the 2xx
  inject(response(ours, 200, "Expires: 600\r\nContact: <sip:bob@203.0.113.10>\r\n" + b.plant(kOfResponses, "200")),
         kFirst);
  listen();
  const auto tag = tag_of(field(to_alice.back(), "To"));
  report("active;expires=590", 6);
  inject(with(subscribe(tag, 0), a.plant(kInDialogs, "refresh")), kAlice);
  const auto refresh = listen();
  ASSERT_TRUE(refresh.line().starts_with("SUBSCRIBE")) << refresh.text;
  inject(response(refresh, 200, "Expires: 0\r\n" + b.plant(without(kOfResponses, {"Record-Route"}), "200")), kFirst);
  report("terminated;reason=timeout", 7);
  expect_silence();
}

// trap 78
TEST_F(Canaries, NoneComesOutOfARefusedSubscription) {
  for (const int status : {403, 407, 423, 489, 503}) {
    SCOPED_TRACE(status);
    inject(with(subscribe(), a.plant(kOfRequests, "SUBSCRIBE")), kAlice);
    const auto ours = listen();
    inject(response(ours, status, b.plant(kOfResponses, "refusal") + (status == 423 ? "Min-Expires: 60\r\n" : "")),
           kFirst);
    expect_silence();
  }
}

// trap 77
TEST_F(Canaries, NoneComesOutOfARefer) {
  // Whom to call and who asks for that is said on purpose: with our host.
  const std::string refer_to = "Refer-To: <sip:carol@" + std::string(kAlice) + ">\r\n";
  inject(request("REFER", a.plant(without(kOfRequests, {"Referred-By"}), "REFER") + refer_to), kAlice);
  const auto ours = listen();
  ASSERT_TRUE(ours.line().starts_with("REFER")) << ours.text;
  inject(response(ours, 202, "Contact: <sip:bob@203.0.113.10>\r\n" + b.plant(kOfResponses, "202")), kFirst);
  expect_silence();
}

}  // namespace
}  // namespace sbc::exchange
