#include "media-relay/rtp/header.h"

#include "media-relay/rtp/wire.h"

namespace rtp {

std::optional<Header> read_header(std::span<const std::byte> datagram) {
  if (datagram.size() < kFixedHeaderBytes) return std::nullopt;
  const std::uint8_t first = read_u8(datagram, 0);
  const std::uint8_t second = read_u8(datagram, 1);
  if (first >> 6 != 2) return std::nullopt;
  Header h;
  h.marker = (second & 0x80) != 0;
  h.payload_type = second & 0x7f;
  // RFC 5761 section 4: these values would read as RTCP packet types.
  if (h.payload_type >= 64 && h.payload_type <= 95 && h.marker) return std::nullopt;
  h.sequence = read_u16(datagram, 2);
  h.timestamp = read_u32(datagram, 4);
  h.ssrc = read_u32(datagram, 8);
  h.csrc_count = first & 0x0f;
  std::size_t at = kFixedHeaderBytes + std::size_t{4} * h.csrc_count;
  if (at > datagram.size()) return std::nullopt;
  if ((first & 0x10) != 0) {  // RFC 3550 5.3.1: 16 bits of profile, 16 bits of length in words
    if (at + 4 > datagram.size()) return std::nullopt;
    at += 4 + std::size_t{4} * read_u16(datagram, at + 2);
    if (at > datagram.size()) return std::nullopt;
  }
  h.payload_offset = at;
  h.payload_size = datagram.size() - at;
  if ((first & 0x20) != 0) {  // the last byte counts the padding, itself included
    if (h.payload_size == 0) return std::nullopt;
    const std::uint8_t padding = read_u8(datagram, datagram.size() - 1);
    if (padding == 0 || padding > h.payload_size) return std::nullopt;
    h.payload_size -= padding;
  }
  return h;
}

}  // namespace rtp
