#pragma once
// Tones, and what is left of them.

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "media-relay/codec/decoder.h"
#include "media-relay/codec/encoder.h"
#include "media-relay/codec/limits.h"

namespace codec::testing {

inline std::vector<Sample> tone(double frequency, unsigned rate, std::size_t samples, double amplitude = 10'000) {
  std::vector<Sample> out(samples);
  for (std::size_t i = 0; i < samples; ++i)
    out[i] = static_cast<Sample>(
        std::lround(amplitude * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / rate)));
  return out;
}

// Power at one frequency (Goertzel) as a part of the whole, 0 to 1.
inline double share_of(std::span<const Sample> audio, double frequency, unsigned rate) {
  const double k = 2 * std::cos(2 * std::numbers::pi * frequency / rate);
  double s1 = 0, s2 = 0, whole = 0;
  for (const Sample x : audio) {
    const double s = x + k * s1 - s2;
    s2 = s1;
    s1 = s;
    whole += double{1} * x * x;
  }
  const double at = s1 * s1 + s2 * s2 - k * s1 * s2;
  return whole == 0 ? 0 : at * 2 / static_cast<double>(audio.size()) / whole;
}

inline double rms(std::span<const Sample> audio) {
  double sum = 0;
  for (const Sample x : audio) sum += double{1} * x * x;
  return std::sqrt(sum / static_cast<double>(audio.size()));
}

// Through an encoder and a decoder, in frames of `ms`.
inline std::vector<Sample> round_trip(Encoder& encoder, Decoder& decoder, std::span<const Sample> audio, unsigned ms) {
  std::vector<Sample> out;
  const std::size_t frame = encoder.rate() / 1000 * ms;
  std::vector<std::byte> payload(kMaxPayloadBytes);
  std::vector<Sample> heard(kMaxSamples);
  for (std::size_t at = 0; at + frame <= audio.size(); at += frame) {
    const auto bytes = encoder.encode(audio.subspan(at, frame), payload);
    if (!bytes) return {};
    const auto samples = decoder.decode(std::span(payload).first(*bytes), heard);
    if (!samples) return {};
    out.insert(out.end(), heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(*samples));
  }
  return out;
}

// Of what came out to what went in, in dB, at the delay where they fit best.
inline double snr(std::span<const Sample> in, std::span<const Sample> out, std::size_t longest_delay) {
  double best = -100;
  for (std::size_t delay = 0; delay <= longest_delay; ++delay) {
    double signal = 0, noise = 0;
    for (std::size_t i = 400; i < 4000 && i + delay < out.size() && i < in.size(); ++i) {
      const double d = double{1} * in[i] - out[i + delay];
      signal += double{1} * in[i] * in[i];
      noise += d * d;
    }
    best = std::max(best, 10 * std::log10(signal / std::max(noise, 1.0)));
  }
  return best;
}

}  // namespace codec::testing
