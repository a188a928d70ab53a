#pragma once
// Comfort noise (RFC 3389) that is made for a listener who has none, from the sender's packet that tells of it until
// the sender speaks again.

#include <cstdint>

#include "media-relay/base/time.h"
#include "media-relay/codec/comfort_noise.h"
#include "media-relay/codec/resampler.h"

namespace flow {

// How long a listener hears comfort noise of which its sender has said nothing more. RFC 3389 5 leaves it to the sender
// how often it does; who is silent for longer has gone, and noise costs as much as audio.
inline constexpr base::Duration kLongestNoise = base::seconds(60);

struct NoiseStretch {
  // RFC 3389 5.1: CN in use with G.711 and G.722 has their clock. What is described is noise of that bandwidth.
  static constexpr unsigned kRate = 8000;

  explicit NoiseStretch(unsigned rate) : resampler(kRate, rate) {}
  void stop() {
    active = false;
    due = base::kNever;
  }

  codec::NoiseGenerator generator;
  codec::Resampler resampler;
  bool active = false;               // the sender is silent
  base::Instant due = base::kNever;  // the next frame; never: the listener hears nothing meanwhile
  base::Instant until{};             // nothing was told of it for too long
};

}  // namespace flow
