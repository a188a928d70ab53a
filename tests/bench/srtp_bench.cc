// rooms: secure
// Nanoseconds to open and to seal one packet of G.711 (172 bytes in clear), for both engines, with one source and with
// a thousand contexts that take turns.

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/secure/context.h"

namespace {

constexpr std::size_t kClearBytes = 172;

secure::Parameters make_parameters(secure::Suite suite, base::Random& random) {
  const secure::Traits& traits = secure::traits_of(suite);
  std::vector<std::byte> key(traits.key_bytes + traits.salt_bytes);
  random.fill(key);
  return {suite, {{base::Secret(key), ""}}};
}

void set_header(std::vector<std::byte>& packet, std::uint16_t sequence) {
  packet[0] = std::byte{0x80};
  packet[2] = static_cast<std::byte>(sequence >> 8);
  packet[3] = static_cast<std::byte>(sequence);
}

void seal(benchmark::State& state, secure::Engine engine, secure::Suite suite) {
  base::SeededRandom random(1);
  std::vector<std::unique_ptr<secure::Sender>> senders;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    senders.push_back(secure::make_sender(engine, make_parameters(suite, random)));
  std::vector<std::byte> packet(kClearBytes + secure::kMaxGrowthBytes);
  std::size_t at = 0;
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    if (++at >= senders.size()) {
      at = 0;
      ++sequence;
    }
    set_header(packet, sequence);
    if (!senders[at]->protect_rtp(packet, kClearBytes)) return state.SkipWithError("refused");
  }
}

// Opening alone cannot be repeated with one packet, so a packet is sealed and opened, and `seal` is to be taken away.
void seal_and_open(benchmark::State& state, secure::Engine engine, secure::Suite suite) {
  base::SeededRandom random(1);
  std::vector<std::unique_ptr<secure::Sender>> senders;
  std::vector<std::unique_ptr<secure::Receiver>> receivers;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const secure::Parameters parameters = make_parameters(suite, random);
    senders.push_back(secure::make_sender(engine, parameters));
    receivers.push_back(secure::make_receiver(engine, parameters));
  }
  std::vector<std::byte> packet(kClearBytes + secure::kMaxGrowthBytes);
  std::size_t at = 0;
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    if (++at >= senders.size()) {
      at = 0;
      ++sequence;
    }
    set_header(packet, sequence);
    const auto sealed = senders[at]->protect_rtp(packet, kClearBytes);
    if (!sealed || !receivers[at]->unprotect_rtp(std::span(packet).first(*sealed)))
      return state.SkipWithError("refused");
  }
}

}  // namespace

BENCHMARK_CAPTURE(seal, openssl_sha1_80, secure::Engine::OpenSsl, secure::Suite::AesCm128HmacSha1_80)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(seal, libsrtp_sha1_80, secure::Engine::Libsrtp, secure::Suite::AesCm128HmacSha1_80)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(seal, openssl_gcm_128, secure::Engine::OpenSsl, secure::Suite::AeadAes128Gcm)->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(seal, libsrtp_gcm_128, secure::Engine::Libsrtp, secure::Suite::AeadAes128Gcm)->Arg(1)->Arg(1000);
BENCHMARK_CAPTURE(seal_and_open, openssl_sha1_80, secure::Engine::OpenSsl, secure::Suite::AesCm128HmacSha1_80)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(seal_and_open, libsrtp_sha1_80, secure::Engine::Libsrtp, secure::Suite::AesCm128HmacSha1_80)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(seal_and_open, openssl_gcm_128, secure::Engine::OpenSsl, secure::Suite::AeadAes128Gcm)
    ->Arg(1)
    ->Arg(1000);
BENCHMARK_CAPTURE(seal_and_open, libsrtp_gcm_128, secure::Engine::Libsrtp, secure::Suite::AeadAes128Gcm)
    ->Arg(1)
    ->Arg(1000);
