// rooms: policy retell
// What one decision of the shipped policy costs a shard: the Host is loaded once and reused.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sbc/policy/host.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/lookups.h"
#include "sbc/retell/retell.h"

namespace sbc::policy {
namespace {

class OneBinding : public Lookup {
 public:
  std::vector<Contact> location(std::string_view aor) override {
    if (aor != "sip:bob@example.net") return {};
    Contact contact;
    contact.token = 1;
    contact.uri = "sip:bob@10.0.0.1:5060";
    contact.aor = aor;
    return {contact};
  }
};

Address address(const std::string& user) {
  return {.uri = "sip:" + user + "@example.net",
          .scheme = "sip",
          .user = user,
          .host = "example.net",
          .port = 0,
          .display = "",
          .aor = "sip:" + user + "@example.net"};
}

InviteFacts call(const std::string& callee) {
  InviteFacts facts;
  facts.realm = "access";
  facts.method = "INVITE";
  facts.call_id = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@198.51.100.20";
  facts.source_ip = "198.51.100.20";
  facts.transport = "UDP";
  facts.user_agent = "Deskphone 3.1 (build 2026)";
  facts.from = address("alice");
  facts.to = address(callee);
  facts.registered_source = true;
  facts.registered_aor = "sip:alice@example.net";
  return facts;
}

std::unique_ptr<Host> load() {
  const auto bundle = Bundle::read("policies/default.lua");
  if (!bundle) return nullptr;
  Environment environment;
  environment.trunks = {"carrier_a"};
  environment.groups = {"carriers"};
  environment.domain = "example.net";
  environment.settings = {{"country", std::string("43")}};
  auto host = Host::load(*bundle, {}, environment);
  return host ? std::move(*host) : nullptr;
}

void on_invite(benchmark::State& state, const std::string& callee) {
  const std::unique_ptr<Host> host = load();
  if (!host) {
    state.SkipWithError("run it from the top of the source tree");
    return;
  }
  OneBinding lookup;
  const InviteFacts facts = call(callee);
  for (auto _ : state) {
    auto outcome = host->on_invite(facts, lookup);
    if (outcome.failed()) state.SkipWithError(outcome.error.c_str());
    benchmark::DoNotOptimize(outcome);
  }
}

void BM_InviteToRegisteredUser(benchmark::State& state) {
  on_invite(state, "bob");
}
void BM_InviteToTrunkGroup(benchmark::State& state) {
  on_invite(state, "06601234567");
}
BENCHMARK(BM_InviteToRegisteredUser);
BENCHMARK(BM_InviteToTrunkGroup);

// The same, noted for somebody who hears of decisions (sbc/app/hearing.h): what a shadow or a recording costs a shard.
std::shared_ptr<const retell::Invocation> noted(Host& host, const InviteFacts& facts, Lookup& real) {
  auto note = std::make_shared<retell::Invocation>();
  note->handler = Handler::Invite;
  note->call_id = facts.call_id;
  note->facts = retell::to_json(facts);
  retell::NotingLookup lookup(real, note->asked);
  auto outcome = host.on_invite(facts, lookup);
  note->decision = retell::to_json(outcome.decision);
  note->where = outcome.decision.where;
  note->error = outcome.error;
  return note;
}

// With the header fields that a phone sends.
InviteFacts full_call() {
  InviteFacts facts = call("bob");
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"Via", "SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK74bf9;rport"},
           {"Max-Forwards", "70"},
           {"From", "\"Alice\" <sip:alice@example.net>;tag=9fxced76sl"},
           {"To", "<sip:bob@example.net>"},
           {"Call-ID", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@198.51.100.20"},
           {"CSeq", "1 INVITE"},
           {"Contact", "<sip:alice@198.51.100.20:5060>"},
           {"User-Agent", "Deskphone 3.1 (build 2026)"},
           {"Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, REFER, NOTIFY"},
           {"Supported", "timer, 100rel, replaces"},
           {"Content-Type", "application/sdp"},
           {"Content-Length", "312"}})
    facts.headers.emplace_back(name, value);
  return facts;
}

void BM_FullInvite(benchmark::State& state) {
  const std::unique_ptr<Host> host = load();
  if (!host) {
    state.SkipWithError("run it from the top of the source tree");
    return;
  }
  OneBinding lookup;
  const InviteFacts facts = full_call();
  for (auto _ : state) benchmark::DoNotOptimize(host->on_invite(facts, lookup));
}
BENCHMARK(BM_FullInvite);

void BM_FullInviteNoted(benchmark::State& state) {
  const std::unique_ptr<Host> host = load();
  if (!host) {
    state.SkipWithError("run it from the top of the source tree");
    return;
  }
  OneBinding lookup;
  const InviteFacts facts = full_call();
  for (auto _ : state) benchmark::DoNotOptimize(noted(*host, facts, lookup));
}
BENCHMARK(BM_FullInviteNoted);

// What the candidate's thread does with it.
void BM_FullInviteRetold(benchmark::State& state) {
  const std::unique_ptr<Host> host = load();
  if (!host) {
    state.SkipWithError("run it from the top of the source tree");
    return;
  }
  OneBinding lookup;
  const auto note = noted(*host, full_call(), lookup);
  for (auto _ : state) {
    const auto retold = retell::retell(*host, *note);
    if (!retold || !retell::same(*note, *retold)) state.SkipWithError("it decides differently");
    benchmark::DoNotOptimize(retold);
  }
}
BENCHMARK(BM_FullInviteRetold);

void BM_Nat(benchmark::State& state) {
  const std::unique_ptr<Host> host = load();
  if (!host) {
    state.SkipWithError("run it from the top of the source tree");
    return;
  }
  LegFacts leg;
  leg.behind_nat = true;
  for (auto _ : state) benchmark::DoNotOptimize(host->on_nat(leg));
}
BENCHMARK(BM_Nat);

void BM_Load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load());
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sbc::policy
