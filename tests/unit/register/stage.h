#pragma once
// A registrar on a stage: a manual clock, requests from text, one realm with two users.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/auth/challenge.h"
#include "sbc/auth/client.h"
#include "sbc/register/identity.h"
#include "sbc/register/memory_store.h"
#include "sbc/register/registrar.h"
#include "sbc/sip/parser.h"

namespace sbc::registrar {

inline const base::Instant kStart{base::hours(1000)};

inline sip::Source udp_source(std::string_view remote = "198.51.100.7:40001") {
  sip::Source source;
  source.hop.transport = sip::Transport::Udp;
  source.hop.remote = *base::Endpoint::parse(remote);
  source.local = *base::Endpoint::parse("192.0.2.1:5060");
  return source;
}

inline sip::Source tcp_source(std::uint64_t connection, std::string_view remote = "198.51.100.7:40001") {
  sip::Source source = udp_source(remote);
  source.hop.transport = sip::Transport::Tcp;
  source.hop.connection = sip::ConnectionId{connection};
  return source;
}

struct RegisterText {
  std::string uri = "sip:example.org";
  std::string to = "<sip:bob@example.org>";
  std::string call_id = "boot-1";
  std::uint32_t cseq = 1;
  std::vector<std::string> headers = {};  // whole lines without CRLF
  std::string method = "REGISTER";
  int vias = 1;

  sip::MessagePtr parse() const {
    std::string out = method + " " + uri + " SIP/2.0\r\n";
    for (int i = 0; i < vias; ++i)
      out += "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK" + std::to_string(i) + ";rport\r\n";
    out += "Max-Forwards: 70\r\nFrom: " + to + ";tag=f\r\nTo: " + to + "\r\nCall-ID: " + call_id +
           "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
    for (const std::string& header : headers) out += header + "\r\n";
    out += "Content-Length: 0\r\n\r\n";
    auto result = sip::parse(std::move(out));
    EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
    return result.message;
  }
};

class Stage : public ::testing::Test {
 protected:
  Stage() {
    realm.domains = Domains({"example.org", "example.net"}, {"border.example.com"}, true);
    realm.digest.realm = "parapet";
    accept.kind = policy::RegisterDecision::Kind::Accept;
    demand.kind = policy::RegisterDecision::Kind::Challenge;
    EXPECT_TRUE(users.add({"bob", "example.org", "", auth::Secret::from_password("secret")}));
    auth::Secret stored;
    EXPECT_TRUE(stored.add_ha1(auth::Hash::Md5, auth::ha1_of(auth::Hash::Md5, "phone7", "parapet", "geheim")));
    EXPECT_TRUE(users.add({"carol", "example.net", "phone7", stored}));
  }

  Plan send(const RegisterText& text, const policy::RegisterDecision& decision,
            const sip::Source& source = udp_source()) {
    const auto message = text.parse();
    const Identity identity = identities.check(realm, *message, source, now.instant);
    return registrar.handle(realm, *message, source, identity, decision, now, random);
  }
  Plan send(const RegisterText& text, const sip::Source& source = udp_source()) { return send(text, accept, source); }

  // A REGISTER of bob with these Contact header lines.
  Plan bind(std::vector<std::string> headers, std::string call_id = "boot-1",
            const sip::Source& source = udp_source()) {
    return send({.call_id = std::move(call_id), .cseq = ++cseq, .headers = std::move(headers)}, source);
  }

  std::vector<Binding> bob() { return store.lookup("sip:bob@example.org", now.instant); }

  static std::vector<std::string> values(const Plan& plan, std::string_view name) {
    std::vector<std::string> out;
    for (const OwnedHeader& header : plan.headers)
      if (header.name == name) out.push_back(header.value);
    return out;
  }

  void pass(base::Duration time) {
    now.instant += time;
    now.wall.seconds += std::chrono::duration_cast<base::seconds>(time).count();
  }

  base::SeededRandom random{7};
  auth::ReplayGuard guard{1024};
  auth::Server server{base::HashKey{1, 2}, guard};
  UserTable users;
  IdentityChecker identities{server, users};
  MemoryLocationStore store;
  Gruus gruus{base::HashKey{5, 6}};
  Registrar registrar{store, identities, gruus};
  RealmSettings realm;
  policy::RegisterDecision accept;
  policy::RegisterDecision demand;
  Now now{kStart, {1289690940}};
  std::uint32_t cseq = 0;
};

}  // namespace sbc::registrar
