#pragma once
// From linear audio to payloads.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "media-relay/codec/format.h"

namespace codec {

class Encoder {
 public:
  virtual ~Encoder() = default;

  // Samples in a second of what `encode` takes.
  virtual unsigned rate() const = 0;
  // Codes one frame, of a length that `has_frame_of` allows, into `out`, which holds kMaxPayloadBytes. Returns the
  // bytes written; nullopt for a frame of another length.
  virtual std::optional<std::size_t> encode(std::span<const Sample> frame, std::span<std::byte> out) = 0;
};

// `rate` is used by Opus alone: 8000, 16000 or 48000. `opus` is what the receiver asked for. Never null.
std::unique_ptr<Encoder> make_encoder(Coding coding, unsigned rate, const OpusParameters& opus = {});

}  // namespace codec
