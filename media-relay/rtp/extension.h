#pragma once
// Header extensions of RTP packets (RFC 8285), of which each side has agreed on its own:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       0xBE    |    0xDE       |           length=3            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  ID   | L=0   |     data      |  ID   |  L=1  |   data...
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   (RFC 8285 4.2; the two-byte form is in 4.3)

#include <bitset>
#include <cstddef>
#include <span>

namespace rtp {

// By identifier.
using ExtensionIds = std::bitset<256>;

// Overwrites with padding, in place, every element whose identifier is not `kept`, and whatever cannot be read; an
// extension of another form (RFC 3550 5.3.1) becomes padding as a whole. The packet is one that read_header has
// accepted, and keeps its length.
void keep_extensions(std::span<std::byte> packet, const ExtensionIds& kept);

}  // namespace rtp
