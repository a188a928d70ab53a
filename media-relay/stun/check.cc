#include "media-relay/stun/check.h"

#include <algorithm>
#include <cstring>

#include "media-relay/stun/binding.h"
#include "media-relay/stun/wire.h"

namespace stun {
namespace {

// RFC 8489 5 and 14.5: the length in the header is without the header, and with the integrity's own 24 bytes.
Covered cover(std::string_view message, std::size_t end) {
  Covered out;
  std::copy_n(message.data(), kHeaderBytes, out.header.begin());
  const std::size_t length = end - kHeaderBytes + kIntegrityBytes;
  out.header[2] = static_cast<char>(length >> 8 & 0xff);
  out.header[3] = static_cast<char>(length & 0xff);
  out.attributes = message.substr(kHeaderBytes, end - kHeaderBytes);
  return out;
}

// One attribute in front of the integrity. False when its length is not what it has to be.
bool take(Check& check, std::uint16_t type, std::string_view value) {
  switch (type) {
    case kUsername:
      check.username = value;
      return !value.empty();
    case kPriority:
      if (value.size() != 4) return false;
      check.priority = get32(value, 0);
      return true;
    case kUseCandidate:
      check.use_candidate = true;
      return value.empty();
    case kIceControlling:
      check.controlling = true;
      return value.size() == 8;
    case kIceControlled:
      check.controlled = true;
      return value.size() == 8;
    default:
      break;
  }
  // RFC 8489 14: what has to be understood is below 0x8000.
  if (type < 0x8000 && check.unknown_count < check.unknown.size()) check.unknown[check.unknown_count++] = type;
  return true;
}

std::expected<Check, Fault> read_head(std::string_view datagram) {
  if (!looks_like_stun(datagram) || get16(datagram, 2) != datagram.size() - kHeaderBytes || datagram.size() % 4 != 0)
    return std::unexpected(Fault::Malformed);
  const std::uint16_t type = get16(datagram, 0);
  if (type != kBindingRequest && type != kBindingIndication) return std::unexpected(Fault::NotBinding);
  // RFC 8445 7.3: FINGERPRINT must be used. It is checked first: a message that only looks like STUN ends here.
  const std::size_t end = datagram.size() - kFingerprintBytes;
  if (datagram.size() < kHeaderBytes + kFingerprintBytes || get16(datagram, end) != kFingerprint ||
      get16(datagram, end + 2) != 4)
    return std::unexpected(Fault::NoFingerprint);
  if (get32(datagram, end + 4) != (crc32(datagram.substr(0, end)) ^ kFingerprintXor))
    return std::unexpected(Fault::WrongFingerprint);
  Check check;
  check.indication = type == kBindingIndication;
  check.header = datagram.substr(0, kHeaderBytes);
  return check;
}

}  // namespace

std::expected<Check, Fault> read_check(std::string_view datagram) {
  auto check = read_head(datagram);
  if (!check) return check;
  const std::string_view message = datagram.substr(0, datagram.size() - kFingerprintBytes);
  for (std::size_t at = kHeaderBytes; at < message.size();) {
    if (message.size() - at < 4) return std::unexpected(Fault::Malformed);
    const std::uint16_t type = get16(message, at);
    const std::size_t length = get16(message, at + 2);
    const std::size_t padded = (length + 3) & ~std::size_t{3};
    if (message.size() - at - 4 < padded) return std::unexpected(Fault::Malformed);
    const std::string_view value = message.substr(at + 4, length);
    // RFC 8489 14.5: what stands behind the integrity, but for the fingerprint, is ignored.
    if (type == kMessageIntegrity && !check->integrity) {
      if (length != sizeof(Integrity)) return std::unexpected(Fault::Malformed);
      check->integrity.emplace();
      std::memcpy(check->integrity->data(), value.data(), value.size());
      check->covered = cover(message, at);
    } else if (!check->integrity && !take(*check, type, value)) {
      return std::unexpected(Fault::Malformed);
    }
    at += 4 + padded;
  }
  return check;
}

ResponseWriter::ResponseWriter(const Check& request, std::uint16_t type) {
  put16(type);
  put16(0);
  for (const char c : request.header.substr(4)) bytes_[size_++] = c;
}

void ResponseWriter::put16(std::uint32_t value) {
  bytes_[size_++] = static_cast<char>(value >> 8 & 0xff);
  bytes_[size_++] = static_cast<char>(value & 0xff);
}
void ResponseWriter::put32(std::uint32_t value) {
  put16(value >> 16);
  put16(value & 0xffff);
}

// Also counts the attribute in the header.
void ResponseWriter::head(std::uint16_t type, std::size_t length) {
  put16(type);
  put16(static_cast<std::uint32_t>(length));
  const std::size_t total = size_ + ((length + 3) & ~std::size_t{3}) - kHeaderBytes;
  bytes_[2] = static_cast<char>(total >> 8 & 0xff);
  bytes_[3] = static_cast<char>(total & 0xff);
}

void ResponseWriter::xor_mapped_address(const base::Endpoint& from) {
  head(kXorMappedAddress, from.ip.is_v6() ? 20 : 8);
  put16(from.ip.is_v6() ? 2 : 1);
  put16(from.port ^ kCookie >> 16);
  if (from.ip.is_v4()) return put32(from.ip.v4_host_order() ^ kCookie);
  // RFC 8489 14.2: with the cookie and the transaction ID, as they stand in the header.
  const std::array<std::uint8_t, 16> address = from.ip.v6_bytes();
  for (std::size_t i = 0; i < address.size(); ++i)
    bytes_[size_++] = static_cast<char>(address[i] ^ static_cast<std::uint8_t>(bytes_[4 + i]));
}

void ResponseWriter::error_code(unsigned code) {
  head(kErrorCode, 4);
  put32(code / 100 << 8 | code % 100);
}

void ResponseWriter::unknown_attributes(const Check& request) {
  head(kUnknownAttributes, 2 * request.unknown_count);
  for (std::size_t i = 0; i < request.unknown_count; ++i) put16(request.unknown[i]);
  while (size_ % 4 != 0) bytes_[size_++] = 0;
}

Covered ResponseWriter::covered() const {
  return cover(bytes(), size_);
}

void ResponseWriter::integrity(const Integrity& value) {
  head(kMessageIntegrity, value.size());
  for (const std::byte b : value) bytes_[size_++] = static_cast<char>(b);
}

void ResponseWriter::fingerprint() {
  // The checksum is of a message whose length counts it.
  const std::size_t end = size_;
  head(kFingerprint, 4);
  put32(crc32({bytes_.data(), end}) ^ kFingerprintXor);
}

}  // namespace stun
