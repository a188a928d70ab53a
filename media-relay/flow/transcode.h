#pragma once
// What becomes of audio on its way to one side that does not speak the other side's codec: plain values, part of
// flow::Spec.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/codec/format.h"
#include "media-relay/flow/repair.h"

namespace flow {

struct AudioFormat {
  codec::Coding coding = codec::Coding::Pcmu;
  std::uint8_t payload_type = 0;
  codec::OpusParameters opus = {};  // what the receiver asks for; of Opus alone
  friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

struct Transcode {
  std::vector<AudioFormat> from;  // as the other side sends; at least one, at most kMaxAudioFormats
  AudioFormat to;                 // as this side wants it
  unsigned ptime_ms = 20;         // of audio in each packet towards this side
  // telephone-events of the other side: from its payload type and clock to this side's. `use` is not looked at.
  std::vector<PayloadRule> events = {};
  // Payload types of comfort noise (RFC 3389): the other side's, and this side's. Without the second one the noise is
  // made here and coded as audio; the second one alone is of no use.
  std::optional<std::uint8_t> noise_from = {};
  std::optional<std::uint8_t> noise_to = {};
  friend bool operator==(const Transcode&, const Transcode&) = default;
};

// Empty, or what is wrong with it.
std::string check(const Transcode& transcode);

// What transcoding has done, to be summed.
struct TranscodeCounts {
  std::uint64_t decoded = 0;    // packets, of comfort noise that is made here as well
  std::uint64_t encoded = 0;    // packets
  std::uint64_t passed = 0;     // telephone-events and comfort noise
  std::uint64_t concealed = 0;  // gaps that were filled
  std::uint64_t undecodable = 0;
};

}  // namespace flow
