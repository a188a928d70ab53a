// rooms: session
// What a checkpoint for the case of a crash costs (media-relay/docs/restart.md): a flow that is asked, on its worker
// between two batches, and a session that is put into the round, on the control thread; each once every
// `shutdown.checkpoint`.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"
#include "media-relay/session/snapshot.h"

namespace {

std::vector<std::byte> key() {
  return std::vector<std::byte>(30, std::byte{7});
}

base::Endpoint endpoint(std::uint32_t host, std::uint16_t port) {
  return {base::IpAddress::v4(0xc6336400 | host), port};
}

// Plain RTP on one side, SRTP on the other, and something has passed.
struct Call {
  Call() {
    packet::Buffers buffers;
    std::vector<flow::Event> events;
    packet::Packet p;
    std::memset(buffers[0].data(), 0, 172);
    buffers[0][0] = std::byte{0x80};
    p.assign(buffers[0], 172);
    p.source = endpoint(2, 4002);
    (void)flow.on_packet(p, flow::Side::B, flow::Component::Rtp, now, events);
  }
  static flow::Spec spec() {
    secure::Parameters parameters;
    parameters.keys = {{base::Secret(key()), "", secure::kMaxRtpLifetime}};
    flow::Spec out;
    out.a.remote_rtp = endpoint(1, 4000);
    out.a.srtp = flow::Srtp{parameters, parameters};
    out.b.remote_rtp = endpoint(2, 4002);
    return out;
  }

  base::Instant now{base::seconds(1)};
  flow::Flow flow{
      spec(), {{{packet::PortIndex{0}, packet::PortIndex{1}}, {packet::PortIndex{2}, packet::PortIndex{3}}}}, now};
  flow::Ledger ledger;
};

void ask_flow(benchmark::State& state) {
  Call call;
  call.flow.keep_in(&call.ledger);
  std::size_t bytes = 0;
  for (auto _ : state) bytes = call.flow.checkpoint().value_or("").size();
  state.counters["bytes"] = static_cast<double>(bytes);
}

session::SavedSession saved() {
  Call call;
  control::HalfSpec half;
  half.network = "access";
  half.remote_rtp = endpoint(1, 4000);
  half.srtp = control::Srtp{control::SrtpStream{"AES_CM_128_HMAC_SHA1_80", {{base::Secret(key()), "", 0}}}, {}};
  session::SavedSession out;
  out.id = "0-0123456789abcdef";
  out.spec.flows = {{0, "audio", half, half}};
  session::SavedFlow flow;
  flow.half = {session::SavedHalf{"access", 20000}, session::SavedHalf{"core", 30000}};
  flow.state = call.flow.checkpoint().value_or("");
  out.flows.push_back(flow);
  return out;
}

void note_session(benchmark::State& state) {
  session::SavedSession session = saved();
  std::string out;
  for (auto _ : state) {
    out.clear();
    session::append(out, session, base::Instant{});
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}

// Behind the last of so many sessions.
void end_round(benchmark::State& state) {
  session::SavedSession session = saved();
  std::string bytes;
  for (std::int64_t i = 0; i < state.range(0); ++i) session::append(bytes, session, base::Instant{});
  for (auto _ : state) {
    session::Snapshot snapshot;
    benchmark::DoNotOptimize(session::encode(
        snapshot, {{"edge-0", base::seconds(60), static_cast<std::uint64_t>(state.range(0)), bytes}}, base::Instant{}));
  }
}

}  // namespace

BENCHMARK(ask_flow);
BENCHMARK(note_session);
BENCHMARK(end_round)->Arg(2000)->Unit(benchmark::kMillisecond);
