#pragma once
// Keys for SRTP in descriptions: a=crypto lines (RFC 4568), one at a time, and what becomes of several.
//
//   a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4
//            |          |                        |                                       |    |
//           tag        suite              key and salt, base64                    lifetime  MKI:length
//
// Key material is a base::Secret and in no error text.

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/secret.h"

#include "sbc/sdp/session.h"

namespace sbc::sdp {

// RFC 4568 6.2, RFC 6188 section 4, RFC 7714 14.1. From strong to weak.
enum class Suite : std::uint8_t {
  AeadAes256Gcm,
  AeadAes128Gcm,
  AesCm256HmacSha1_80,
  AesCm192HmacSha1_80,
  AesCm128HmacSha1_80,
  AesCm256HmacSha1_32,  // tags of 32 bits
  AesCm192HmacSha1_32,
  AesCm128HmacSha1_32,
};
inline constexpr std::size_t kSuites = 8;
std::string_view name_of(Suite suite);
std::optional<Suite> suite_from(std::string_view name);  // without regard to case (RFC 4568 9.2, RFC 4234 2.3)
const std::vector<std::string>& suite_names();
std::size_t key_and_salt_bytes(Suite suite);

struct CryptoKey {
  base::Secret key_and_salt;
  std::uint64_t lifetime = 0;  // packets; 0: the default
  std::string mki;             // raw, in network order; "": not used
  friend bool operator==(const CryptoKey&, const CryptoKey&) = default;
};

struct Crypto {
  std::uint32_t tag = 1;
  Suite suite = Suite::AesCm128HmacSha1_80;
  std::vector<CryptoKey> keys;  // not empty
  friend bool operator==(const Crypto&, const Crypto&) = default;
};

// Why a line is of no use, which is no more than that: another one may be (RFC 4568 5.1.2).
enum class CryptoFault : std::uint8_t {
  Syntax,     // not of RFC 4568's grammar
  Suite,      // a suite that we do not have
  Key,        // not base64, or not as long as the suite wants
  Lifetime,   // zero, past 2^48, with leading zeros
  Mki,        // too long, of several lengths, or missing with several keys
  Parameter,  // a session parameter that we do not support and may not ignore (RFC 4568 6.3, 6.3.7)
  TooMany,    // more lines, or more keys in a line, than are looked at
};
inline constexpr std::size_t kCryptoFaults = static_cast<std::size_t>(CryptoFault::TooMany) + 1;
std::string_view name_of(CryptoFault fault);

// The value of an a=crypto line.
std::expected<Crypto, CryptoFault> parse_crypto(std::string_view value);
// The value of an a=crypto line with one key, without lifetime and MKI.
std::string crypto_value(const Crypto& crypto);
// A key that nobody has seen before.
Crypto fresh_crypto(std::uint32_t tag, Suite suite, base::Random& random);

// The usable a=crypto lines of an m-line in their order; those that are not are counted in `skipped` when there is one.
using CryptoFaults = std::array<std::uint64_t, kCryptoFaults>;
std::vector<Crypto> cryptos_of(const Session& session, const Media& media, CryptoFaults* skipped = nullptr);

// What offer and answer agree on: the answer's line and the one of the offer with its tag (RFC 4568 5.1.2, 5.1.3).
// nullopt when there is none, when the suites differ, or when the answer sends the offer's own key back, under which
// both directions would share a key stream (RFC 4568 7.1.2).
struct CryptoPair {
  Crypto ours;
  Crypto theirs;
};
std::optional<CryptoPair> agreed_crypto(std::span<const Crypto> ours, std::span<const Crypto> theirs);

// RTP/SAVP, RTP/SAVPF (RFC 3711, RFC 5124): media that must not go in clear.
bool is_secure_profile(std::string_view proto);
inline bool is_secure(const Media& media) {
  return is_secure_profile(media.proto);
}
// With feedback (RFC 4585).
bool has_feedback(std::string_view proto);
inline bool has_feedback(const Media& media) {
  return has_feedback(media.proto);
}
// "RTP/SAVPF"
std::string_view rtp_profile(bool secure, bool feedback);

}  // namespace sbc::sdp
