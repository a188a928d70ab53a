#pragma once
// The codecs that are understood, and what signalling says of them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codec {

// One sample of linear audio: 16 bits, one channel.
using Sample = std::int16_t;

enum class Coding : std::uint8_t { Pcmu, Pcma, G722, Opus };
inline constexpr std::size_t kCodings = 4;

// By the encoding name of SDP, in any case: "PCMU", "G722", "opus".
std::optional<Coding> coding_of(std::string_view name);
std::string_view name_of(Coding coding);

// Ticks of the RTP timestamp in a second. RFC 3551 4.5.2: G.722 samples at 16000 and counts at 8000. RFC 7587 4.1: Opus
// counts at 48000, whatever it codes.
unsigned clock_of(Coding coding);
// Samples in a second that it codes at best.
unsigned sample_rate_of(Coding coding);
// Whether a packet may hold this much audio. RFC 6716 2.1.4: Opus has frames of 10, 20, 40 and 60 ms (and shorter ones,
// which nobody wants on a telephone); the others are cut at any sample, but 10 ms is the grain here.
bool has_frame_of(Coding coding, unsigned ms);

// What the receiver of an Opus stream asks for (RFC 7587 6.1).
struct OpusParameters {
  unsigned max_playback_rate = 48'000;
  std::uint32_t max_average_bitrate = 0;  // 0: not said
  bool in_band_fec = false;
  bool constant_bitrate = false;
  friend bool operator==(const OpusParameters&, const OpusParameters&) = default;
};

// From the value of an fmtp attribute behind the payload type. What is unknown, or out of range, is ignored, as the RFC
// wants; so is `stereo`, since one channel is always allowed (7.1).
OpusParameters read_opus_parameters(std::string_view fmtp);

}  // namespace codec
