#pragma once
// Limits of the codec room.

#include <cstddef>
#include <cstdint>

namespace codec {

// The most audio that one payload may hold: an Opus packet ends at 120 ms (RFC 6716 3.4, [R5]), and nobody sends more
// of anything else in one packet.
inline constexpr unsigned kMaxPayloadMs = 120;
// Its samples at the highest rate, 48000.
inline constexpr std::size_t kMaxSamples = kMaxPayloadMs * 48;

// What an encoder may write for one frame: G.722 at 60 ms takes 480 bytes, G.711 as much; an Opus frame at most 1275
// (RFC 6716 3.2.1).
inline constexpr std::size_t kMaxPayloadBytes = 1275;

// RFC 7587 6.1: a maxaveragebitrate outside of these is ignored.
inline constexpr std::uint32_t kMinOpusBitrate = 6000;
inline constexpr std::uint32_t kMaxOpusBitrate = 510'000;

// Reflection coefficients of comfort noise that are used (RFC 3389 3: a decoder may reduce the order). G.711 appendix
// II goes to 10.
inline constexpr std::size_t kMaxNoiseOrder = 10;

// One file of an announcement or music: ten minutes at 48000 Hz, 16 bits.
inline constexpr std::size_t kMaxWavBytes = std::size_t{600} * 48'000 * 2 + 4096;

}  // namespace codec
