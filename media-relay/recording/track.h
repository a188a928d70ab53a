#pragma once
// What one side says, as audio with a place in time. Packets are decoded as they come; where they belong is what their
// RTP timestamps say, as long as that is about when they came. What is missing is silence.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/codec/decoder.h"
#include "media-relay/codec/resampler.h"
#include "media-relay/rtp/header.h"

namespace recording {

struct Format {
  codec::Coding coding = codec::Coding::Pcmu;
  std::uint8_t payload_type = 0;
  friend bool operator==(const Format&, const Format&) = default;
};

class Track {
 public:
  // `rate`: samples in a second of what comes out.
  explicit Track(unsigned rate) : rate_(rate) {}

  // What the side may send from now on. Without one, the payload types of RFC 3551 section 6 (0, 8 and 9) are known.
  void set_formats(std::vector<Format> formats) { formats_ = std::move(formats); }

  struct Placed {
    std::int64_t at = 0;  // sample, from the beginning of the recording
    std::span<const codec::Sample> samples;
  };
  // `since`: from the beginning of the recording. nullopt: no audio that is known (telephone-events, comfort noise), or
  // too late for its decoder. The samples are valid until the next call.
  // `coding`: known otherwise.
  std::optional<Placed> take(const rtp::Header& header, std::span<const std::byte> payload, base::Duration since,
                             std::optional<codec::Coding> coding = {});

 private:
  struct Voice {  // one source in one format
    Format format;
    std::uint32_t ssrc = 0;
    std::unique_ptr<codec::Decoder> decoder;
    codec::Resampler resampler;
    std::uint16_t sequence = 0;   // the last one decoded
    std::uint32_t timestamp = 0;  // likewise
    std::int64_t at = 0;          // where that was
  };
  std::optional<Format> format_of(std::uint8_t payload_type) const;
  std::int64_t place(const rtp::Header& header, const Format& format, std::int64_t arrived) const;

  unsigned rate_;
  std::vector<Format> formats_;
  std::optional<Voice> voice_;
  std::vector<codec::Sample> decoded_;    // scratch
  std::vector<codec::Sample> resampled_;  // likewise
};

}  // namespace recording
