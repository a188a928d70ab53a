#include "media-relay/recording/pcap_file.h"

#include <array>
#include <vector>

namespace recording {
namespace {

constexpr std::uint32_t kMagic = 0xa1b2c3d4;  // microseconds
constexpr std::uint32_t kLinkTypeRaw = 101;
constexpr std::uint32_t kSnapLength = 65535;
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHopLimit = 64;

class Bytes {
 public:
  void little(std::uint32_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i, value >>= 8) out_.push_back(static_cast<std::byte>(value & 0xff));
  }
  void big(std::uint32_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) out_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
  }
  void address(const base::IpAddress& ip) {
    if (ip.is_v4()) return big(ip.v4_host_order(), 4);
    for (const std::uint8_t b : ip.v6_bytes()) out_.push_back(static_cast<std::byte>(b));
  }
  void set_big16(std::size_t at, std::uint16_t value) {
    out_[at] = static_cast<std::byte>(value >> 8);
    out_[at + 1] = static_cast<std::byte>(value & 0xff);
  }
  std::span<const std::byte> view() const { return out_; }
  std::size_t size() const { return out_.size(); }

 private:
  std::vector<std::byte> out_;
};

// RFC 1071.
std::uint32_t sum(std::span<const std::byte> bytes, std::uint32_t before) {
  for (std::size_t i = 0; i < bytes.size(); ++i) before += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (before >> 16 != 0) before = (before & 0xffff) + (before >> 16);
  return before;
}

std::uint16_t checksum(std::uint32_t sum) {
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

// RFC 791 3.1.
void put_v4(Bytes& out, const Datagram& d, std::size_t udp) {
  const std::size_t at = out.size();
  out.big(0x4500, 2);
  out.big(static_cast<std::uint32_t>(20 + udp), 2);
  out.big(0, 4);
  out.big(kHopLimit, 1);
  out.big(kUdp, 1);
  out.big(0, 2);
  out.address(d.from.ip);
  out.address(d.to.ip);
  out.set_big16(at + 10, checksum(sum(out.view().subspan(at, 20), 0)));
}

// RFC 8200 3.
void put_v6(Bytes& out, const Datagram& d, std::size_t udp) {
  out.big(0x60000000, 4);
  out.big(static_cast<std::uint32_t>(udp), 2);
  out.big(kUdp, 1);
  out.big(kHopLimit, 1);
  out.address(d.from.ip);
  out.address(d.to.ip);
}

void put_udp(Bytes& out, const Datagram& d, std::size_t udp) {
  const std::size_t at = out.size();
  out.big(d.from.port, 2);
  out.big(d.to.port, 2);
  out.big(static_cast<std::uint32_t>(udp), 2);
  out.big(0, 2);
  // RFC 768, RFC 8200 8.1: over the addresses, the protocol and the length as well.
  Bytes pseudo;
  pseudo.address(d.from.ip);
  pseudo.address(d.to.ip);
  pseudo.big(static_cast<std::uint32_t>(udp), 4);
  pseudo.big(kUdp, 4);
  std::uint32_t s = sum(pseudo.view(), 0);
  s = sum(out.view().subspan(at), s);
  s = sum(d.payload, s);
  const std::uint16_t check = checksum(s);
  out.set_big16(at + 6, check == 0 ? 0xffff : check);
}

std::uint32_t little_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

}  // namespace

void begin_pcap(PartFile& file) {
  Bytes out;
  out.little(kMagic, 4);
  out.little(2, 2);
  out.little(4, 2);
  out.little(0, 8);
  out.little(kSnapLength, 4);
  out.little(kLinkTypeRaw, 4);
  file.append(out.view());
}

void append_pcap(PartFile& file, const Datagram& d) {
  const std::size_t udp = kUdpHeader + d.payload.size();
  const bool v4 = d.from.ip.is_v4();
  const auto size = static_cast<std::uint32_t>((v4 ? 20 : 40) + udp);
  const auto us = std::chrono::duration_cast<base::microseconds>(d.time).count();
  Bytes out;
  out.little(static_cast<std::uint32_t>(us / 1'000'000), 4);
  out.little(static_cast<std::uint32_t>(us % 1'000'000), 4);
  out.little(size, 4);
  out.little(size, 4);
  if (v4)
    put_v4(out, d, udp);
  else
    put_v6(out, d, udp);
  put_udp(out, d, udp);
  file.append(out.view());
  file.append(d.payload);
}

std::expected<void, std::string> mend_pcap(PartFile& file) {
  std::array<std::byte, kRecordHeader> header;
  std::uint64_t at = kFileHeader;
  while (file.read(at, header) == header.size()) {
    const std::uint64_t next = at + kRecordHeader + little_at(header, 8);
    if (next > file.size()) break;
    at = next;
  }
  if (file.size() < kFileHeader) return std::unexpected("expected a pcap file");
  return file.cut(at);
}

}  // namespace recording
