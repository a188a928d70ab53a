#pragma once
// Header extensions of RTP packets (RFC 8285), of which each side has agreed on its own, under identifiers of its own:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       0xBE    |    0xDE       |           length=3            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  ID   | L=0   |     data      |  ID   |  L=1  |   data...
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   (RFC 8285 4.2; the two-byte form is in 4.3)

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "media-relay/base/rare.h"

namespace rtp {

// By identifier as it comes: as it leaves; 0: it does not. Most are empty, and then small.
class ExtensionMap {
 public:
  std::uint8_t operator[](std::size_t id) const { return table_ ? (*table_)[id] : std::uint8_t{0}; }
  void set(std::uint8_t from, std::uint8_t to) {
    if (!table_) table_.emplace();
    (*table_)[from] = to;
  }

 private:
  base::Rare<std::array<std::uint8_t, 256>> table_;
};

// Overwrites with padding, in place, every element that does not leave, and whatever cannot be read, and renumbers the
// others; an extension of another form (RFC 3550 5.3.1) becomes padding as a whole. The packet is one that read_header
// has accepted. Returns its size, which is what it was unless an element of the one-byte form is to leave under an
// identifier that only the two-byte form has (15 and up): then all of them leave in that form. Where `storage` has no
// room for it, the extension becomes padding.
std::size_t map_extensions(std::span<std::byte> storage, std::size_t size, const ExtensionMap& map);

}  // namespace rtp
