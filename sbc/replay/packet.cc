#include "sbc/replay/packet.h"

#include <algorithm>
#include <array>

#include "sbc/replay/bytes.h"
#include "sbc/replay/limits.h"

namespace sbc::replay {
namespace {

constexpr std::uint32_t kNull = 0, kEthernet = 1, kRawBsd = 12, kRaw = 101, kLoop = 108, kCooked = 113, kIpv4 = 228,
                        kIpv6 = 229, kCooked2 = 276;
constexpr std::uint64_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kFragmentHeader = 44;

Unwrapped nothing() {
  return {};
}
Unwrapped because(Unusable why) {
  return {.packet = {}, .unusable = why, .fragment = {}};
}

Unwrapped of_v4(std::string_view bytes, std::int64_t at_us) {
  ByteCursor in(bytes);
  const auto first = in.big(1);
  in.skip(1);
  const auto total = in.big(2);
  const auto id = static_cast<std::uint32_t>(in.big(2));
  const auto part = in.big(2) & 0x3fff;  // more fragments, and the offset
  in.skip(1);
  const auto protocol = static_cast<std::uint8_t>(in.big(1));
  in.skip(2);
  const auto from = base::IpAddress::v4(static_cast<std::uint32_t>(in.big(4)));
  const auto to = base::IpAddress::v4(static_cast<std::uint32_t>(in.big(4)));
  const auto header = (first & 0xf) * 4;
  // Cards that cut for the kernel leave 0 as the length of what they will cut.
  const auto end = total == 0 ? bytes.size() : total;
  if (!in.good() || header < 20 || end < header || end > bytes.size()) return because(Unusable::Cut);
  if (protocol != kTcp && protocol != kUdp) return nothing();
  const auto inside = bytes.substr(header, end - header);
  if (part != 0)
    return {.packet = {},
            .unusable = {},
            .fragment = Fragment{.protocol = protocol,
                                 .from = from,
                                 .to = to,
                                 .id = id,
                                 .offset = (part & 0x1fff) * 8,
                                 .more = (part & 0x2000) != 0,
                                 .bytes = inside}};
  return unwrap_segment({.protocol = protocol, .from = from, .to = to, .bytes = inside}, at_us);
}

// RFC 8200 4.5. A whole datagram may have the header, too (RFC 6946).
Unwrapped part_of_v6(ByteCursor in, const base::IpAddress& from, const base::IpAddress& to) {
  const auto protocol = static_cast<std::uint8_t>(in.big(1));
  in.skip(1);
  const auto part = in.big(2);
  const auto id = static_cast<std::uint32_t>(in.big(4));
  if (!in.good()) return because(Unusable::Cut);
  if (protocol != kTcp && protocol != kUdp) return nothing();
  return {.packet = {},
          .unusable = {},
          .fragment = Fragment{.protocol = protocol,
                               .from = from,
                               .to = to,
                               .id = id,
                               .offset = part & 0xfff8,
                               .more = (part & 1) != 0,
                               .bytes = in.rest()}};
}

Unwrapped of_v6(std::string_view bytes, std::int64_t at_us) {
  ByteCursor in(bytes);
  in.skip(4);
  const auto length = in.big(2);
  auto next = static_cast<std::uint8_t>(in.big(1));
  in.skip(1);
  const auto address = [&in] {
    std::array<std::uint8_t, 16> raw{};
    const auto taken = in.take(16);
    std::ranges::transform(taken, raw.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return base::IpAddress::v6(raw);
  };
  const auto from = address();
  const auto to = address();
  if (!in.good() || length > in.rest().size()) return because(Unusable::Cut);
  ByteCursor body(length == 0 ? in.rest() : in.rest().substr(0, length));
  for (std::size_t i = 0; i < kMaxHeaders && next != kTcp && next != kUdp; ++i) {
    if (next == kFragmentHeader) return part_of_v6(body, from, to);
    if (next != 0 && next != 43 && next != 60) return nothing();  // hop-by-hop, routing, destination
    next = static_cast<std::uint8_t>(body.big(1));
    const auto more = body.big(1);
    body.skip(6 + more * 8);
    if (!body.good()) return because(Unusable::Cut);
  }
  if (next != kTcp && next != kUdp) return nothing();
  return unwrap_segment({.protocol = next, .from = from, .to = to, .bytes = body.rest()}, at_us);
}

Unwrapped of_ip(std::string_view bytes, std::int64_t at_us) {
  if (bytes.empty()) return because(Unusable::Cut);
  switch (static_cast<unsigned char>(bytes.front()) >> 4) {
    case 4:
      return of_v4(bytes, at_us);
    case 6:
      return of_v6(bytes, at_us);
    default:
      return nothing();
  }
}

Unwrapped of_ether(std::uint64_t type, ByteCursor in, std::int64_t at_us) {
  for (std::size_t i = 0; i < kMaxHeaders && (type == 0x8100 || type == 0x88a8 || type == 0x9100); ++i) {
    in.skip(2);
    type = in.big(2);
  }
  if (!in.good()) return because(Unusable::Cut);
  return type == kEtherIpv4 || type == kEtherIpv6 ? of_ip(in.rest(), at_us) : nothing();
}

}  // namespace

Unwrapped unwrap(const Record& record) {
  ByteCursor in(record.bytes);
  switch (record.link) {
    case kEthernet: {
      in.skip(12);
      const auto type = in.big(2);
      return of_ether(type, in, record.at_us);
    }
    case kCooked: {
      in.skip(14);
      const auto type = in.big(2);
      return of_ether(type, in, record.at_us);
    }
    case kCooked2: {
      const auto type = in.big(2);
      in.skip(18);
      return of_ether(type, in, record.at_us);
    }
    case kNull:
    case kLoop:
      in.skip(4);  // the family, in an order and by numbers that differ; the packet itself says it
      return in.good() ? of_ip(in.rest(), record.at_us) : because(Unusable::Cut);
    case kRawBsd:
    case kRaw:
    case kIpv4:
    case kIpv6:
      return of_ip(record.bytes, record.at_us);
    default:
      return because(Unusable::Link);
  }
}

// RFC 9293 3.1, RFC 768.
Unwrapped unwrap_segment(const Segment& segment, std::int64_t at_us) {
  ByteCursor in(segment.bytes);
  Packet packet{.at_us = at_us, .from = {segment.from, 0}, .to = {segment.to, 0}, .payload = {}};
  packet.from.port = static_cast<std::uint16_t>(in.big(2));
  packet.to.port = static_cast<std::uint16_t>(in.big(2));
  if (segment.protocol == kUdp) {
    const auto length = in.big(2);
    in.skip(2);
    if (!in.good() || length < 8 || length - 8 > in.rest().size()) return because(Unusable::Cut);
    packet.payload = in.rest().substr(0, length - 8);
    return {.packet = packet, .unusable = {}, .fragment = {}};
  }
  packet.kind = Packet::Kind::Tcp;
  auto sequence = static_cast<std::uint32_t>(in.big(4));
  in.skip(4);
  const auto offset = in.big(1) >> 4;
  const auto flags = in.big(1);
  in.skip(6);
  if (!in.good() || offset < 5) return because(Unusable::Cut);
  in.skip(offset * 4 - 20);
  if (!in.good()) return because(Unusable::Cut);
  if ((flags & 2) != 0) ++sequence;  // SYN takes a number
  packet.sequence = sequence;
  packet.payload = in.rest();
  return {.packet = packet, .unusable = {}, .fragment = {}};
}

}  // namespace sbc::replay
