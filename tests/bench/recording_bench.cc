// rooms: recording
// What recording costs: a worker for each packet that it copies, and the writer for each packet that it takes. The
// files are in the directory of temporary files.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "media-relay/codec/encoder.h"
#include "media-relay/recording/limits.h"
#include "media-relay/recording/recording.h"
#include "media-relay/recording/ring.h"

namespace {

constexpr std::size_t kHead = 96;  // about what stands in front of a packet in the ring

std::vector<std::byte> rtp(std::uint8_t payload_type, std::span<const std::byte> payload) {
  std::vector<std::byte> out(12);
  out[0] = std::byte{0x80};
  out[1] = static_cast<std::byte>(payload_type);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

// Packets of 20 ms.
void number(std::vector<std::byte>& packet, std::uint32_t count, unsigned clock) {
  const auto put = [&packet](std::size_t at, std::uint32_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0; value >>= 8) packet[at + i] = static_cast<std::byte>(value & 0xff);
  };
  put(2, count & 0xffff, 2);
  put(4, count * (clock / 50), 4);
}

void copies(benchmark::State& state) {
  recording::Ring ring(recording::kRingBytes);
  const std::vector<std::byte> head(kHead);
  const std::vector<std::byte> packet(172);
  std::size_t taken = 0;
  unsigned left = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ring.push(head, packet));
    if (++left < 1000) continue;
    state.PauseTiming();
    left = 0;
    ring.drain([&taken](std::span<const std::byte> piece) { taken += piece.size(); });
    state.ResumeTiming();
  }
  benchmark::DoNotOptimize(taken);
}
BENCHMARK(copies);

void writes(benchmark::State& state, bool wav, codec::Coding coding, std::uint8_t payload_type) {
  std::string directory = (std::filesystem::temp_directory_path() / "parapet-bench-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return state.SkipWithError("no directory");
  const auto encoder = codec::make_encoder(coding, codec::sample_rate_of(coding));
  std::vector<std::byte> payload(1275);
  const std::vector<codec::Sample> frame(encoder->rate() / 50, 1000);
  payload.resize(encoder->encode(frame, payload).value_or(0));
  std::vector<std::byte> packet = rtp(payload_type, payload);
  recording::Order order{1, "bench", !wav, wav, {}};
  for (auto& side : order.formats) side.push_back({coding, payload_type});
  base::Instant now{};
  const base::Endpoint from = *base::Endpoint::parse("192.0.2.7:4000");
  const base::Endpoint to = *base::Endpoint::parse("192.0.2.1:16384");
  {
    auto opened = recording::Recording::open(directory, order, now);
    std::uint32_t count = 0;
    for (auto _ : state) {
      number(packet, ++count, codec::clock_of(coding));
      (*opened)->take({1, flow::Side::A, flow::Component::Rtp, from, to, packet, now}, {});
      now += base::milliseconds(20);
      if (!(*opened)->attend(now)) {
        state.SkipWithError("the file is full");
        break;
      }
    }
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK_CAPTURE(writes, pcap, false, codec::Coding::Pcmu, 0);
BENCHMARK_CAPTURE(writes, wav_pcmu, true, codec::Coding::Pcmu, 0);
BENCHMARK_CAPTURE(writes, wav_g722, true, codec::Coding::G722, 9);
BENCHMARK_CAPTURE(writes, wav_opus, true, codec::Coding::Opus, 111);

}  // namespace
