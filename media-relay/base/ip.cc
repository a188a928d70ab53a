#include "media-relay/base/ip.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "media-relay/base/hash.h"

namespace base {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Int>
std::optional<Int> parse_number(std::string_view text, Int most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return static_cast<Int>(value);
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress a;
  a.family_ = 4;
  for (int i = 0; i < 4; ++i) a.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return a;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress a;
  if (std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0) {
    a.family_ = 4;
    std::memcpy(a.bytes_.data(), bytes.data() + 12, 4);
    return a;
  }
  a.family_ = 6;
  a.bytes_ = bytes;
  return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = 0;
  if (text.find(':') == std::string_view::npos) {
    in_addr in{};
    if (inet_pton(AF_INET, buffer, &in) != 1) return std::nullopt;
    return v4(ntohl(in.s_addr));
  }
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, buffer, bytes.data()) != 1) return std::nullopt;
  return v6(bytes);
}

std::uint32_t IpAddress::v4_host_order() const {
  return (std::uint32_t{bytes_[0]} << 24) | (std::uint32_t{bytes_[1]} << 16) | (std::uint32_t{bytes_[2]} << 8) |
         bytes_[3];
}

bool IpAddress::is_any() const {
  return family_ != 0 && bytes_ == std::array<std::uint8_t, 16>{};
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return is_v6() && bytes_ == one;
}

bool IpAddress::is_multicast() const {
  if (is_v4()) return (bytes_[0] & 0xf0) == 0xe0;
  return is_v6() && bytes_[0] == 0xff;
}

bool IpAddress::is_private() const {
  if (is_v4()) {
    return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
           (bytes_[0] == 192 && bytes_[1] == 168) || (bytes_[0] == 100 && (bytes_[1] & 0xc0) == 64) ||
           (bytes_[0] == 169 && bytes_[1] == 254);
  }
  return is_v6() && ((bytes_[0] & 0xfe) == 0xfc || (bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80));
}

void IpAddress::append_to(std::string& out, bool brackets) const {
  char buffer[INET6_ADDRSTRLEN];
  if (empty()) return;
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  if (brackets && is_v6()) {
    out += '[';
    out += buffer;
    out += ']';
  } else {
    out += buffer;
  }
}

std::string IpAddress::text() const {
  std::string out;
  append_to(out, false);
  return out;
}

std::string IpAddress::uri_text() const {
  std::string out;
  append_to(out, true);
  return out;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  // An IPv6 address needs brackets here, or its last group would be taken for the port.
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) return std::nullopt;
  const auto ip = IpAddress::parse(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 65535);
  if (!ip || !port) return std::nullopt;
  return Endpoint{*ip, *port};
}

std::string Endpoint::text() const {
  std::string out;
  ip.append_to(out, true);
  out += ':';
  out += std::to_string(port);
  return out;
}

std::size_t EndpointHash::operator()(const Endpoint& e) const {
  char key[19];
  key[0] = e.ip.is_v4() ? 4 : 6;
  std::memcpy(key + 1, e.ip.v6_bytes().data(), 16);
  std::memcpy(key + 17, &e.port, 2);
  return StringHash{}(std::string_view(key, sizeof key));
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto ip = IpAddress::parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const std::uint8_t full = ip->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Prefix{*ip, full};
  const auto length = parse_number<std::uint8_t>(text.substr(slash + 1), full);
  if (!length) return std::nullopt;
  return Prefix{*ip, *length};
}

bool Prefix::contains(const IpAddress& other) const {
  if (ip.is_v4() != other.is_v4() || other.empty()) return false;
  const std::size_t whole = length / 8;
  if (std::memcmp(ip.v6_bytes().data(), other.v6_bytes().data(), whole) != 0) return false;
  const unsigned rest = length % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffu << (8 - rest) & 0xffu;
  return (ip.v6_bytes()[whole] & mask) == (other.v6_bytes()[whole] & mask);
}

std::string Prefix::text() const {
  return ip.text() + "/" + std::to_string(length);
}

}  // namespace base
