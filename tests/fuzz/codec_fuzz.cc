// rooms: codec
// What phones and files may hold: payloads of every codec with losses between them, comfort noise, fmtp, WAV. The first
// byte says what the rest is.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "media-relay/codec/comfort_noise.h"
#include "media-relay/codec/decoder.h"
#include "media-relay/codec/dtmf.h"
#include "media-relay/codec/limits.h"
#include "media-relay/codec/wav.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

// A row of payloads, each behind a byte of length; an odd length is a loss before the payload.
void run_stream(codec::Decoder& decoder, std::span<const std::byte> input) {
  std::array<codec::Sample, codec::kMaxSamples> audio;
  codec::DtmfDetector detector;
  std::vector<codec::DtmfDetector::Change> changes;
  const std::size_t frame = decoder.rate() / 50;
  while (!input.empty()) {
    const auto length = static_cast<std::size_t>(input[0]);
    const auto payload = input.subspan(1, std::min(length, input.size() - 1));
    input = input.subspan(1 + payload.size());
    if (length % 2 != 0) decoder.conceal(std::span(audio).first(frame), payload);
    if (const auto samples = decoder.decode(payload, audio)) {
      require(*samples > 0 && *samples <= audio.size());
      detector.listen(std::span(audio).first(*samples), changes);
    }
  }
}

void run_noise(std::span<const std::byte> input) {
  const auto noise = codec::read_comfort_noise(input);
  if (!noise) return;
  codec::NoiseGenerator generator;
  generator.tell(*noise);
  std::array<codec::Sample, 800> audio;
  generator.fill(audio);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 8) {
    case 0:
      if (const auto audio = codec::read_wav(input)) require(!audio->samples.empty());
      break;
    case 1:
      run_noise(input);
      break;
    case 2:
      (void)codec::read_opus_parameters({reinterpret_cast<const char*>(input.data()), input.size()});
      break;
    case 3:
      run_stream(*codec::make_decoder(codec::Coding::Pcmu, 8000), input);
      break;
    case 4:
      run_stream(*codec::make_decoder(codec::Coding::Pcma, 8000), input);
      break;
    case 5:
      run_stream(*codec::make_decoder(codec::Coding::G722, 16'000), input);
      break;
    case 6:
      run_stream(*codec::make_decoder(codec::Coding::Opus, 8000), input);
      break;
    default:
      run_stream(*codec::make_decoder(codec::Coding::Opus, 48'000), input);
      break;
  }
  return 0;
}
