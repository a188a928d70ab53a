#pragma once
// A policy from text, a location service from a table, and facts of an ordinary call.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/policy/host.h"

namespace sbc::policy::testing {

class FakeLookup : public Lookup {
 public:
  std::vector<Contact> location(std::string_view aor) override {
    asked.emplace_back(aor);
    const auto found = bindings.find(std::string(aor));
    return found == bindings.end() ? std::vector<Contact>{} : found->second;
  }
  bool known(std::string_view aor) override { return accounts.contains(std::string(aor)); }
  std::uint64_t calls(CallsOf what, std::string_view name) override {
    asked.emplace_back(name);
    return what == CallsOf::Trunk ? 3 : what == CallsOf::Realm ? 5 : 2;
  }

  void add(const std::string& aor, std::uint64_t token, const std::string& uri) {
    bindings[aor].push_back({.token = token,
                             .uri = uri,
                             .aor = aor,
                             .user_agent = "phone/1",
                             .source_ip = "198.51.100.7",
                             .transport = "UDP",
                             .q = 0.5F,
                             .expires_in = 60});
  }

  std::uint64_t count(std::string_view name, base::Duration window, std::uint32_t amount) override {
    return counts[std::string(name) + "/" + std::to_string(window / base::seconds(1))] += amount;
  }

  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, std::vector<Contact>> bindings;
  std::map<std::string, bool> accounts;
  std::vector<std::string> asked;
};

inline Address address(const std::string& user, const std::string& host) {
  return {.uri = "sip:" + user + "@" + host,
          .scheme = "sip",
          .user = user,
          .host = host,
          .port = 0,
          .display = "",
          .aor = "sip:" + user + "@" + host};
}

// Alice, authenticated, calls Bob.
inline InviteFacts call() {
  InviteFacts facts;
  facts.realm = "access";
  facts.method = "INVITE";
  facts.call_id = "a84b4c76e66710";
  facts.ruri = "sip:bob@example.net";
  facts.source_ip = "198.51.100.20";
  facts.source_port = 40000;
  facts.transport = "UDP";
  facts.user_agent = "Deskphone 3.1";
  facts.from = address("alice", "example.net");
  facts.from.display = "Alice";
  facts.to = address("bob", "example.net");
  facts.to_header = facts.to;
  facts.authenticated = true;
  facts.auth_user = "alice";
  facts.has_sdp = true;
  facts.now = {.seconds = 1'795'226'400};  // Saturday 2026-11-21 02:00 UTC
  facts.utc_offset_seconds = 3600;
  facts.headers = {{"Subject", "lunch"}, {"Diversion", "<sip:x@y>"}, {"Diversion", "<sip:z@y>"}};
  return facts;
}

inline Environment environment() {
  Environment environment;
  environment.realms = {"access", "core"};
  environment.trunks = {"carrier_a", "carrier_b"};
  environment.groups = {"carriers"};
  environment.classes = {"gold"};
  environment.domain = "example.net";
  return environment;
}

inline std::expected<std::unique_ptr<Host>, PolicyError> try_load(const std::string& text,
                                                                  const Environment& what = environment(),
                                                                  const Limits& limits = {}) {
  return Host::load(Bundle("p.lua", {{"p.lua", text}}), limits, what);
}

inline std::unique_ptr<Host> load(const std::string& text, const Environment& what = environment(),
                                  const Limits& limits = {}) {
  auto host = try_load(text, what, limits);
  EXPECT_TRUE(host.has_value()) << host.error().message();
  return host ? std::move(*host) : nullptr;
}

// A policy whose on_invite has this body, from line 1 on.
inline std::unique_ptr<Host> load_body(const std::string& body, const Environment& what = environment()) {
  return load("return { on_invite = function(call) " + body + "\nend }", what);
}

// What the body of on_invite decides for the ordinary call.
inline Outcome<InviteDecision> invite(const std::string& body) {
  FakeLookup lookup;
  const auto host = load_body(body);
  return host->on_invite(call(), lookup);
}

inline std::string error_of(const std::string& body) {
  return invite(body).error;
}

// The text that the body hands to reject() as reason: a way to see a Lua value.
inline std::string value_of(const std::string& expression) {
  const auto outcome = invite("return reject(404, tostring(" + expression + "))");
  return outcome.failed() ? "ERROR " + outcome.error : outcome.decision.reason;
}

}  // namespace sbc::policy::testing
