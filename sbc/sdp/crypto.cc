#include "sbc/sdp/crypto.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/sdp/limits.h"

namespace sbc::sdp {
namespace {

struct Row {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<Row, kSuites> kRows{{
    {"AEAD_AES_256_GCM", 32 + 12},
    {"AEAD_AES_128_GCM", 16 + 12},
    {"AES_256_CM_HMAC_SHA1_80", 32 + 14},
    {"AES_192_CM_HMAC_SHA1_80", 24 + 14},
    {"AES_CM_128_HMAC_SHA1_80", 16 + 14},
    {"AES_256_CM_HMAC_SHA1_32", 32 + 14},
    {"AES_192_CM_HMAC_SHA1_32", 24 + 14},
    {"AES_CM_128_HMAC_SHA1_32", 16 + 14},
}};

constexpr std::uint64_t kMaxLifetime = std::uint64_t{1} << 48;  // RFC 3711 9.2
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 3548 section 3; padding may be missing (RFC 4568 6.1 discards it).
std::optional<base::Secret> decode(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::array<std::byte, base::Secret::kMaxBytes + 3> bytes{};
  std::size_t size = 0;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t value = kLetters.find(c);
    if (value == std::string_view::npos || size >= base::Secret::kMaxBytes) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[size++] = static_cast<std::byte>(bits >> held);
  }
  base::Secret out(std::span<const std::byte>(bytes).first(size));
  explicit_bzero(bytes.data(), bytes.size());
  return out;
}

std::string encode(const base::Secret& secret) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::byte b : secret.bytes()) {
    bits = bits << 8 | std::to_integer<std::uint32_t>(b);
    for (held += 8; held >= 6; held -= 6) out += kLetters[bits >> (held - 6) & 63];
  }
  if (held != 0) out += kLetters[bits << (6 - held) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

// "2^20", "1048576"
std::expected<std::uint64_t, CryptoFault> parse_lifetime(std::string_view text) {
  const auto fault = std::unexpected(CryptoFault::Lifetime);
  const bool power = text.starts_with("2^");
  if (power) text.remove_prefix(2);
  const auto number = base::parse_unsigned<std::uint64_t>(text);
  if (!number || (text.size() > 1 && text.front() == '0')) return fault;
  if (power && *number > 48) return fault;
  const std::uint64_t packets = power ? std::uint64_t{1} << *number : *number;
  if (packets == 0 || packets > kMaxLifetime) return fault;
  return packets;
}

// "1066:4" becomes 00 00 04 2a.
std::expected<std::string, CryptoFault> parse_mki(std::string_view text) {
  const auto fault = std::unexpected(CryptoFault::Mki);
  const std::size_t colon = text.find(':');
  const std::string_view value = text.substr(0, colon);
  const auto size = base::parse_unsigned<std::size_t>(text.substr(colon + 1));
  auto number = base::parse_unsigned<std::uint64_t>(value);
  if (!number || (value.size() > 1 && value.front() == '0')) return fault;
  if (!size || *size == 0 || *size > kMaxMkiBytes) return fault;
  std::string mki(*size, '\0');
  for (std::size_t i = mki.size(); i-- > 0; *number >>= 8) mki[i] = static_cast<char>(*number & 0xff);
  if (*number != 0) return fault;
  return mki;
}

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

// inline:<key||salt>["|"lifetime]["|"MKI:length]; the MKI is known by its colon.
std::expected<CryptoKey, CryptoFault> parse_key(std::string_view text, Suite suite) {
  constexpr std::string_view kMethod = "inline:";
  if (!base::equals_ignoring_case(text.substr(0, kMethod.size()), kMethod)) return std::unexpected(CryptoFault::Syntax);
  text.remove_prefix(kMethod.size());
  const auto secret = decode(take_until(text, '|'));
  if (!secret || secret->size() != key_and_salt_bytes(suite)) return std::unexpected(CryptoFault::Key);
  CryptoKey key{*secret, 0, {}};
  for (bool lifetime = true; !text.empty();) {
    const std::string_view part = take_until(text, '|');
    if (part.find(':') != std::string_view::npos) {
      auto mki = parse_mki(part);
      if (!mki || !text.empty()) return std::unexpected(CryptoFault::Mki);
      key.mki = *std::move(mki);
    } else {
      const auto packets = parse_lifetime(part);
      if (!packets || !lifetime) return std::unexpected(CryptoFault::Lifetime);
      key.lifetime = *packets;
      lifetime = false;
    }
  }
  return key;
}

std::expected<std::vector<CryptoKey>, CryptoFault> parse_keys(std::string_view text, Suite suite) {
  std::vector<CryptoKey> keys;
  do {
    if (keys.size() >= kMaxCryptoKeys) return std::unexpected(CryptoFault::TooMany);
    auto key = parse_key(take_until(text, ';'), suite);
    if (!key) return std::unexpected(key.error());
    keys.push_back(*std::move(key));
  } while (!text.empty());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // RFC 4568 6.1: several keys are told apart by MKIs of one length.
    if (keys[i].mki.size() != keys[0].mki.size()) return std::unexpected(CryptoFault::Mki);
    for (std::size_t j = 0; j < i; ++j)
      if (keys[i].mki == keys[j].mki) return std::unexpected(CryptoFault::Mki);
  }
  return keys;
}

// RFC 4568 6.3: WSH is a hint, KDR=0 and FEC_ORDER=FEC_SRTP are the default; a leading "-" marks what may be ignored
// when it is not known (6.3.7). The others would weaken the media or change how it is protected.
bool is_harmless(std::string_view parameter) {
  constexpr std::string_view kHint = "WSH=";
  return parameter.starts_with('-') || base::equals_ignoring_case(parameter.substr(0, kHint.size()), kHint) ||
         base::equals_ignoring_case(parameter, "KDR=0") || base::equals_ignoring_case(parameter, "FEC_ORDER=FEC_SRTP");
}

}  // namespace

std::string_view name_of(Suite suite) {
  return kRows[static_cast<std::size_t>(suite)].name;
}

const std::vector<std::string>& suite_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Row& row : kRows) all.emplace_back(row.name);
    return all;
  }();
  return names;
}

std::optional<Suite> suite_from(std::string_view name) {
  for (std::size_t i = 0; i < kSuites; ++i)
    if (base::equals_ignoring_case(name, kRows[i].name)) return static_cast<Suite>(i);
  return std::nullopt;
}

std::size_t key_and_salt_bytes(Suite suite) {
  return kRows[static_cast<std::size_t>(suite)].bytes;
}

std::string_view name_of(CryptoFault fault) {
  switch (fault) {
    case CryptoFault::Syntax:
      return "syntax";
    case CryptoFault::Suite:
      return "suite";
    case CryptoFault::Key:
      return "key";
    case CryptoFault::Lifetime:
      return "lifetime";
    case CryptoFault::Mki:
      return "mki";
    case CryptoFault::Parameter:
      return "parameter";
    case CryptoFault::TooMany:
      return "too_many";
  }
  return "?";
}

std::expected<Crypto, CryptoFault> parse_crypto(std::string_view value) {
  const auto next = [&value] {
    const std::string_view word = take_until(value, ' ');
    while (value.starts_with(' ')) value.remove_prefix(1);
    return word;
  };
  const std::string_view tag = next();
  const auto number = base::parse_unsigned<std::uint32_t>(tag);
  if (!number || tag.size() > 9) return std::unexpected(CryptoFault::Syntax);  // RFC 4568 9.1: 1*9DIGIT
  const std::string_view name = next();
  if (name.empty()) return std::unexpected(CryptoFault::Syntax);
  const auto suite = suite_from(name);
  if (!suite) return std::unexpected(CryptoFault::Suite);
  auto keys = parse_keys(next(), *suite);
  if (!keys) return std::unexpected(keys.error());
  while (!value.empty())
    if (!is_harmless(next())) return std::unexpected(CryptoFault::Parameter);
  return Crypto{*number, *suite, *std::move(keys)};
}

std::string crypto_value(const Crypto& crypto) {
  return std::to_string(crypto.tag) + ' ' + std::string(name_of(crypto.suite)) +
         " inline:" + encode(crypto.keys.front().key_and_salt);
}

Crypto fresh_crypto(std::uint32_t tag, Suite suite, base::Random& random) {
  std::array<std::byte, base::Secret::kMaxBytes> bytes{};
  const auto used = std::span(bytes).first(key_and_salt_bytes(suite));
  random.fill(used);
  Crypto out{tag, suite, {CryptoKey{base::Secret(used), 0, {}}}};
  explicit_bzero(bytes.data(), bytes.size());
  return out;
}

std::vector<Crypto> cryptos_of(const Session& session, const Media& media, CryptoFaults* skipped) {
  std::vector<Crypto> out;
  const auto skip = [skipped](CryptoFault fault) {
    if (skipped != nullptr) ++(*skipped)[static_cast<std::size_t>(fault)];
  };
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute != AttributeId::Crypto) continue;
    if (out.size() >= kMaxCryptoLines) {
      skip(CryptoFault::TooMany);
      break;
    }
    auto crypto = parse_crypto(line.attribute_value());
    // RFC 4568 9.1: a tag is unique within its m-line.
    if (crypto && std::ranges::find(out, crypto->tag, &Crypto::tag) != out.end())
      crypto = std::unexpected(CryptoFault::Syntax);
    if (crypto)
      out.push_back(*std::move(crypto));
    else
      skip(crypto.error());
  }
  return out;
}

std::optional<CryptoPair> agreed_crypto(std::span<const Crypto> ours, std::span<const Crypto> theirs) {
  for (const Crypto& theirs_one : theirs) {
    const auto found = std::ranges::find(ours, theirs_one.tag, &Crypto::tag);
    if (found == ours.end() || found->suite != theirs_one.suite) continue;
    for (const CryptoKey& key : theirs_one.keys)
      if (key.key_and_salt == found->keys.front().key_and_salt) return std::nullopt;
    return CryptoPair{*found, theirs_one};
  }
  return std::nullopt;
}

bool is_secure_profile(std::string_view proto) {
  return proto == "RTP/SAVP" || proto == "RTP/SAVPF";
}

bool has_feedback(std::string_view proto) {
  return proto.ends_with("/AVPF") || proto.ends_with("/SAVPF");
}

std::string_view rtp_profile(bool secure, bool feedback) {
  if (secure) return feedback ? "RTP/SAVPF" : "RTP/SAVP";
  return feedback ? "RTP/AVPF" : "RTP/AVP";
}

}  // namespace sbc::sdp
