#pragma once
// Tones of our own: ringback, busy, beeps.

#include <cstdint>
#include <span>

#include "media-relay/codec/wav.h"

namespace codec {

// One or two frequencies, or silence, for a time.
struct Tone {
  unsigned first_hz = 0;  // 0: none
  unsigned second_hz = 0;
  std::uint32_t ms = 0;
};

// One after another, at 8000 samples in a second, at a level that people expect of a network's tones.
Audio make_tones(std::span<const Tone> tones);

}  // namespace codec
