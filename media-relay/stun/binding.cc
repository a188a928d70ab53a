#include "media-relay/stun/binding.h"

#include <array>
#include <cstdint>
#include <vector>

#include "media-relay/stun/wire.h"

namespace stun {
namespace {

// Of one response: each costs its sender four bytes and us two.
constexpr std::size_t kUnknownTold = 16;

void put16(std::string& to, std::uint32_t value) {
  to += static_cast<char>(value >> 8 & 0xff);
  to += static_cast<char>(value & 0xff);
}
void put32(std::string& to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to, value & 0xffff);
}

// RFC 8489 14: what has to be understood is below 0x8000. These are, and without authentication they mean nothing here:
// USERNAME, MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, REALM, NONCE, USERHASH.
bool is_understood(std::uint16_t type) {
  switch (type) {
    case 0x0006:
    case 0x0008:
    case 0x0014:
    case 0x0015:
    case 0x001c:
    case 0x001d:
    case 0x001e:
      return true;
    default:
      return type >= 0x8000;
  }
}

struct Request {
  std::vector<std::uint16_t> unknown;
  bool fingerprint = false;
};

std::optional<Request> parse(std::string_view datagram) {
  if (!looks_like_stun(datagram) || get16(datagram, 0) != kBindingRequest) return std::nullopt;
  if (get16(datagram, 2) != datagram.size() - kHeaderBytes) return std::nullopt;
  Request request;
  for (std::size_t at = kHeaderBytes; at < datagram.size();) {
    // Lengths are without the padding to four bytes.
    if (datagram.size() - at < 4 || request.fingerprint) return std::nullopt;  // the fingerprint is the last
    const std::uint16_t type = get16(datagram, at);
    const std::size_t length = get16(datagram, at + 2);
    const std::size_t padded = (length + 3) & ~std::size_t{3};
    if (datagram.size() - at - 4 < padded) return std::nullopt;
    if (type == kFingerprint) {
      if (length != 4 || get32(datagram, at + 4) != (crc32(datagram.substr(0, at)) ^ kFingerprintXor))
        return std::nullopt;
      request.fingerprint = true;
    } else if (!is_understood(type) && request.unknown.size() < kUnknownTold) {
      request.unknown.push_back(type);
    }
    at += 4 + padded;
  }
  return request;
}

std::string mapped_address(std::string_view header, const base::Endpoint& from) {
  std::string value;
  put16(value, from.ip.is_v6() ? 2 : 1);
  put16(value, from.port ^ kCookie >> 16);
  if (from.ip.is_v4()) {
    put32(value, from.ip.v4_host_order() ^ kCookie);
    return value;
  }
  // RFC 8489 14.2: with the cookie and the transaction ID, as they stand in the header.
  const std::array<std::uint8_t, 16> address = from.ip.v6_bytes();
  for (std::size_t i = 0; i < address.size(); ++i)
    value += static_cast<char>(address[i] ^ static_cast<std::uint8_t>(header[4 + i]));
  return value;
}

void put_attribute(std::string& to, std::uint16_t type, std::string_view value) {
  put16(to, type);
  put16(to, static_cast<std::uint32_t>(value.size()));
  to += value;
  while (to.size() % 4 != 0) to += '\0';
}

std::string message(std::uint16_t type, std::string_view header, std::string_view attributes, bool fingerprint) {
  std::string out;
  put16(out, type);
  put16(out, static_cast<std::uint32_t>(attributes.size() + (fingerprint ? 8 : 0)));
  out.append(header.substr(4, 16)).append(attributes);
  if (!fingerprint) return out;
  std::string value;
  put32(value, crc32(out) ^ kFingerprintXor);
  put_attribute(out, kFingerprint, value);
  return out;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

bool looks_like_stun(std::string_view datagram) {
  return datagram.size() >= kHeaderBytes && (static_cast<std::uint8_t>(datagram[0]) & 0xc0) == 0 &&
         get32(datagram, 4) == kCookie;
}

std::optional<std::string> answer_binding(std::string_view datagram, const base::Endpoint& from) {
  const std::optional<Request> request = parse(datagram);
  if (!request || from.port == 0) return std::nullopt;
  const std::string_view header = datagram.substr(0, kHeaderBytes);
  std::string attributes;
  if (request->unknown.empty()) {
    put_attribute(attributes, kXorMappedAddress, mapped_address(header, from));
    return message(kBindingSuccess, header, attributes, request->fingerprint);
  }
  std::string code;
  put32(code, 4 << 8 | 20);  // 420, without a phrase: who forges requests shall gain no bytes by it
  put_attribute(attributes, kErrorCode, code);
  std::string types;
  for (const std::uint16_t type : request->unknown) put16(types, type);
  put_attribute(attributes, kUnknownAttributes, types);
  return message(kBindingError, header, attributes, request->fingerprint);
}

}  // namespace stun
