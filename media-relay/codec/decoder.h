#pragma once
// From payloads to linear audio. One decoder belongs to one stream, whose payloads it must be given in their order.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "media-relay/codec/format.h"

namespace codec {

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Samples in a second of what `decode` writes.
  virtual unsigned rate() const = 0;
  // Writes the audio of one payload and returns how many samples it is; nullopt, and nothing changed, when the payload
  // is none of this codec or does not fit. `out` should hold kMaxPayloadMs.
  virtual std::optional<std::size_t> decode(std::span<const std::byte> payload, std::span<Sample> out) = 0;
  // Fills `out` in place of lost payloads. `next` is the payload that came behind them, which is given to `decode`
  // afterwards: Opus may have a copy of what was lost in it (RFC 6716 2.1.7). At most kMaxPayloadMs at once.
  virtual void conceal(std::span<Sample> out, std::span<const std::byte> next) = 0;
};

// `rate` is used by Opus alone, which decodes to any of 8000, 16000 and 48000; the others have one rate each. Never
// null.
std::unique_ptr<Decoder> make_decoder(Coding coding, unsigned rate);

}  // namespace codec
