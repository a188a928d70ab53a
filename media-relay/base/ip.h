#pragma once
// IP addresses and endpoints as values.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses are stored as IPv4, so that one peer has one form.
class IpAddress {
 public:
  IpAddress() = default;  // "unspecified, no family"
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);

  // Dotted quad or RFC 5952/4291 text, IPv6 with or without brackets; no zone, no name.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return family_ == 4; }
  bool is_v6() const { return family_ == 6; }
  bool empty() const { return family_ == 0; }
  bool is_any() const;       // 0.0.0.0 or ::
  bool is_loopback() const;  // 127/8 or ::1
  bool is_multicast() const;
  bool is_private() const;  // RFC 1918, RFC 6598, link-local, RFC 4193

  std::uint32_t v4_host_order() const;
  const std::array<std::uint8_t, 16>& v6_bytes() const { return bytes_; }

  std::string text() const;      // "192.0.2.1", "2001:db8::1"
  std::string uri_text() const;  // as text, IPv6 in brackets: for URIs and Via
  void append_to(std::string& out, bool brackets) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::uint8_t family_ = 0;
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four, network order
};

struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;

  // "192.0.2.1:5060" or "[2001:db8::1]:5060".
  static std::optional<Endpoint> parse(std::string_view text);
  std::string text() const;
  bool empty() const { return ip.empty(); }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct EndpointHash {
  std::size_t operator()(const Endpoint& e) const;
};

// A network prefix such as 192.0.2.0/24; a bare address is a full-length prefix.
struct Prefix {
  IpAddress ip;
  std::uint8_t length = 0;
  static std::optional<Prefix> parse(std::string_view text);
  bool contains(const IpAddress& other) const;
  std::string text() const;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

}  // namespace base
