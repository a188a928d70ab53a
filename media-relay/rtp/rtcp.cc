#include "media-relay/rtp/rtcp.h"

namespace rtp {

std::optional<RtcpPacket> read_rtcp_packet(std::span<const std::byte> datagram, std::size_t offset) {
  if (offset > datagram.size() || datagram.size() - offset < kRtcpHeaderBytes) return std::nullopt;
  const std::uint8_t first = read_u8(datagram, offset);
  if (first >> 6 != 2) return std::nullopt;
  RtcpPacket p;
  p.type = read_u8(datagram, offset + 1);
  if (p.type < 192 || p.type > 223) return std::nullopt;  // RFC 5761 section 4
  p.count = first & 0x1f;
  p.offset = offset;
  p.size = kRtcpHeaderBytes + std::size_t{4} * read_u16(datagram, offset + 2);
  if (p.size > datagram.size() - offset) return std::nullopt;
  return p;
}

std::optional<Compound> read_compound(std::span<const std::byte> datagram) {
  Compound compound;
  std::size_t at = 0;
  while (at < datagram.size()) {
    const auto p = read_rtcp_packet(datagram, at);
    if (!p) return std::nullopt;
    if (compound.packets == 0) {
      compound.first_type = p->type;
      if (p->size >= 8) compound.sender_ssrc = read_u32(datagram, 4);
    }
    ++compound.packets;
    at += p->size;
  }
  if (compound.packets == 0) return std::nullopt;
  return compound;
}

}  // namespace rtp
