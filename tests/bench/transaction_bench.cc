// rooms: transaction
// CPU of the transaction layer alone: messages are parsed beforehand.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"
#include "sbc/sip/writer.h"
#include "sbc/transaction/layer.h"

namespace {

using namespace sbc;
using transaction::Layer;
using transaction::Output;

constexpr int kCalls = 2000;  // ongoing at once in each round

sip::Source source() {
  sip::Source s;
  s.hop.remote = *base::Endpoint::parse("192.0.2.10:5060");
  return s;
}

std::string message(std::string_view start, const std::string& branch, int number, std::string_view cseq,
                    std::string_view to_tag) {
  std::string text;
  sip::Writer writer(text);
  writer.raw(start).raw("\r\n");
  writer.header("Via", "SIP/2.0/UDP 192.0.2.10:5060;rport;branch=" + branch);
  writer.header("Max-Forwards", "70");
  writer.header("From", "\"Alice\" <sip:alice@atlanta.example.com>;tag=a" + std::to_string(number));
  writer.header("To", "<sip:bob@biloxi.example.com>" + std::string(to_tag));
  writer.header("Call-ID", "call-" + std::to_string(number) + "@192.0.2.10");
  writer.header("CSeq", cseq);
  writer.header("Contact", "<sip:alice@192.0.2.10:5060>");
  writer.header("User-Agent", "bench");
  writer.finish();
  return text;
}

std::vector<sip::MessagePtr> messages(std::string_view start, std::string_view suffix, std::string_view cseq,
                                      std::string_view to_tag = {}) {
  std::vector<sip::MessagePtr> all;
  for (int i = 0; i < kCalls; ++i)
    all.push_back(
        sip::parse(message(start, "z9hG4bK" + std::to_string(i) + "x8f3k2m" + std::string(suffix), i, cseq, to_tag))
            .message);
  return all;
}

struct Rig {
  base::SeededRandom random{1};
  sip::Minter minter{{1, 2}, 0};
  Layer layer{{}, minter, random};
  Output out;
  base::Instant now{};

  void drain() {
    while (layer.next_deadline() != base::kNever) {
      now = layer.next_deadline();
      layer.on_deadline(now, out);
    }
    out.clear();
  }
};

// INVITE (with its 100), 180, 200, ACK to the user; BYE and 200; the ends by timers L and J. Six messages in and out of
// the layer; building the 100 is part of it, the other responses are made by the user and are not.
void server_call(benchmark::State& state) {
  const auto invites = messages("INVITE sip:bob@border.example.net SIP/2.0", "i", "1 INVITE");
  const auto acks = messages("ACK sip:bob@border.example.net SIP/2.0", "a", "1 ACK", ";tag=t");
  const auto byes = messages("BYE sip:bob@border.example.net SIP/2.0", "b", "2 BYE", ";tag=t");
  const sip::Source from = source();
  const base::SharedBytes answer = base::share(std::string(600, 'x'));
  Rig rig;
  for (auto _ : state) {
    for (int i = 0; i < kCalls; ++i) {
      const auto n = static_cast<std::size_t>(i);
      rig.layer.on_message(invites[n], from, rig.now, rig.out);
      const auto invite = std::get<transaction::RequestArrived>(rig.out.events.back()).transaction;
      rig.layer.respond(invite, 180, answer, rig.now, rig.out);
      rig.layer.respond(invite, 200, answer, rig.now, rig.out);
      rig.layer.on_message(acks[n], from, rig.now, rig.out);
      rig.layer.on_message(byes[n], from, rig.now, rig.out);
      const auto bye = std::get<transaction::RequestArrived>(rig.out.events.back()).transaction;
      rig.layer.respond(bye, 200, answer, rig.now, rig.out);
      rig.out.clear();
    }
    rig.drain();
  }
  state.counters["per_message"] = benchmark::Counter(static_cast<double>(state.iterations()) * kCalls * 6,
                                                     benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(server_call)->Unit(benchmark::kMillisecond);

// INVITE, 180, 200; BYE, 200; the ends by timers M and K. Five messages.
void client_call(benchmark::State& state) {
  Rig rig;
  const auto invite_answers = messages("SIP/2.0 180 Ringing", "i", "1 INVITE", ";tag=t");
  const auto accepts = messages("SIP/2.0 200 OK", "i", "1 INVITE", ";tag=t");
  const auto bye_answers = messages("SIP/2.0 200 OK", "b", "2 BYE", ";tag=t");
  const sip::Source from = source();
  transaction::ClientRequest invite;
  invite.method = sip::Method::Invite;
  invite.hop = from.hop;
  invite.bytes = base::share(std::string(900, 'x'));
  transaction::ClientRequest bye = invite;
  bye.method = sip::Method::Bye;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCalls; ++i) {
      invite.branch = invite_answers[i]->top_via().branch;
      bye.branch = bye_answers[i]->top_via().branch;
      rig.layer.request(invite, rig.now, rig.out);
      rig.layer.on_message(invite_answers[i], from, rig.now, rig.out);
      rig.layer.on_message(accepts[i], from, rig.now, rig.out);
      rig.layer.request(bye, rig.now, rig.out);
      rig.layer.on_message(bye_answers[i], from, rig.now, rig.out);
      rig.out.clear();
    }
    rig.drain();
  }
  state.counters["per_message"] = benchmark::Counter(static_cast<double>(state.iterations()) * kCalls * 5,
                                                     benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(client_call)->Unit(benchmark::kMillisecond);

// A response that matches nothing, as a flood of them would.
void stray_response(benchmark::State& state) {
  Rig rig;
  const auto strays = messages("SIP/2.0 200 OK", "s", "1 INVITE", ";tag=t");
  const sip::Source from = source();
  std::size_t i = 0;
  for (auto _ : state) rig.layer.on_message(strays[i++ % kCalls], from, rig.now, rig.out);
}
BENCHMARK(stray_response);

void mint_branch(benchmark::State& state) {
  base::SystemRandom random;
  const sip::Minter minter({1, 2}, 0);
  for (auto _ : state) benchmark::DoNotOptimize(minter.branch(random));
}
BENCHMARK(mint_branch);

void shard_of(benchmark::State& state) {
  base::SystemRandom random;
  const sip::Minter minter({1, 2}, 0);
  const std::string branch = minter.branch(random);
  for (auto _ : state) benchmark::DoNotOptimize(minter.shard_of(branch));
}
BENCHMARK(shard_of);

}  // namespace
