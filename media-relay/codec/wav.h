#pragma once
// Audio files: RIFF WAVE with linear samples of 16 bits or G.711, one or two channels, 8000, 16000 or 48000 Hz. Two
// channels become one.

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "media-relay/codec/format.h"

namespace codec {

struct Audio {
  unsigned rate = 8000;
  std::vector<Sample> samples;
};

// Error: what was expected and what came.
std::expected<Audio, std::string> read_wav(std::span<const std::byte> file);

// The same audio at another rate.
Audio resampled(const Audio& audio, unsigned rate);

}  // namespace codec
