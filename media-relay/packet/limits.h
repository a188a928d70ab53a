#pragma once
// Limits of the packet room.

#include <cstddef>

namespace packet {

// Storage of one packet: half a page, so that two share one and none straddles a page border.
inline constexpr std::size_t kStorageBytes = 2048;
// Bytes kept free behind a received datagram, for what a later step appends (an SRTP tag and MKI, RFC 3711 3.1).
inline constexpr std::size_t kTailroomBytes = 128;
// The largest datagram that is relayed. Media is sized to fit an Ethernet frame (1500 bytes); what is larger is no
// media.
inline constexpr std::size_t kMaxDatagramBytes = kStorageBytes - kTailroomBytes;
// Packets in one batch: enough to spread the cost of waiting, few enough that the last one waits under 0.5 ms.
inline constexpr std::size_t kBatchPackets = 64;

}  // namespace packet
