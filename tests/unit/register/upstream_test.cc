#include "sbc/register/upstream.h"

#include <gtest/gtest.h>

#include <set>

#include "sbc/register/memory_store.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/parser.h"

namespace sbc::registrar {
namespace {

using base::seconds;

base::Endpoint endpoint(const std::string& text) {
  return *base::Endpoint::parse(text);
}

struct Phone {
  std::string at = "198.51.100.7:5060";
  std::string contact = "<sip:anna@10.0.0.5:5060>";
  std::string call_id = "call-of-anna";
  std::string user = "anna";
  std::uint32_t cseq = 0;
  std::uint64_t connection = 0;  // 0: UDP
};

// One shard's machine between phones and a registrar that the test plays.
class UpstreamTest : public ::testing::Test {
 protected:
  UpstreamTest() {
    decision.kind = policy::RegisterDecision::Kind::Accept;
    realm.domains = Domains({"example.org"}, {}, true);
    relay.upstream = "registrar";
    relay.rate = 100;
    ways.push_back({.hop = {sip::Transport::Udp, 1, endpoint("203.0.113.9:5060"), {}}, .sent_by = "203.0.113.1"});
  }

  void send(Phone& phone, const std::string& headers = "Expires: 60\r\n", const std::string& credentials = {}) {
    const std::string text =
        "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK" + std::to_string(++number) +
        "\r\nMax-Forwards: 70\r\nFrom: <sip:" + phone.user + "@example.org>;tag=from-phone\r\nTo: <sip:" + phone.user +
        "@example.org>\r\nCall-ID: " + phone.call_id + "\r\nCSeq: " + std::to_string(++phone.cseq) + " REGISTER\r\n" +
        (phone.contact.empty() ? "" : "Contact: " + phone.contact + "\r\n") + headers + credentials +
        "Content-Length: 0\r\n\r\n";
    auto parsed = sip::parse(text);
    ASSERT_TRUE(parsed.ok()) << text;
    sip::Source source;
    source.hop = {phone.connection == 0 ? sip::Transport::Udp : sip::Transport::Tcp, 0, endpoint(phone.at),
                  sip::ConnectionId{phone.connection}};
    source.local = endpoint("198.51.100.1:5060");
    out = {};
    upstream.on_register({.realm_name = "access",
                          .realm = realm,
                          .relay = relay,
                          .ways = ways,
                          .vouched = false,
                          .own_sent_by = "198.51.100.1:5060",
                          .message = parsed.message,
                          .source = source,
                          .server = {},
                          .decision = decision},
                         now, out);
  }
  // What went to the registrar last.
  sip::MessagePtr forwarded() {
    if (out.forwards.empty()) return nullptr;
    last_forward = out.forwards.back();
    return sip::parse(*last_forward.bytes).message;
  }
  void respond(int status, const std::string& headers = {}) {
    const auto request = forwarded();
    ASSERT_NE(request, nullptr);
    respond_to(last_forward.id, *request, status, headers);
  }
  void respond_to(std::uint64_t id, const sip::Message& request, int status, const std::string& headers) {
    const std::string text =
        "SIP/2.0 " + std::to_string(status) + " X\r\nVia: " + std::string(*request.find("Via")) +
        "\r\nFrom: " + std::string(request.from().text) + "\r\nTo: " + std::string(request.to().text) +
        ";tag=r\r\nCall-ID: " + std::string(request.call_id()) + "\r\nCSeq: " + std::to_string(request.cseq().number) +
        " REGISTER\r\n" + headers + "Content-Length: 0\r\n\r\n";
    const auto parsed = sip::parse(text);
    ASSERT_TRUE(parsed.ok()) << text;
    out = {};
    upstream.on_response(id, *parsed.message, now, out);
  }
  // 200 that lists what was asked, and somebody else's contact.
  void accept(std::uint32_t life = 3600) {
    const auto request = forwarded();
    ASSERT_NE(request, nullptr);
    std::string contacts = "Contact: <sip:somebody@else>;expires=7\r\n";
    for (const auto& contact : sip::parse_contacts(*request)->values)
      if (contact.expires != 0)
        contacts += "Contact: <" + std::string(contact.address.uri_text) + ">;expires=" + std::to_string(life) + "\r\n";
    respond_to(last_forward.id, *request, 200, contacts);
  }
  void registered(Phone& phone) {
    send(phone);
    accept();
    ASSERT_EQ(status(), 200);
  }
  int status() const { return out.answers.empty() ? 0 : out.answers.back().plan.status; }
  std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& h : out.answers.back().plan.headers)
      if (h.name == name) found.push_back(h.value);
    return found;
  }
  void pass(base::Duration time) {
    now += time;
    out = {};
    upstream.on_deadline(now, out);
  }
  static std::string alias_of(const sip::Message& request) {
    return std::string(sip::first_contact(request)->uri.user);
  }

  RealmSettings realm;
  RelaySettings relay;
  std::vector<UpstreamWay> ways;
  policy::RegisterDecision decision;
  base::Instant now{base::hours(1)};
  base::SeededRandom random{3};
  sip::Minter minter{{1, 2}, 0};
  MemoryLocationStore store;
  Gruus gruus{base::HashKey{5, 6}};
  Upstream upstream{store, minter, random, gruus};
  Upstream::Output out;
  Upstream::Forward last_forward;
  int number = 0;
  Phone anna;
};

TEST_F(UpstreamTest, TheRegistrarSeesAnAliasAndThePhoneItsOwnContactAndAShortLife) {
  send(anna, "Expires: 3600\r\n");
  const auto request = forwarded();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->request_uri_text(), "sip:example.org");
  EXPECT_EQ(request->to().uri_text, "sip:anna@example.org");
  EXPECT_EQ(request->bytes().find("10.0.0.5"), std::string_view::npos) << "nothing of the phone's network";
  EXPECT_EQ(request->bytes().find("call-of-anna"), std::string_view::npos);
  EXPECT_EQ(request->bytes().find("from-phone"), std::string_view::npos);
  EXPECT_EQ(sip::parse_contacts(*request)->values.front().expires, 3600U);
  accept();
  ASSERT_EQ(status(), 200);
  // trap 71: only its own contacts, un-aliased, with its own expiry.
  EXPECT_EQ(values("Contact"), std::vector<std::string>{"<sip:anna@10.0.0.5:5060>;expires=60"});
  const auto bindings = store.lookup("sip:anna@example.org", now);
  ASSERT_EQ(bindings.size(), 1U);
  EXPECT_EQ(bindings[0].flow.remote, endpoint("198.51.100.7:5060"));
  ASSERT_EQ(store.lookup(alias_key(alias_of(*request)), now).size(), 1U) << "a call to the alias finds the phone";
}

TEST_F(UpstreamTest, ChallengesAndCredentialsPassUntouched) {
  // trap 73: the digest of the phone must match what the registrar sees, and nothing is cached before its 2xx.
  send(anna);
  respond(401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n,1\", opaque=\"o\", stale=FALSE\r\n");
  ASSERT_EQ(status(), 401);
  EXPECT_EQ(values("WWW-Authenticate"),
            std::vector<std::string>{"Digest realm=\"r\", nonce=\"n,1\", opaque=\"o\", stale=FALSE"});
  EXPECT_EQ(store.size(), 0U);
  EXPECT_EQ(upstream.size(), 0U);
  const std::string credentials =
      "Digest username=\"anna\", realm=\"r\", nonce=\"n,1\", uri=\"sip:example.org\", response=\"0\"";
  send(anna, "Expires: 60\r\n", "Authorization: " + credentials + "\r\n");
  const auto request = forwarded();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->find(sip::HeaderId::Authorization), credentials);
  EXPECT_EQ(request->request_uri_text(), "sip:example.org");
}

TEST_F(UpstreamTest, RefreshesAreAbsorbedUntilHalfOfTheUpstreamLife) {
  registered(anna);
  for (int i = 0; i < 35; ++i) {  // trap 70
    pass(seconds(50));
    send(anna);
    EXPECT_EQ(status(), 200);
    EXPECT_TRUE(out.forwards.empty()) << i;
    EXPECT_TRUE(out.answers.back().plan.refreshed);
  }
  pass(seconds(50));
  send(anna);
  const auto request = forwarded();
  ASSERT_NE(request, nullptr) << "1800 s are over";
  EXPECT_EQ(request->cseq().number, 2U);
  EXPECT_EQ(upstream.counters().absorbed, 35U);
  accept();
  EXPECT_EQ(upstream.counters().forwarded, 2U);
}

TEST_F(UpstreamTest, AShortUpstreamLifeIsRefreshedInTime) {
  send(anna);
  accept(70);
  pass(seconds(20));
  send(anna);
  EXPECT_NE(forwarded(), nullptr) << "the next refresh would come after the end";
}

TEST_F(UpstreamTest, AChangeIsForwardedAtOnce) {  // trap 70: short life toward the phone, long life upstream.
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  Phone moved = anna;
  moved.at = "198.51.100.7:5099";  // the NAT gave it another port
  send(moved);
  ASSERT_NE(forwarded(), nullptr);
  EXPECT_EQ(alias_of(*forwarded()), alias) << "the contact is the same, so is its alias";
  accept();
  EXPECT_EQ(store.lookup("sip:anna@example.org", now).at(0).flow.remote, endpoint("198.51.100.7:5099"));
  moved.contact = "<sip:anna@10.0.0.5:6000>";
  send(moved);
  EXPECT_NE(forwarded(), nullptr) << "another contact";
  accept();
  Phone rebooted = moved;
  rebooted.call_id = "another";
  rebooted.cseq = 0;
  send(rebooted);
  EXPECT_NE(forwarded(), nullptr) << "another Call-ID";
  accept();
  send(rebooted, "Expires: 60\r\n",
       "Authorization: Digest username=\"berta\", realm=\"r\", nonce=\"1\", uri=\"sip:example.org\", "
       "response=\"0\"\r\n");
  EXPECT_NE(forwarded(), nullptr) << "other credentials";
}

TEST_F(UpstreamTest, TwoPhonesBehindOneAddressHaveTheirOwnAliases) {
  registered(anna);  // trap 72
  const auto first = alias_of(*sip::parse(*last_forward.bytes).message);
  Phone other = anna;
  other.call_id = "second-phone";
  other.contact = "<sip:anna@10.0.0.5:5062>";
  other.cseq = 0;
  registered(other);
  const auto second = alias_of(*sip::parse(*last_forward.bytes).message);
  EXPECT_NE(first, second);
  EXPECT_EQ(store.lookup(alias_key(first), now).at(0).contact_uri, "sip:anna@10.0.0.5:5060");
  EXPECT_EQ(store.lookup(alias_key(second), now).at(0).contact_uri, "sip:anna@10.0.0.5:5062");
  EXPECT_EQ(values("Contact").size(), 1U) << "a phone hears of its own contacts";
}

TEST_F(UpstreamTest, APhoneThatFallsSilentIsTakenBackUpstream) {  // trap 70
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  pass(seconds(61));
  const auto request = forwarded();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(alias_of(*request), alias);
  EXPECT_EQ(sip::parse_contacts(*request)->values.front().expires, 0U);
  EXPECT_EQ(upstream.size(), 0U);
  EXPECT_EQ(store.lookup("sip:anna@example.org", now).size(), 0U);
  EXPECT_EQ(upstream.next_deadline(), base::kNever);
}

TEST_F(UpstreamTest, ADeregistrationGoesUpstreamAndTakesTheAliasAway) {
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  send(anna, "Expires: 0\r\n");
  ASSERT_NE(forwarded(), nullptr);
  accept();
  EXPECT_EQ(status(), 200);
  EXPECT_TRUE(values("Contact").empty());
  EXPECT_EQ(store.lookup(alias_key(alias), now).size(), 0U);
  EXPECT_EQ(upstream.size(), 0U);
}

TEST_F(UpstreamTest, AStarRemovesEverything) {  // trap 71
  registered(anna);
  anna.contact = "*";
  send(anna, "Expires: 0\r\n");
  ASSERT_NE(forwarded(), nullptr);
  EXPECT_TRUE(sip::parse_contacts(*forwarded())->star);
  respond(200);
  EXPECT_EQ(status(), 200);
  store.expire(now);
  EXPECT_EQ(store.size(), 0U);
  EXPECT_EQ(upstream.size(), 0U);
}

TEST_F(UpstreamTest, A423OfTheRegistrarIsRepairedHereAndThePhoneIsToldOursOnly) {
  send(anna);  // trap 71
  respond(423, "Min-Expires: 7200\r\n");
  ASSERT_NE(forwarded(), nullptr);
  EXPECT_EQ(sip::parse_contacts(*forwarded())->values.front().expires, 7200U);
  EXPECT_EQ(forwarded()->cseq().number, 2U);
  accept(7200);
  EXPECT_EQ(status(), 200);
  send(anna, "Expires: 30\r\n");
  EXPECT_EQ(status(), 423);
  EXPECT_EQ(values("Min-Expires"), std::vector<std::string>{"60"});
}

TEST_F(UpstreamTest, ALostRegistrarIsRiddenOutForTheGraceTime) {  // trap 74: all phones come back at once.
  relay.grace = seconds(300);
  send(anna);
  accept(200);
  const auto kept = now + seconds(200 + 300);
  while (now < kept - seconds(60)) {
    pass(seconds(50));
    send(anna);
    if (!out.forwards.empty()) {
      forwarded();
      const auto id = last_forward.id;
      out = {};
      upstream.on_failed(id, now, out);
    }
    ASSERT_EQ(status(), 200) << "after " << (kept - now).count();
  }
  EXPECT_GT(upstream.counters().ridden_out, 3U);
  pass(seconds(55));
  send(anna);
  forwarded();
  pass(relay.answer);
  ASSERT_EQ(status(), 503);
  EXPECT_EQ(values("Retry-After").size(), 1U);
}

TEST_F(UpstreamTest, AStrangerIsAskedToComeAgainWhileTheRegistrarIsLost) {
  send(anna);
  pass(relay.answer);
  EXPECT_EQ(status(), 503);
  EXPECT_EQ(upstream.counters().lost, 1U);
  ways.clear();
  send(anna);
  EXPECT_EQ(status(), 503);
}

// Whoever answered last is asked again, the next one after a loss; the list changes with the health of its places.
TEST_F(UpstreamTest, TheNextOfTheRegistrarsPlacesIsAskedAfterALoss) {
  ways.push_back({.hop = {sip::Transport::Udp, 1, endpoint("203.0.113.8:5060"), {}}, .sent_by = "203.0.113.1"});
  const auto asked = [&](const std::string& call_id) {
    Phone phone;
    phone.call_id = call_id;
    send(phone);
    return out.forwards.empty() ? "" : out.forwards.front().hop.remote.ip.text();
  };
  EXPECT_EQ(asked("1"), "203.0.113.9");
  EXPECT_EQ(asked("2"), "203.0.113.9");
  pass(relay.answer);  // both are lost: that is one place
  EXPECT_EQ(asked("3"), "203.0.113.8");
  EXPECT_EQ(asked("4"), "203.0.113.8");
  std::swap(ways[0], ways[1]);
  EXPECT_EQ(asked("5"), "203.0.113.8") << "it has not failed";
  ways.erase(ways.begin());
  EXPECT_EQ(asked("6"), "203.0.113.9");
}

TEST_F(UpstreamTest, AnAvalancheComesBackAsATrickle) {
  relay.rate = 10;  // trap 74
  int sent = 0;
  std::set<std::string> retry;
  for (int i = 0; i < 100; ++i) {
    Phone phone;
    phone.call_id = "phone-" + std::to_string(i);
    phone.user = "user" + std::to_string(i);
    send(phone);
    if (!out.forwards.empty()) {
      ++sent;
    } else {
      ASSERT_EQ(status(), 503);
      retry.insert(values("Retry-After").at(0));
    }
  }
  EXPECT_EQ(sent, 10);
  EXPECT_GT(retry.size(), 20U) << "spread";
  now += seconds(1);
  send(anna);
  EXPECT_FALSE(out.forwards.empty());
}

TEST_F(UpstreamTest, WhatIsTooOldOrTooEarlyIsRefused) {
  registered(anna);
  anna.cseq = 0;
  send(anna);
  EXPECT_EQ(status(), 500);
  anna.cseq = 10;
  send(anna, "Expires: 0\r\n");
  ASSERT_FALSE(out.forwards.empty());
  send(anna);
  EXPECT_EQ(status(), 500) << "the one before is not answered yet";
}

TEST_F(UpstreamTest, OtherDomainsAndUnknownExtensionsStopHere) {
  send(anna, "Expires: 60\r\nRequire: teleport\r\n");
  EXPECT_EQ(status(), 420);
  realm.domains = Domains({"example.net"}, {}, true);
  send(anna);
  EXPECT_EQ(status(), 403);
  EXPECT_EQ(upstream.counters().forwarded, 0U);
}

const std::string kInstance = ";+sip.instance=\"<urn:uuid:1>\"";

// trap 75, RFC 3327 5.2: Path only where the phone lists it; then with a token that is ours and says nothing.
TEST_F(UpstreamTest, OurPathGoesUpstreamForPhonesThatListIt) {
  relay.path = UpstreamPath::Supported;
  send(anna);
  EXPECT_FALSE(forwarded()->find("Path"));
  Phone other{.contact = anna.contact + kInstance + ";reg-id=1", .call_id = "other"};
  send(other, "Supported: path, outbound\r\n");
  const auto request = forwarded();
  const auto alias = alias_of(*request);
  EXPECT_EQ(request->find("Path"), "<sip:" + alias + "@203.0.113.1;lr;ob>");
  EXPECT_EQ(minter.shard_of(alias), 0);
  EXPECT_FALSE(request->find("Require"));
  EXPECT_EQ(request->find("Supported"), "path, outbound");
  EXPECT_EQ(sip::first_contact(*request)->param("reg-id"), "1");
  accept();
  EXPECT_EQ(values("Require"), std::vector<std::string>{"outbound"});
  EXPECT_TRUE(values("Path").empty()) << "what was added upstream is not the phone's";
}

TEST_F(UpstreamTest, APathThatIsRequiredIsAskedOfBothSides) {
  relay.path = UpstreamPath::Required;
  send(anna);
  EXPECT_EQ(status(), 421);
  EXPECT_EQ(values("Require"), std::vector<std::string>{"path"});
  send(anna, "Supported: path\r\n");
  EXPECT_EQ(forwarded()->find("Require"), "path");
}

TEST_F(UpstreamTest, WithoutPathTheRegistrarHearsNothingOfFlows) {
  anna.contact += kInstance + ";reg-id=1";
  send(anna, "Supported: path, outbound\r\n");
  EXPECT_FALSE(sip::first_contact(*forwarded())->param("reg-id"));
  EXPECT_FALSE(forwarded()->find("Supported"));
  accept();
  EXPECT_EQ(values("Require"), std::vector<std::string>{"outbound"}) << "between the phone and us it is a flow";
}

// trap 75, RFC 3608.
TEST_F(UpstreamTest, TheServiceRouteStaysHereAndThePhonesLeadsThroughUs) {
  send(anna);
  const auto request = forwarded();
  const std::string alias = "Contact: <" + std::string(sip::first_contact(*request)->uri_text) + ">;expires=3600\r\n";
  respond(200, alias + "Service-Route: <sip:s1.core.example;lr>, <sip:s2.core.example;lr>\r\n");
  EXPECT_EQ(values("Service-Route"), std::vector<std::string>{"<sip:198.51.100.1:5060;lr>"});
  EXPECT_EQ(store.lookup("sip:anna@example.org", now).front().service_route,
            "<sip:s1.core.example;lr>, <sip:s2.core.example;lr>");
  send(anna);  // absorbed
  EXPECT_TRUE(out.forwards.empty());
  EXPECT_EQ(values("Service-Route"), std::vector<std::string>{"<sip:198.51.100.1:5060;lr>"});
  EXPECT_FALSE(store.lookup("sip:anna@example.org", now).front().service_route.empty());
}

TEST_F(UpstreamTest, AServiceRouteThatNoRequestCanFollowIsDropped) {
  send(anna);
  respond(200, "Service-Route: <sip:strict.core.example>\r\n");
  EXPECT_TRUE(values("Service-Route").empty());
  EXPECT_EQ(upstream.counters().hidden, 1U);
}

// RFC 5627: the registrar's GRUUs reach the phone, unless they would tell of the registrar.
TEST_F(UpstreamTest, GruusOfTheRegistrarReachThePhoneUnlessTheyNameItsHosts) {  // trap 75
  anna.contact += kInstance;
  send(anna, "Supported: gruu\r\n");
  EXPECT_EQ(forwarded()->find("Supported"), "gruu");
  const std::string alias = "Contact: <" + std::string(sip::first_contact(*forwarded())->uri_text) + ">";
  respond(200, alias + ";pub-gruu=\"sip:anna@example.org;gr=1\";temp-gruu=\"sip:t@node7.core.example;gr\"\r\n");
  ASSERT_EQ(values("Contact").size(), 1U);
  const std::string contact = values("Contact").front();
  EXPECT_NE(contact.find("pub-gruu=\"sip:anna@example.org;gr=1\""), std::string::npos) << contact;
  EXPECT_EQ(contact.find("node7"), std::string::npos) << contact;
  EXPECT_EQ(upstream.counters().hidden, 1U);
  EXPECT_TRUE(has_gr(store.lookup("sip:anna@example.org", now).front(), "1"));
  send(anna, "Supported: gruu\r\n");
  EXPECT_NE(values("Contact").front().find("pub-gruu"), std::string::npos) << "also when absorbed";
}

// trap 72
TEST_F(UpstreamTest, APhoneThatCameBackKeepsItsAlias) {
  anna.contact += kInstance;
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  Phone again{
      .at = "198.51.100.7:5099", .contact = "<sip:anna@10.0.0.5:5099>" + kInstance, .call_id = "after-the-fall"};
  send(again);
  EXPECT_EQ(alias_of(*forwarded()), alias);
  ASSERT_EQ(store.lookup(alias_key(alias), now).size(), 1U) << "nothing happens before the registrar accepts";
  accept();
  ASSERT_EQ(store.lookup(alias_key(alias), now).size(), 1U);
  EXPECT_EQ(store.lookup(alias_key(alias), now).front().contact_uri, "sip:anna@10.0.0.5:5099");
  EXPECT_EQ(upstream.size(), 1U);
  pass(seconds(59));
  send(again);  // absorbed
  pass(seconds(30));
  EXPECT_TRUE(out.forwards.empty()) << "the old life does not take the alias away";
}

// The phone's connection ends before the registrar has answered: nobody is told, nothing is bound, and the registrar's
// binding is taken back.
TEST_F(UpstreamTest, AnAnswerWhosePhoneIsGoneIsDropped) {
  anna.connection = 7;
  send(anna);
  const auto request = forwarded();
  const auto alias = alias_of(*request);
  out = {};
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  EXPECT_TRUE(out.forwards.empty());
  respond_to(last_forward.id, *request, 200,
             "Contact: <" + std::string(sip::first_contact(*request)->uri_text) + ">;expires=3600\r\n");
  ASSERT_EQ(out.answers.size(), 1U);
  EXPECT_TRUE(out.answers[0].gone);
  EXPECT_TRUE(store.lookup("sip:anna@example.org", now).empty());
  EXPECT_TRUE(store.lookup(alias_key(alias), now).empty());
  ASSERT_NE(forwarded(), nullptr);
  EXPECT_EQ(forwarded()->find("Expires"), "0");
  EXPECT_EQ(alias_of(*forwarded()), alias);
  EXPECT_EQ(upstream.counters().dropped, 1U);
  EXPECT_EQ(upstream.size(), 0U);
}

TEST_F(UpstreamTest, AChallengeWhosePhoneIsGoneIsDroppedToo) {
  anna.connection = 7;
  send(anna);
  const auto request = forwarded();
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  respond_to(last_forward.id, *request, 401, "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\"\r\n");
  ASSERT_EQ(out.answers.size(), 1U);
  EXPECT_TRUE(out.answers[0].gone);
  EXPECT_TRUE(out.forwards.empty());
  // And so is silence.
  send(anna);
  ASSERT_NE(forwarded(), nullptr);
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  pass(relay.answer);
  ASSERT_EQ(out.answers.size(), 1U);
  EXPECT_TRUE(out.answers[0].gone);
  EXPECT_EQ(upstream.counters().dropped, 2U);
}

// RFC 5626 7.
TEST_F(UpstreamTest, ABindingFollowsItsConnection) {
  anna.connection = 7;
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  store.remove_flow(sip::ConnectionId{7});
  out = {};
  upstream.on_flow_closed(sip::ConnectionId{8}, now, out);
  EXPECT_TRUE(out.forwards.empty()) << "somebody else's";
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  ASSERT_NE(forwarded(), nullptr);
  EXPECT_EQ(forwarded()->find("Expires"), "0");
  EXPECT_TRUE(store.lookup(alias_key(alias), now).empty());
  EXPECT_EQ(upstream.size(), 0U);
  EXPECT_EQ(upstream.counters().closed, 1U);
  pass(base::hours(1));
  EXPECT_TRUE(out.forwards.empty()) << "once";
}

TEST_F(UpstreamTest, ARegistrationMayBeKeptBeyondItsConnection) {
  relay.keep_closed = true;
  anna.connection = 7;
  registered(anna);
  const auto alias = alias_of(*sip::parse(*last_forward.bytes).message);
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  EXPECT_TRUE(out.forwards.empty());
  EXPECT_EQ(upstream.size(), 1U);
  anna.connection = 8;
  send(anna);
  ASSERT_NE(forwarded(), nullptr) << "another flow";
  EXPECT_EQ(alias_of(*forwarded()), alias);
  accept();
  EXPECT_EQ(store.lookup(alias_key(alias), now).front().flow.connection, sip::ConnectionId{8});
  out = {};
  upstream.on_flow_closed(sip::ConnectionId{7}, now, out);
  EXPECT_EQ(store.lookup(alias_key(alias), now).size(), 1U);
}

}  // namespace
}  // namespace sbc::registrar
