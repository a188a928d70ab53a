#pragma once
// From one sample rate to another, as a stream: the filter goes on where it was.

#include <cstddef>
#include <memory>
#include <span>

#include "media-relay/codec/format.h"

namespace codec {

class Resampler {
 public:
  // Rates between 8000 and 48000; equal ones are copied.
  Resampler(unsigned from, unsigned to);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  // Returns the part of `out` that was written. `out` must hold in.size() * to / from + 1 samples. Over a stream as
  // many samples leave as came in, by the ratio; one call may be off by one.
  std::span<Sample> run(std::span<const Sample> in, std::span<Sample> out);

 private:
  struct State;
  std::unique_ptr<State> state_;  // null: nothing to do
};

}  // namespace codec
