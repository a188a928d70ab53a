#pragma once
// What a datagram on a media port is, by its first bytes.

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

enum class Kind : std::uint8_t { Empty, Stun, Zrtp, Dtls, TurnChannel, Rtp, Rtcp, Unknown };

// RFC 7983 section 7 for the first byte; between RTP and RTCP the second byte decides as in RFC 5761 section 4 (packet
// types 192 to 223 are RTCP), on multiplexed and on separate ports alike: payload types 64 to 95 are not used with RTP.
Kind classify(std::span<const std::byte> datagram);

}  // namespace rtp
