#pragma once
// The bytes of STUN messages (RFC 8489 section 5 and 14), shared by those who read and write them.
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0 0|     STUN Message Type     |         Message Length        |
// |                         Magic Cookie                          |
// |                     Transaction ID (96 bits)                  |

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stun {

inline constexpr std::size_t kHeaderBytes = 20;
inline constexpr std::uint32_t kCookie = 0x2112a442;

inline constexpr std::uint16_t kBindingRequest = 0x0001;
inline constexpr std::uint16_t kBindingIndication = 0x0011;
inline constexpr std::uint16_t kBindingSuccess = 0x0101;
inline constexpr std::uint16_t kBindingError = 0x0111;

inline constexpr std::uint16_t kUsername = 0x0006;
inline constexpr std::uint16_t kMessageIntegrity = 0x0008;
inline constexpr std::uint16_t kErrorCode = 0x0009;
inline constexpr std::uint16_t kUnknownAttributes = 0x000a;
inline constexpr std::uint16_t kXorMappedAddress = 0x0020;
inline constexpr std::uint16_t kPriority = 0x0024;      // RFC 8445 16.1
inline constexpr std::uint16_t kUseCandidate = 0x0025;  // likewise
inline constexpr std::uint16_t kFingerprint = 0x8028;
inline constexpr std::uint16_t kIceControlled = 0x8029;
inline constexpr std::uint16_t kIceControlling = 0x802a;

inline constexpr std::size_t kFingerprintBytes = 8;  // with its head, and always the last
inline constexpr std::size_t kIntegrityBytes = 24;   // with its head
inline constexpr std::uint32_t kFingerprintXor = 0x5354554e;

inline std::uint16_t get16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                    static_cast<std::uint8_t>(bytes[at + 1]));
}
inline std::uint32_t get32(std::string_view bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}

// CRC-32 of ITU V.42, which RFC 8489 14.7 asks for; the FINGERPRINT of a message is it, xor kFingerprintXor.
std::uint32_t crc32(std::string_view bytes);

}  // namespace stun
