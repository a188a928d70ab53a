// Requests outside of calls, on a stage: the real transaction layer, peers made of text, a policy made of values.

#include "sbc/exchange/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sip/parser.h"

namespace sbc::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string field(const std::string& message, const std::string& name) {
  const auto at = message.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 4;
  return message.substr(begin, message.find("\r\n", begin) - begin);
}

std::string tag_of(const std::string& value) {
  const auto at = value.find(";tag=");
  return at == std::string::npos ? "" : value.substr(at + 5);
}

struct Sent {
  std::string to;
  std::string text;
  std::string line() const { return text.substr(0, text.find("\r\n")); }
};

class FakeAdvisor final : public Advisor, public route::Contacts {
 public:
  policy::RequestDecision request(const sip::Message&, const sip::Source&, const call::Arrival&) override {
    policy::RequestDecision answer;
    answer.kind = kind;
    answer.status = 403;
    for (const auto& trunk : trunks) {
      policy::Candidate candidate;
      candidate.kind = policy::Candidate::Kind::Trunk;
      candidate.name = trunk;
      answer.candidates.push_back(candidate);
    }
    return answer;
  }
  call::Challenge challenge(const sip::Message&, std::string_view) override {
    return {407, {{"Proxy-Authenticate", "Digest realm=\"x\", nonce=\"y\""}}};
  }
  route::Contacts& contacts() override { return *this; }
  std::optional<route::ContactWay> way_to(std::uint64_t) override { return std::nullopt; }

  policy::RequestDecision::Kind kind = policy::RequestDecision::Kind::Route;
  std::vector<std::string> trunks{"t1"};
};

class FakeDialogs final : public Dialogs {
 public:
  std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view realm) const override {
    if (named.call_id != "inner-call" || realm != "access") return std::nullopt;
    return body::DialogIds{.call_id = "outer-call", .local_tag = "outer-l", .remote_tag = "outer-r"};
  }
};

constexpr const char* kAlice = "192.0.2.10:5060";
constexpr const char* kFirst = "203.0.113.10:5060";
constexpr const char* kSecond = "203.0.113.11:5060";

class Stage : public ::testing::Test {
 protected:
  Stage() {
    auto settings = std::make_shared<call::Settings>();
    std::vector<route::Realm> realms;
    const char* const names[] = {"access", "core"};
    const char* const listeners[] = {"198.51.100.1:5060", "203.0.113.1:5060"};
    for (std::uint16_t i = 0; i < 2; ++i) {
      const auto where = *base::Endpoint::parse(listeners[i]);
      realms.push_back({.name = names[i],
                        .listeners = {{.index = i, .transport = sip::Transport::Udp, .address = where}},
                        .media_network = names[i],
                        .trust = route::Trust::Untrusted});
      settings->faces.push_back({.host = where.ip.text(), .sent_by = where.ip.text(), .address = where.ip});
    }
    const auto trunk = [](const char* name, const char* target) {
      route::Trunk result;
      result.name = name;
      result.realm = "core";
      result.targets.push_back({.endpoint = *base::Endpoint::parse(target)});
      return result;
    };
    auto table = route::Table::build(std::move(realms), {trunk("t1", kFirst), trunk("t2", kSecond)}, {});
    EXPECT_TRUE(table) << table.error();
    settings->routes = std::make_shared<const route::Table>(*std::move(table));
    settings->leak_guard = leak::Mode::Log;
    calls = settings;
    use({});
  }

  void use(const Settings& wanted) {
    exchange = std::make_unique<Exchange>(layer, minter, random, advisor, dialogs, guard, calls, wanted);
  }

  void pump() {
    while (!out.transaction.events.empty()) {
      auto events = std::exchange(out.transaction.events, {});
      for (auto& event : events) {
        if (auto* request = std::get_if<transaction::RequestArrived>(&event)) {
          call::Arrival arrival;
          arrival.realm = request->source.hop.listener == 0 ? "access" : "core";
          if (exchange->owns_tag(request->message->to_tag()))
            exchange->on_dialog_request(*request, now, out);
          else
            left = !exchange->on_request(*request, arrival, now, out);
        } else if (auto* response = std::get_if<transaction::ResponseArrived>(&event)) {
          exchange->on_response(*response, now, out);
        } else if (auto* failed = std::get_if<transaction::ClientFailed>(&event)) {
          exchange->on_client_failed(*failed, now, out);
        }
      }
    }
    for (const auto& send : out.transaction.sends) sent.push_back({send.hop.remote.text(), *send.bytes});
    out.transaction.sends.clear();
    for (const auto& note : guard.take_notes()) {
      EXPECT_TRUE(leaks_are_wanted) << note.text << "\n" << sent.back().text;
      ++leaks;
    }
  }

  void inject(const std::string& text, const std::string& from) {
    auto parsed = sip::parse(std::string(text));
    ASSERT_TRUE(parsed.ok()) << (parsed.error ? parsed.error->text : "") << "\n" << text;
    sip::Source source;
    source.hop.listener = from.starts_with("192.0.2.") ? 0 : 1;
    source.hop.remote = *base::Endpoint::parse(from);
    source.local = *base::Endpoint::parse(source.hop.listener == 0 ? "198.51.100.1:5060" : "203.0.113.1:5060");
    layer.on_message(std::move(parsed.message), source, now, out.transaction);
    pump();
  }

  void pass(base::Duration d) {
    const auto until = now + d;
    for (;;) {
      const auto next = std::min(layer.next_deadline(), exchange->next_deadline());
      if (next > until) break;
      now = std::max(now, next);
      layer.on_deadline(now, out.transaction);
      exchange->on_deadline(now, out);
      pump();
    }
    now = until;
  }

  // Everything new; repetitions of the same text are left out.
  std::vector<Sent> taken() {
    std::vector<Sent> fresh;
    for (auto& s : std::exchange(sent, {}))
      if (fresh.empty() || fresh.back().text != s.text) fresh.push_back(std::move(s));
    return fresh;
  }
  Sent one() {
    auto all = taken();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Sent{} : all.front();
  }

  std::string request(const std::string& method, const std::string& extra = {}, const std::string& body = {}) {
    return request_to("", method, extra, body);
  }
  std::string request_to(const std::string& to_tag, const std::string& method, const std::string& extra = {},
                         const std::string& body = {}) {
    ++number;
    return method + " sip:bob@border.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKa" +
           std::to_string(number) + "\r\nMax-Forwards: 9\r\nFrom: \"Alice\" <sip:alice@192.0.2.10>;tag=alice\r\nTo: " +
           "<sip:bob@border.example>" + (to_tag.empty() ? "" : ";tag=" + to_tag) +
           "\r\nCall-ID: secret@192.0.2.10\r\nCSeq: " + std::to_string(number) + " " + method +
           "\r\nContact: <sip:alice@192.0.2.10:5060>\r\nUser-Agent: secret/1\r\n" + extra +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string response(const Sent& to, int status, const std::string& extra = {},
                              const std::string& tag = "bobtag", const std::string& body = {}) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " Whatever\r\nVia: " + field(to.text, "Via") +
                       "\r\nFrom: " + field(to.text, "From") + "\r\nTo: " + field(to.text, "To");
    if (field(to.text, "To").find(";tag=") == std::string::npos) text += ";tag=" + tag;
    return text + "\r\nCall-ID: " + field(to.text, "Call-ID") + "\r\nCSeq: " + field(to.text, "CSeq") +
           "\r\nServer: secret-pbx\r\n" + extra + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // A NOTIFY of a notifier with `tag`, in the dialog that `subscribe` of ours asked for.
  std::string notify(const Sent& subscribe, const std::string& tag, const std::string& state, int cseq,
                     const std::string& body = {}) {
    ++number;
    return "NOTIFY sip:x@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bKb" +
           std::to_string(number) + "\r\nMax-Forwards: 70\r\nFrom: <sip:bob@203.0.113.10>;tag=" + tag +
           "\r\nTo: " + field(subscribe.text, "From") + "\r\nCall-ID: " + field(subscribe.text, "Call-ID") +
           "\r\nCSeq: " + std::to_string(cseq) +
           " NOTIFY\r\nContact: <sip:bob@203.0.113.10:5060>\r\nEvent: dialog\r\nSubscription-State: " + state +
           (body.empty() ? "" : "\r\nContent-Type: application/dialog-info+xml") +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string subscribe(const std::string& to_tag = {}, int expires = 600) {
    return request_to(
        to_tag, "SUBSCRIBE",
        "Event: dialog;id=7\r\nExpires: " + std::to_string(expires) + "\r\nAccept: application/dialog-info+xml\r\n");
  }

  base::SeededRandom random{1};
  sip::Minter minter{{1, 2}, 0};
  transaction::Layer layer{transaction::Config{}, minter, random};
  FakeAdvisor advisor;
  FakeDialogs dialogs;
  call::LeakGuard guard;
  std::shared_ptr<const call::Settings> calls;
  std::unique_ptr<Exchange> exchange;
  base::Instant now{base::hours(1)};
  call::Output out;
  std::vector<Sent> sent;
  bool left = false;  // the last request was left to the border
  int number = 0;
  bool leaks_are_wanted = false;  // otherwise a word of one side in a message to the other fails the test
  std::size_t leaks = 0;
};

using Outside = Stage;
using Subscriptions = Stage;

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

// --- subscriptions
// ----------------------------------------------------------------------------------------------------

TEST_F(Subscriptions, NotifyMayPrecedeThe2xx) {  // trap 78, RFC 6665 4.1.2.4
  inject(subscribe(), kAlice);
  const auto ours = one();
  EXPECT_THAT(ours.text, Not(HasSubstr("192.0.2.10")));
  EXPECT_EQ(field(ours.text, "Event"), "dialog;id=7");
  inject(notify(ours, "bobtag", "active;expires=600;secret=x", 5), kFirst);
  const auto told = one();
  EXPECT_EQ(told.to, kAlice);
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

}  // namespace
}  // namespace sbc::exchange
