// The leak guard over registrations: what phones say to a registrar upstream and hear from it, and what our own
// registrations say at trunks. Canaries stand wherever one side can write something about itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <variant>
#include <vector>

#include "media-relay/observe/log.h"

#include "sbc/app/trunk_registrar.h"
#include "sbc/app/upstream_registrations.h"
#include "sbc/sip/parser.h"

#include "temp_config.h"

namespace sbc::app {
namespace {

constexpr const char* kSides = R"(
[[realm.access.listener]]
bind = "192.0.2.1:5060"
[realm.access]
domains = ["example.org"]
media_security = "none"
[realm.access.registrar]
mode = "relay"
upstream = "far"
[realm.core]
media_security = "none"
[[realm.core.listener]]
bind = "203.0.113.1:5060"
[trunk.far]
realm = "core"
targets = ["203.0.113.9:5060"]
[relay.main]
socket = "/run/parapet/relay.sock"
[policy]
file = "default.lua"
)";

// Header lines that either side may write; # is a canary.
constexpr const char* kLines[] = {
    "Accept: application/#",
    "Alert-Info: <http://#.invalid/>",
    "Allow: INVITE, X-#",
    "Call-Info: <http://#.invalid/>",
    "Date: Sat, 21 Nov 2026 03:00:00 #",
    "Error-Info: <sip:#@#.invalid>",
    "Feature-Caps: *;+g.#",
    "Geolocation: <https://#.invalid/where>",
    "History-Info: <sip:#@#.invalid>;index=1",
    "In-Reply-To: #@#.invalid",
    "Organization: # Ltd",
    "P-Access-Network-Info: IEEE-802.11;#=1",
    "P-Asserted-Identity: \"#\" <sip:#@#.invalid>",
    "P-Associated-URI: <sip:#@#.invalid>",
    "P-Charging-Vector: icid-value=#;orig-ioi=#",
    "P-Preferred-Identity: <sip:#@#.invalid>",
    "P-User-Database: <aaa://#.invalid>",
    "P-Visited-Network-ID: \"#\"",
    "Priority: #",
    "Privacy: #",
    "Reason: Q.850;cause=16;text=\"#\"",
    "Remote-Party-ID: \"#\" <sip:#@#.invalid>",
    "Reply-To: <sip:#@#.invalid>",
    "Server: #/1.0",
    "Session-ID: #",
    "Subject: #",
    "Timestamp: 1 #",
    "User-Agent: #/2.0 (# Linux)",
    "User-to-User: #",
    "Warning: 399 #.invalid \"#\"",
    "X-#: #",
};

class RegistrationLeaks : public ::testing::Test {
 protected:
  explicit RegistrationLeaks(const std::string& more = {}, const std::string& first = {})
      : config(load(first + kSides + more)),
        log(*observe::Log::open({})),
        shared(*log, 1000),
        layer(config->transactions, minter, random),
        upstream(layer, minter, random, shared, metrics) {
    upstream.use_guard(guard);
    upstream.use(config);
  }

  // Each # in the lines a word that occurs nowhere else.
  std::string plant(char side) {
    std::string text;
    for (const char* line : kLines) {
      const std::string word = std::string("kanari") + side + std::to_string(++birds_) + "q";
      for (const char* c = line; *c != 0; ++c) {
        if (*c == '#') {
          text += word;
        } else {
          text += *c;
        }
      }
      text += "\r\n";
    }
    return text;
  }

  static sip::Source source(std::uint16_t listener, const char* remote, const char* local) {
    sip::Source source;
    source.hop = {sip::Transport::Udp, listener, *base::Endpoint::parse(remote), {}};
    source.local = *base::Endpoint::parse(local);
    return source;
  }

  void phone(const std::string& contact_params, const std::string& headers) {
    ++requests_;
    const std::string text =
        "REGISTER sip:example.org SIP/2.0\r\n"
        "Via: SIP/2.0/UDP kanaria-via.invalid;branch=z9hG4bKkanaria-b" +
        std::to_string(requests_) +
        ";kanaria-p=1;rport\r\n"
        "Via: SIP/2.0/UDP 10.91.0.1;branch=z9hG4bKkanaria-b2\r\nMax-Forwards: 70\r\n"
        "From: \"kanaria-f\" <sip:alice@example.org>;tag=kanaria-t;kanaria-p=1\r\n"
        "To: \"kanaria-d\" <sip:alice@example.org>;kanaria-p=1\r\n"
        "Call-ID: kanaria-c@10.91.0.2\r\nCSeq: " +
        std::to_string(9919919 + requests_) +
        " REGISTER\r\n"
        "Contact: \"kanaria-d\" <sip:kanaria-u@10.91.0.3:5066;kanaria-p=1>;kanaria-p=1" +
        (contact_params.contains(";expires=") ? "" : ";expires=60") + contact_params + "\r\n" + headers +
        "Content-Length: 0\r\n\r\n";
    auto parsed = sip::parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error->text;
    out = {};
    layer.on_message(parsed.message, source(0, "10.91.0.4:5066", "192.0.2.1:5060"), now, out);
    ASSERT_EQ(out.events.size(), 1U);
    const auto arrived = std::get<transaction::RequestArrived>(out.events[0]);
    out.events.clear();
    call::Arrival arrival;
    arrival.realm = "access";
    policy::RegisterDecision decision;
    decision.kind = policy::RegisterDecision::Kind::Accept;
    upstream.on_register(arrived, arrival, decision, now, out);
    keep();
  }

  void registrar(int status, const std::string& contact_params, const std::string& headers) {
    ASSERT_FALSE(to_registrar.empty());
    const auto request = sip::parse(std::string(to_registrar.back())).message;
    std::string contact(request->find(sip::HeaderId::Contact).value_or(""));
    const std::string text =
        "SIP/2.0 " + std::to_string(status) + " kanarib-r\r\nVia: " + std::string(*request->find("Via")) +
        "\r\nFrom: " + std::string(request->from().text) + "\r\nTo: " + std::string(request->to().text) +
        ";tag=kanarib-t\r\nCall-ID: " + std::string(request->call_id()) +
        "\r\nCSeq: " + std::to_string(request->cseq().number) +
        " REGISTER\r\n"
        "Contact: " +
        contact + contact_params +
        "\r\nContact: \"kanarib-d\" <sip:kanarib-u@10.92.0.1>;expires=3600;kanarib-p=1\r\n"
        "Path: <sip:10.92.0.2;lr;kanarib-p=1>\r\nService-Route: <sip:kanarib-s@10.92.0.3;lr>\r\n" +
        headers + "Content-Length: 0\r\n\r\n";
    auto parsed = sip::parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error->text;
    out = {};
    layer.on_message(parsed.message, source(1, "203.0.113.9:5060", "203.0.113.1:5060"), now, out);
    ASSERT_EQ(out.events.size(), 1U);
    const auto response = std::get<transaction::ResponseArrived>(out.events[0]);
    out.events.clear();
    ASSERT_TRUE(upstream.on_response(response, now, out));
    keep();
  }

  void pass(base::Duration time) {
    now += time;
    out = {};
    upstream.on_deadline(now, out);
    keep();
  }

  void keep() {
    for (const auto& send : out.sends)
      (send.bytes->starts_with("SIP/2.0") ? to_phone : to_registrar).push_back(*send.bytes);
  }

  std::uint64_t found() const {
    const auto& kinds = guard.counters().by_kind;
    return std::accumulate(kinds.begin(), kinds.end(), std::uint64_t{0});
  }

  static void expect_none(const std::vector<std::string>& said, std::initializer_list<const char*> words) {
    EXPECT_FALSE(said.empty());
    for (const auto& text : said)
      for (const char* word : words) EXPECT_EQ(text.find(word), std::string::npos) << word << " in\n" << text;
  }

  base::Instant now{base::hours(1)};
  std::shared_ptr<const Config> config;
  std::unique_ptr<observe::Log> log;
  Shared shared;
  admin::ShardMetrics metrics;
  base::SeededRandom random{3};
  sip::Minter minter{{1, 2}, 0};
  transaction::Layer layer;
  call::LeakGuard guard;
  UpstreamRegistrations upstream;
  transaction::Output out;
  std::vector<std::string> to_phone, to_registrar;

 private:
  int birds_ = 0;
  int requests_ = 0;
};

TEST_F(RegistrationLeaks, NoCanaryOfThePhoneReachesTheRegistrarNorTheOtherWay) {
  phone("", plant('a'));
  ASSERT_EQ(to_registrar.size(), 1U);
  registrar(401, "", plant('b') + "WWW-Authenticate: Digest realm=\"203.0.113.9\", nonce=\"abc\"\r\n");
  ASSERT_EQ(to_phone.size(), 1U);
  EXPECT_NE(to_phone[0].find("nonce=\"abc\""), std::string::npos) << "trap 73: a challenge passes untouched";
  EXPECT_NE(to_phone[0].find("realm=\"203.0.113.9\""), std::string::npos);
  phone("", plant('a'));
  ASSERT_EQ(to_registrar.size(), 2U);
  registrar(200, "", plant('b'));
  phone("", plant('a'));  // absorbed
  ASSERT_EQ(to_registrar.size(), 2U);
  ASSERT_EQ(to_phone.size(), 3U);
  phone(";expires=0", plant('a'));
  ASSERT_EQ(to_registrar.size(), 3U);
  registrar(200, "", plant('b'));
  expect_none(to_registrar, {"kanaria", "10.91.", "99199"});
  expect_none(to_phone, {"kanarib", "10.92."});
  EXPECT_EQ(found(), 0U) << "what passes by contract is no leak";
}

TEST_F(RegistrationLeaks, WhatAPhoneSaysInItsInstanceIsFound) {
  phone(";+sip.instance=\"<urn:x:10.91.0.3>\"", "");
  ASSERT_EQ(to_registrar.size(), 1U);
  EXPECT_EQ(found(), 1U);
  registrar(200, "", "");
  // Nobody speaks for the phone when it is gone: what it said is remembered.
  const auto before = found();
  pass(base::minutes(3));
  ASSERT_EQ(to_registrar.size(), 2U);
  EXPECT_NE(to_registrar[1].find(";expires=0"), std::string::npos);
  EXPECT_EQ(found(), before + 1);
}

TEST_F(RegistrationLeaks, WhatARegistrarSaysInItsGruusIsFound) {
  const std::string wants = "Supported: gruu\r\n";
  const std::string instance = ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\"";
  phone(instance, wants);
  registrar(200, ";temp-gruu=\"sip:203.0.113.9-1@example.org;gr\"", "");
  ASSERT_EQ(to_phone.size(), 1U);
  ASSERT_NE(to_phone[0].find("203.0.113.9-1"), std::string::npos);
  EXPECT_EQ(found(), 1U);
  phone(instance, wants);  // absorbed: the registrar says nothing
  ASSERT_EQ(to_registrar.size(), 1U);
  ASSERT_EQ(to_phone.size(), 2U);
  EXPECT_EQ(found(), 2U);
}

class UnwatchedRegistrations : public RegistrationLeaks {
 protected:
  UnwatchedRegistrations() : RegistrationLeaks("[leak_guard]\nmode = \"off\"\n") {}
};

TEST_F(UnwatchedRegistrations, NothingIsSearched) {
  phone(";+sip.instance=\"<urn:x:10.91.0.3>\"", "");
  ASSERT_EQ(to_registrar.size(), 1U);
  EXPECT_EQ(found(), 0U);
}

class RegistrationAtTrunk : public ::testing::Test {
 protected:
  std::vector<std::string> registers(const std::string& user) {
    const auto config = load(kSides +
                             std::string("[[registration]]\ntrunk = \"far\"\naor = \"sip:100@example.org\"\n"
                                         "user = \"") +
                             user + "\"\n");
    const auto log = *observe::Log::open({});
    Shared shared(*log, 10);
    admin::ShardMetrics metrics;
    base::SeededRandom random{3};
    const sip::Minter minter({1, 2}, 0);
    transaction::Layer layer(config->transactions, minter, random);
    loop::EventLoop loop;
    resolve::Resolver resolver(loop, config->dns, random);
    transaction::Output out;
    base::Instant now{base::hours(1)};
    TrunkRegistrar* registrar = nullptr;
    TrunkRegistrar made(layer, minter, random, resolver, shared, metrics, [&](const std::string& name, auto ways) {
      registrar->located(name, std::move(ways), now, out);
    });
    registrar = &made;
    made.use_guard(guard);
    made.use(config, now, out);
    now += base::minutes(5);
    made.on_deadline(now, out);
    std::vector<std::string> said;
    for (const auto& send : out.sends) said.push_back(*send.bytes);
    return said;
  }
  call::LeakGuard guard;
};

TEST_F(RegistrationAtTrunk, SaysNothingOfTheOtherSide) {
  const auto said = registers("100");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].find("192.0.2.1"), std::string::npos) << said[0];
  EXPECT_EQ(guard.counters().by_kind[static_cast<std::size_t>(leak::Kind::Address)], 0U);
}

TEST_F(RegistrationAtTrunk, AnAddressOfAnotherSideIsFound) {
  const auto said = registers("192.0.2.1");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(guard.counters().by_kind[static_cast<std::size_t>(leak::Kind::Address)], 1U);
}

}  // namespace
}  // namespace sbc::app
