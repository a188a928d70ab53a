#pragma once
// Requests outside of calls, on a stage: the real transaction layer, peers made of text, a policy made of values.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sbc/exchange/exchange.h"
#include "sbc/sip/parser.h"

namespace sbc::exchange {

inline std::string field(const std::string& message, const std::string& name) {
  const auto at = message.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 4;
  return message.substr(begin, message.find("\r\n", begin) - begin);
}

inline std::string tag_of(const std::string& value) {
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
  policy::RequestDecision request(const sip::Message&, const sip::Source&, const call::Arrival&,
                                  std::string_view named) override {
    party = named;
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
  std::string party;  // of the last question
};

class FakeDialogs final : public Dialogs {
 public:
  std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view realm) const override {
    if (named.call_id != "inner-call" || realm != "access") return std::nullopt;
    return body::DialogIds{.call_id = "outer-call", .local_tag = "outer-l", .remote_tag = "outer-r"};
  }
  // One call: alice, who knows it as alices-call with ours-a and hers, and a user of t1.
  std::optional<call::KnownLeg> leg(const body::DialogIds& named) const override {
    const bool by_peer = named.local_tag == "ours-a" && named.remote_tag == "hers";
    if (named.call_id != "alices-call" || !(by_peer || (named.local_tag == "hers" && named.remote_tag == "ours-a")))
      return std::nullopt;
    return call::KnownLeg{.realm = "access",
                          .trunk = "",
                          .party = "sip:alice@border.example",
                          .by_peer = by_peer,
                          .far = {.call_id = "far-call", .local_tag = "ours-b", .remote_tag = "theirs"},
                          .far_realm = "core",
                          .far_trunk = "t1"};
  }
};

inline constexpr const char* kAlice = "192.0.2.10:5060";
inline constexpr const char* kFirst = "203.0.113.10:5060";
inline constexpr const char* kSecond = "203.0.113.11:5060";

class Stage : public ::testing::Test {
 protected:
  Stage() { build(route::Trust::Untrusted, route::Trust::Untrusted); }

  void build(route::Trust access, route::Trust core) {
    auto settings = std::make_shared<call::Settings>();
    std::vector<route::Realm> realms;
    const char* const called[] = {"access", "core"};
    const char* const listeners[] = {"198.51.100.1:5060", "203.0.113.1:5060"};
    for (std::uint16_t i = 0; i < 2; ++i) {
      const auto where = *base::Endpoint::parse(listeners[i]);
      realms.push_back({.name = called[i],
                        .listeners = {{.index = i, .transport = sip::Transport::Udp, .address = where}},
                        .media_network = called[i],
                        .trust = i == 0 ? access : core});
      settings->faces.push_back({.host = where.ip.text(), .sent_by = where.ip.text(), .address = where.ip});
    }
    const auto trunk = [](const char* name, const char* target) {
      route::Trunk result;
      result.name = name;
      result.realm = "core";
      result.targets.push_back({.endpoint = *base::Endpoint::parse(target)});
      return result;
    };
    const auto named_trunk = [] {
      route::Trunk result;
      result.name = "named";
      result.realm = "core";
      result.targets.push_back({.endpoint = {}, .name = route::NamedHost{.host = "pbx.example"}});
      return result;
    };
    auto table = route::Table::build(std::move(realms), {trunk("t1", kFirst), trunk("t2", kSecond), named_trunk()}, {});
    EXPECT_TRUE(table) << table.error();
    settings->routes = std::make_shared<const route::Table>(*std::move(table));
    settings->leak_guard = leak::Mode::Log;
    calls = settings;
    use({});
  }

  void use_account_with_trunk() {
    calls->accounts.emplace("t1",
                            auth::Account{.username = "us", .secret = auth::Secret::from_password("x"), .realm = ""});
  }

  void use(const Settings& wanted) {
    exchange = std::make_unique<Exchange>(layer, minter, random, advisor, dialogs,
                                          Exchange::Shared{health, credentials, guard}, calls, wanted);
  }

  // What the requests ask of the resolver.
  void answer_lookups() {
    for (const auto& lookup : std::exchange(out.lookups, {})) {
      EXPECT_TRUE(Exchange::owns(lookup));
      exchange->on_located(lookup, names[lookup.host.host], now, out);
    }
  }

  void pump() {
    answer_lookups();
    while (!out.transaction.events.empty()) {
      auto events = std::exchange(out.transaction.events, {});
      for (auto& event : events) {
        if (auto* request = std::get_if<transaction::RequestArrived>(&event)) {
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
      answer_lookups();
    }
    for (const auto& send : out.transaction.sends) {
      sent.push_back({send.hop.remote.text(), *send.bytes});
      if (send.token != 0) tokens.push_back(send.token);
    }
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

  std::map<std::string, std::vector<route::Place>, std::less<>>
      names;              // the resolver: places by host; others have none
  call::Arrival arrival;  // what else is known of whoever sends a request
  base::SeededRandom random{1};
  sip::Minter minter{{1, 2}, 0};
  transaction::Layer layer{transaction::Config{}, minter, random};
  FakeAdvisor advisor;
  FakeDialogs dialogs;
  route::TrunkHealth health;
  call::Credentials credentials;
  call::LeakGuard guard;
  std::shared_ptr<call::Settings> calls;
  std::unique_ptr<Exchange> exchange;
  base::Instant now{base::hours(1)};
  call::Output out;
  std::vector<Sent> sent;
  std::vector<std::uint64_t> tokens;  // of what was sent, for transports that fail
  bool left = false;                  // the last request was left to the border
  int number = 0;
  bool leaks_are_wanted = false;  // otherwise a word of one side in a message to the other fails the test
  std::size_t leaks = 0;
};

}  // namespace sbc::exchange
