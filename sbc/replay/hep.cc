#include "sbc/replay/hep.h"

#include <algorithm>
#include <array>

#include "sbc/replay/bytes.h"

namespace sbc::replay {
namespace {

constexpr std::uint64_t kGeneric = 0;  // the vendor
enum Chunk : std::uint64_t {
  kProtocol = 2,
  kFrom4 = 3,
  kTo4 = 4,
  kFrom6 = 5,
  kTo6 = 6,
  kFromPort = 7,
  kToPort = 8,
  kSeconds = 9,
  kMicroseconds = 10,
  kType = 11,
  kPayload = 15,
};
constexpr std::uint64_t kOverTcp = 6, kOverUdp = 17, kSip = 1;
constexpr std::size_t kHead = 6;

base::IpAddress v4(std::string_view value) {
  return value.size() == 4 ? base::IpAddress::v4(static_cast<std::uint32_t>(ByteCursor(value).big(4)))
                           : base::IpAddress{};
}

base::IpAddress v6(std::string_view value) {
  if (value.size() != 16) return {};
  std::array<std::uint8_t, 16> raw{};
  std::ranges::transform(value, raw.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return base::IpAddress::v6(raw);
}

}  // namespace

std::nullopt_t HepReader::fail(const char* why) {
  error_ = "byte " + std::to_string(all_.size() - rest_.size()) + ": " + why;
  rest_ = {};
  return std::nullopt;
}

// nullopt: no SIP. Lengths have been checked against the packet's.
std::optional<Packet> HepReader::read(std::string_view chunks) {
  Packet packet;
  std::uint64_t protocol = 0, type = 0, seconds = 0, micros = 0;
  ByteCursor in(chunks);
  while (!in.rest().empty()) {
    const auto vendor = in.big(2);
    const auto chunk = in.big(2);
    const auto size = in.big(2);
    if (!in.good() || size < kHead || size - kHead > in.rest().size()) {
      error_ = "a chunk is longer than its packet";
      return std::nullopt;
    }
    const auto value = in.take(size - kHead);
    if (vendor != kGeneric) continue;
    // Numbers have their own sizes; of a longer one the last bytes count, as in any big-endian number.
    const auto number = [value] { return ByteCursor(value).big(std::min<std::size_t>(value.size(), 8)); };
    switch (chunk) {
      case kProtocol:
        protocol = number();
        break;
      case kFrom4:
        packet.from.ip = v4(value);
        break;
      case kTo4:
        packet.to.ip = v4(value);
        break;
      case kFrom6:
        packet.from.ip = v6(value);
        break;
      case kTo6:
        packet.to.ip = v6(value);
        break;
      case kFromPort:
        packet.from.port = static_cast<std::uint16_t>(number());
        break;
      case kToPort:
        packet.to.port = static_cast<std::uint16_t>(number());
        break;
      case kSeconds:
        seconds = number();
        break;
      case kMicroseconds:
        micros = number();
        break;
      case kType:
        type = number();
        break;
      case kPayload:
        packet.payload = value;
        break;
      default:
        break;
    }
  }
  const bool whole = !packet.from.ip.empty() && !packet.to.ip.empty() && seconds <= UINT32_MAX && micros < 1'000'000;
  if (type != kSip || (protocol != kOverTcp && protocol != kOverUdp) || !whole) return std::nullopt;
  packet.kind = protocol == kOverTcp ? Packet::Kind::Tcp : Packet::Kind::Udp;
  packet.at_us = static_cast<std::int64_t>(seconds * 1'000'000 + micros);
  return packet;
}

std::optional<Packet> HepReader::next() {
  while (!rest_.empty()) {
    if (!begins(rest_)) return fail("a packet of HEP begins with HEP3");
    ByteCursor in(rest_.substr(4));
    const auto size = in.big(2);
    if (!in.good() || size < kHead) return fail("a packet has no length");
    if (size > rest_.size()) return fail("the capture is cut off inside of a packet");
    auto packet = read(rest_.substr(kHead, size - kHead));
    if (!error_.empty()) {
      const std::string why = error_;
      return fail(why.c_str());
    }
    rest_.remove_prefix(size);
    if (packet) return packet;
  }
  return std::nullopt;
}

}  // namespace sbc::replay
