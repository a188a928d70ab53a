#pragma once
// Every limit of the room, with its reason.

#include <cstddef>
#include <cstdint>

namespace sbc::sdp {

struct Limits {
  // A description travels in a SIP body; 64 KiB is what one UDP datagram can hold. The largest offers seen from
  // browsers, with every codec and candidate, stay under 20 KiB.
  std::size_t bytes = 65'535;
  // Lines of one description: a browser's offer with audio, video and data has about 200.
  std::size_t lines = 2'048;
  // Media lines: each costs a pair of relay ports. Calls use one to three; slots are never removed (RFC 3264 8), so
  // a long call that adds and refuses streams keeps growing.
  std::size_t media = 32;
  // Formats of one media line: RTP has 128 payload types (RFC 3550 5.1).
  std::size_t formats = 128;
};

// Streams that an m-line may call its own: what the relay takes (media-relay/control/limits.h).
inline constexpr std::size_t kMaxSources = 16;

// a=crypto lines that are looked at in one m-line: there are eight suites, and phones offer each once or twice.
inline constexpr std::size_t kMaxCryptoLines = 16;
// Keys in one of them, and bytes of an MKI: what the relay takes (media-relay/control/limits.h).
inline constexpr std::size_t kMaxCryptoKeys = 4;
inline constexpr std::size_t kMaxMkiBytes = 32;

// a=ptime and a=maxptime that a rule may set, in milliseconds: below five a packet is mostly headers, and above 200 no
// codec of a call has any (RFC 3551 4.2).
inline constexpr std::uint32_t kMinPacketTime = 5;
inline constexpr std::uint32_t kMaxPacketTime = 200;

// Of a peer's handshake: what the relay takes (media-relay/control/limits.h), RFC 8839 5.4 and RFC 8842 4.
inline constexpr std::size_t kMaxFingerprints = 8;
inline constexpr std::size_t kMaxIceCredential = 256;
inline constexpr std::size_t kMaxTlsId = 255;

}  // namespace sbc::sdp
