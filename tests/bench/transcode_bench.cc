// rooms: flow
// What transcoding costs: one second of audio in packets of 20 ms, from payloads to payloads, for each pair of codecs.
// The time of one iteration is the part of a processor that one direction of one call takes.

#include <benchmark/benchmark.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "media-relay/codec/limits.h"
#include "media-relay/flow/transcoder.h"

namespace {

using codec::Coding;

constexpr std::size_t kPackets = 50;

// Something between speech and noise: a pitch that glides, with breaths.
std::vector<std::vector<std::byte>> one_second(Coding coding) {
  const unsigned rate = codec::sample_rate_of(coding);
  const auto encoder = codec::make_encoder(coding, rate);
  std::vector<std::vector<std::byte>> out;
  std::vector<codec::Sample> audio(rate / 50);
  std::uint32_t noise = 1;
  double phase = 0;
  for (std::size_t packet = 0; packet < kPackets; ++packet) {
    for (codec::Sample& s : audio) {
      noise = noise * 1'664'525 + 1'013'904'223;
      phase += 2 * std::numbers::pi * (120 + 2 * static_cast<double>(packet)) / rate;
      const double hiss = static_cast<double>(noise >> 16) / 65'536 - 0.5;
      s = static_cast<codec::Sample>(packet % 10 < 8 ? 6000 * std::sin(phase) + 3000 * std::sin(5 * phase) + 800 * hiss
                                                     : 400 * hiss);
    }
    std::vector<std::byte> payload(codec::kMaxPayloadBytes);
    payload.resize(encoder->encode(audio, payload).value_or(0));
    out.push_back(std::move(payload));
  }
  return out;
}

class Nowhere final : public flow::Transcoder::Sink {
 public:
  void on_made(const flow::Transcoder::Made& made) override { benchmark::DoNotOptimize(made.payload.data()); }
};

void transcode(benchmark::State& state) {
  const auto from = static_cast<Coding>(state.range(0));
  const auto to = static_cast<Coding>(state.range(1));
  state.SetLabel(std::string(codec::name_of(from)) + " to " + std::string(codec::name_of(to)));
  const auto payloads = one_second(from);
  flow::Transcode spec;
  spec.from = {{from, 96, {}}};
  spec.to = {to, 97, {}};
  flow::Transcoder transcoder(spec);
  Nowhere sink;
  rtp::Header header;
  header.payload_type = 96;
  header.ssrc = 7;
  for (auto _ : state)
    for (const auto& payload : payloads) {
      (void)transcoder.take(header, payload, base::Instant{}, sink);
      ++header.sequence;
      header.timestamp += codec::clock_of(from) / 50;
    }
}
BENCHMARK(transcode)->ArgsProduct({{0, 1, 2, 3}, {0, 1, 2, 3}})->Unit(benchmark::kMicrosecond);

}  // namespace
