// rooms: register
// The local registrar, and our own registrations at trunks, with headers from strangers: nothing breaks, nobody gets in
// without a password, what is answered stands on one line, and every REGISTER of ours is one that is read again. A line
// "==" parts the REGISTER of a phone from what a trunk answers to ours.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sbc/register/memory_store.h"
#include "sbc/register/outbound.h"
#include "sbc/register/registrar.h"
#include "sbc/register/trunk_registration.h"
#include "sbc/sip/parser.h"

namespace {

using namespace sbc;

void must(bool held) {
  if (!held) std::abort();
}

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

const base::Instant kNow{base::hours(1000)};

sip::MessagePtr read(std::string_view start, std::string_view headers) {
  return sip::parse(
             std::string(start) +
             "\r\nVia: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
             "From: <sip:bob@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n" +
             std::string(headers) + "\r\nContent-Length: 0\r\n\r\n")
      .message;
}

class LocalRegistrar {
 public:
  LocalRegistrar() {
    realm_.domains = registrar::Domains({"example.org"}, {"border.example.com"}, true);
    realm_.digest.realm = "parapet";
    must(users_.add({"bob", "example.org", "", auth::Secret::from_password("secret")}).has_value());
  }

  void on_register(const sip::Message& request) {
    sip::Source source;
    source.hop = {sip::Transport::Udp, 0, *base::Endpoint::parse("198.51.100.7:5060"), {}};
    source.local = *base::Endpoint::parse("192.0.2.1:5060");
    policy::RegisterFacts facts;
    registrar::Registrar::describe(request, realm_, facts);
    const auto identity = identities_.check(realm_, request, source, kNow);
    must(!identity.authenticated());  // nobody guesses a signed nonce
    using enum policy::RegisterDecision::Kind;
    for (const auto kind : {Accept, Challenge}) {
      policy::RegisterDecision decision;
      decision.kind = kind;
      const auto plan =
          registrar_.handle(realm_, request, source, identity, decision, {kNow, {1'289'690'940}}, random_);
      must(plan.status == 0 || plan.status >= 200);
      must(kind == Accept || plan.status >= 300);
      must(one_line(plan.reason));
      for (const auto& header : plan.headers) must(one_line(header.name) && one_line(header.value));
    }
    for (const auto& binding : store_.lookup("sip:bob@example.org", kNow))
      for (const auto& route : registrar::routes_of(binding.path)) must(one_line(route));
  }

 private:
  base::SeededRandom random_{7};
  auth::ReplayGuard guard_{1024};
  auth::Server server_{base::HashKey{1, 2}, guard_};
  registrar::UserTable users_;
  registrar::IdentityChecker identities_{server_, users_};
  registrar::MemoryLocationStore store_;
  registrar::Gruus gruus_{base::HashKey{5, 6}};
  registrar::Registrar registrar_{store_, identities_, gruus_};
  registrar::RealmSettings realm_;
};

class AtATrunk {
 public:
  AtATrunk() {
    registrar::TrunkRegistration wish;
    wish.trunk = "carrier";
    wish.aor = "sip:4313000@carrier.example";
    wish.registrar = "sip:carrier.example";
    wish.user = "4313000";
    wish.line = "abc123";
    wish.account = auth::Account{"border", auth::Secret::from_password("s3cret"), ""};
    registrations_.use({wish}, now_, out_);
  }

  void on_answers(std::string_view status_line, std::string_view headers) {
    for (int round = 0; round < 3; ++round) {
      go_on();
      if (out_.registers.empty()) return;
      const auto sent = std::move(out_.registers.back());
      out_ = {};
      const auto request = sip::parse(*sent.bytes);
      must(request.ok());
      const auto response = read(status_line, headers);
      if (response == nullptr) return;
      registrations_.on_response(sent.id, *response, request.message.get(), now_, out_);
      for (const auto& change : out_.changes) must(one_line(change.why));
    }
  }

 private:
  void go_on() {
    for (int step = 0; step < 4 && out_.registers.empty(); ++step) {
      if (registrations_.next_deadline() == base::kNever) return;
      now_ = std::max(now_, registrations_.next_deadline());
      registrations_.on_deadline(now_, out_);
      const auto locates = std::move(out_.locates);
      out_.locates.clear();
      for (const auto& locate : locates) registrations_.located(locate.name, {way_}, now_, out_);
    }
  }

  base::Instant now_ = kNow;
  base::SeededRandom random_{3};
  sip::Minter minter_{{1, 2}, 0};
  registrar::UpstreamWay way_{.hop = {sip::Transport::Udp, 1, *base::Endpoint::parse("203.0.113.9:5060"), {}},
                              .sent_by = "192.0.2.1:5060"};
  registrar::TrunkRegistrations registrations_{minter_, random_};
  registrar::TrunkRegistrations::Output out_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto parted = input.find("==\n");
  if (const auto request = read("REGISTER sip:example.org SIP/2.0", input.substr(0, parted)))
    LocalRegistrar().on_register(*request);
  if (parted == std::string_view::npos) return 0;
  for (const char* line :
       {"SIP/2.0 200 OK", "SIP/2.0 401 Unauthorized", "SIP/2.0 423 Interval Too Brief", "SIP/2.0 503 Busy"})
    AtATrunk().on_answers(line, input.substr(parted + 3));
  return 0;
}
