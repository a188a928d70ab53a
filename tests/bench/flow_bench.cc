// rooms: flow
// Nanoseconds per packet through the pure path of a flow: demultiplexing to exit, without receiving and sending. Flows
// are visited in turn, as they are in life, so that with many of them the caches miss as they do in life.

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"

namespace {

constexpr std::size_t kDatagramBytes = 172;  // G.711, 20 ms

base::Endpoint endpoint(std::uint32_t host, std::uint16_t port) {
  return {base::IpAddress::v4(0xc6336400 | host), port};
}

flow::Flow::Ports ports() {
  return {{{packet::PortIndex{0}, packet::PortIndex{1}}, {packet::PortIndex{2}, packet::PortIndex{3}}}};
}

std::vector<std::unique_ptr<flow::Flow>> make_flows(std::size_t count, flow::LatchMode mode, base::Instant now,
                                                    const std::optional<flow::Rewrite>& rewrite = std::nullopt) {
  std::vector<std::unique_ptr<flow::Flow>> flows;
  for (std::size_t i = 0; i < count; ++i) {
    flow::Spec spec;
    spec.a.latch = mode;
    spec.a.remote_rtp = endpoint(1, static_cast<std::uint16_t>(1024 + 2 * i % 60000));
    spec.b.remote_rtp = endpoint(2, static_cast<std::uint16_t>(1024 + 2 * i % 60000));
    spec.b.rewrite = rewrite;
    spec.number = i;
    flows.push_back(std::make_unique<flow::Flow>(std::move(spec), ports(), now));
  }
  return flows;
}

void walk(benchmark::State& state, flow::LatchMode mode, const std::optional<flow::Rewrite>& rewrite = std::nullopt) {
  base::Instant now{base::seconds(1)};
  auto flows = make_flows(static_cast<std::size_t>(state.range(0)), mode, now, rewrite);
  packet::Buffers buffers;
  std::vector<flow::Event> events;
  std::vector<std::byte> datagram(kDatagramBytes);
  datagram[0] = std::byte{0x80};
  packet::Packet p;
  std::size_t at = 0;
  std::uint16_t sequence = 0;
  std::uint64_t left = 0;
  for (auto _ : state) {
    if (++at == flows.size()) {
      at = 0;
      ++sequence;
      now += base::milliseconds(20);
    }
    const auto storage = buffers[at % packet::kBatchPackets];
    std::memcpy(storage.data(), datagram.data(), 12);
    storage[2] = static_cast<std::byte>(sequence >> 8);
    storage[3] = static_cast<std::byte>(sequence);
    storage[6] = static_cast<std::byte>(sequence >> 3);
    p.assign(storage, kDatagramBytes);
    p.source = *flows[at]->spec().a.remote_rtp;
    const auto dropped = flows[at]->on_packet(p, flow::Side::A, flow::Component::Rtp, now, events);
    left += dropped ? 0 : 1;
    events.clear();
  }
  benchmark::DoNotOptimize(left);
  if (left != static_cast<std::uint64_t>(state.iterations())) state.SkipWithError("packets were dropped");
}

void stranger(benchmark::State& state) {
  const base::Instant now{base::seconds(1)};
  auto flows = make_flows(1, flow::LatchMode::Strict, now);
  packet::Buffers buffers;
  std::vector<flow::Event> events;
  packet::Packet p;
  std::memset(buffers[0].data(), 0, kDatagramBytes);
  buffers[0][0] = std::byte{0x80};
  for (auto _ : state) {
    p.assign(buffers[0], kDatagramBytes);
    p.source = endpoint(66, 6666);
    benchmark::DoNotOptimize(flows[0]->on_packet(p, flow::Side::A, flow::Component::Rtp, now, events));
  }
}

}  // namespace

BENCHMARK_CAPTURE(walk, strict, flow::LatchMode::Strict)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000);
// One stream of ours, and another payload type.
BENCHMARK_CAPTURE(walk, rewritten, flow::LatchMode::Strict,
                  flow::Rewrite{{{0, 8, 8000, 0, flow::PayloadUse::Pass}}, false, true})
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(walk, learned, flow::LatchMode::Learn)->Arg(1)->Arg(1000);
BENCHMARK(stranger);
