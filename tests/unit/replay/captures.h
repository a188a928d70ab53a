#pragma once
// Captures, built byte by byte.

#include <cstdint>
#include <string>
#include <string_view>

namespace sbc::replay::testing {

inline std::string big(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  return out;
}
inline std::string little(std::uint64_t value, std::size_t size) {
  const std::string turned = big(value, size);
  return {turned.rbegin(), turned.rend()};
}

inline constexpr std::uint32_t kFrom = 0xc0000205;  // 192.0.2.5
inline constexpr std::uint32_t kTo = 0xc6336401;    // 198.51.100.1

inline std::string udp(std::string_view payload, std::uint16_t from = 5070, std::uint16_t to = 5060) {
  return big(from, 2) + big(to, 2) + big(8 + payload.size(), 2) + big(0, 2) + std::string(payload);
}
inline std::string tcp(std::string_view payload, std::uint32_t sequence, std::uint8_t flags = 0x18) {
  return big(5070, 2) + big(5060, 2) + big(sequence, 4) + big(0, 4) + big(0x50, 1) + big(flags, 1) + big(0, 6) +
         std::string(payload);
}
inline std::string ipv4(std::string_view inside, std::uint8_t protocol = 17, std::uint16_t fragment = 0,
                        std::uint16_t id = 0) {
  return big(0x4500, 2) + big(20 + inside.size(), 2) + big(id, 2) + big(fragment, 2) + big(64, 1) + big(protocol, 1) +
         big(0, 2) + big(kFrom, 4) + big(kTo, 4) + std::string(inside);
}
inline std::string ipv6(std::string_view inside, std::uint8_t next = 17) {
  const std::string address = big(0x20010db800000000, 8) + big(0, 7);
  return big(0x60000000, 4) + big(inside.size(), 2) + big(next, 1) + big(64, 1) + address + "\x05" + address + "\x01" +
         std::string(inside);
}
inline std::string ethernet(std::string_view inside, std::uint16_t type = 0x0800) {
  return std::string(12, '\0') + big(type, 2) + std::string(inside);
}

// A pcap file in little-endian order with microseconds; each record a second after the one before.
struct Pcap {
  explicit Pcap(std::uint32_t link = 1)
      : bytes(little(0xa1b2c3d4, 4) + little(0x00040002, 4) + std::string(8, '\0') + little(65535, 4) +
              little(link, 4)) {}
  void add(std::string_view record) {
    bytes += little(++seconds, 4) + little(250'000, 4) + little(record.size(), 4) + little(record.size(), 4) +
             std::string(record);
  }
  std::string bytes;
  std::uint32_t seconds = 1'700'000'000;
};

inline std::string block(std::uint32_t type, std::string body, bool swapped = false) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto number = [swapped](std::uint64_t value) { return swapped ? big(value, 4) : little(value, 4); };
  return number(type) + number(12 + body.size()) + body + number(12 + body.size());
}

inline std::string chunk(std::uint16_t type, std::string_view value, std::uint16_t vendor = 0) {
  return big(vendor, 2) + big(type, 2) + big(6 + value.size(), 2) + std::string(value);
}
inline std::string hep(std::string_view chunks) {
  return "HEP3" + big(6 + chunks.size(), 2) + std::string(chunks);
}
inline std::string hep_sip(std::string_view payload, std::uint8_t protocol = 17) {
  return hep(chunk(1, big(2, 1)) + chunk(2, big(protocol, 1)) + chunk(3, big(kFrom, 4)) + chunk(4, big(kTo, 4)) +
             chunk(7, big(5070, 2)) + chunk(8, big(5060, 2)) + chunk(9, big(1'700'000'001, 4)) +
             chunk(10, big(250'000, 4)) + chunk(11, big(1, 1)) + chunk(12, big(77, 4)) + chunk(15, payload));
}

}  // namespace sbc::replay::testing
