#pragma once
// What a capture holds, in three steps: records as the file has them, the packets of UDP and TCP in them, and their
// payloads. Views into the capture.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "media-relay/base/ip.h"

namespace sbc::replay {

struct Record {
  std::int64_t at_us = 0;  // since 1970
  std::uint32_t link = 0;  // LINKTYPE_... of tcpdump.org/linktypes.html
  std::string_view bytes;
};

struct Packet {
  enum class Kind : std::uint8_t { Udp, Tcp };
  Kind kind = Kind::Udp;
  std::int64_t at_us = 0;
  base::Endpoint from, to;
  std::string_view payload;
  // Of TCP, when the capture knows them (HEP brings whole messages and does not).
  std::optional<std::uint32_t> sequence{};
};

// Why a record gives no packet. Other protocols are no fault and are nothing.
enum class Unusable : std::uint8_t {
  Link,  // of a link type that is not read
  Cut,   // shorter than its headers say
};

// A part of an IP datagram: fragments.h puts them together.
struct Fragment {
  std::uint8_t protocol = 0;
  base::IpAddress from, to;
  std::uint32_t id = 0;
  std::size_t offset = 0;
  bool more = false;
  std::string_view bytes;
};

struct Unwrapped {
  std::optional<Packet> packet;
  std::optional<Unusable> unusable;
  std::optional<Fragment> fragment;
};

// Ethernet (with VLAN tags), raw IP, loopback (BSD) and cooked Linux captures (SLL, SLL2); IPv4 (RFC 791) and IPv6
// (RFC 8200).
Unwrapped unwrap(const Record& record);

// What IP carries, behind all of its headers.
struct Segment {
  std::uint8_t protocol = 0;
  base::IpAddress from, to;
  std::string_view bytes;
};
Unwrapped unwrap_segment(const Segment& segment, std::int64_t at_us);

}  // namespace sbc::replay
