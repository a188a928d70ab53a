#pragma once
// Binding requests and indications as ICE sends them (RFC 8445 section 7), and the responses to them. Whether the
// MESSAGE-INTEGRITY is right is for those to say who have the key: what it covers is handed out. Nothing allocates.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "media-relay/base/ip.h"

namespace stun {

// SHA-1's, of RFC 8489 14.5.
using Integrity = std::array<std::byte, 20>;
// What is hashed: a header that counts the message up to the end of MESSAGE-INTEGRITY, and what follows up to it.
struct Covered {
  std::array<char, 20> header;
  std::string_view attributes;
};

// A view into the datagram that was read.
struct Check {
  bool indication = false;
  std::string_view header;
  std::string_view username;  // empty: none
  std::optional<Integrity> integrity;
  Covered covered;  // by `integrity`
  std::optional<std::uint32_t> priority;
  bool controlling = false;  // the sender's role, as it says
  bool controlled = false;
  bool use_candidate = false;
  // Attributes that have to be understood and are not; the first few.
  std::array<std::uint16_t, 8> unknown{};
  std::size_t unknown_count = 0;
};

enum class Fault : std::uint8_t { Malformed, NoFingerprint, WrongFingerprint, NotBinding };
std::expected<Check, Fault> read_check(std::string_view datagram);

// A response is written in the order of its attributes; the integrity, if any, and the fingerprint are the last.
class ResponseWriter {
 public:
  // 20 for the header, 24 for an IPv6 address, 4 + 4 + 20 for an error and what was unknown, 24 and 8 for the end.
  static constexpr std::size_t kMaxBytes = 128;

  ResponseWriter(const Check& request, std::uint16_t type);
  void xor_mapped_address(const base::Endpoint& from);
  void error_code(unsigned code);  // without a phrase: who forges requests shall gain no bytes by it
  void unknown_attributes(const Check& request);
  Covered covered() const;
  void integrity(const Integrity& value);
  void fingerprint();
  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  void put16(std::uint32_t value);
  void put32(std::uint32_t value);
  void head(std::uint16_t type, std::size_t length);

  std::array<char, kMaxBytes> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace stun
