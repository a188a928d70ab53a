#include "media-relay/secure/dtls_keys.h"

#include <openssl/crypto.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace secure {
namespace {

std::optional<Suite> suite_of(const SRTP_PROTECTION_PROFILE* profile) {
  if (profile == nullptr) return std::nullopt;
  switch (profile->id) {
    case SRTP_AES128_CM_SHA1_80:
      return Suite::AesCm128HmacSha1_80;
    case SRTP_AES128_CM_SHA1_32:
      return Suite::AesCm128HmacSha1_32;
    case SRTP_AEAD_AES_128_GCM:
      return Suite::AeadAes128Gcm;
    case SRTP_AEAD_AES_256_GCM:
      return Suite::AeadAes256Gcm;
    default:
      return std::nullopt;
  }
}

base::Secret joined(std::span<const std::byte> key, std::span<const std::byte> salt) {
  std::array<std::byte, base::Secret::kMaxBytes> both{};
  std::ranges::copy(key, both.begin());
  std::ranges::copy(salt, both.begin() + static_cast<std::ptrdiff_t>(key.size()));
  base::Secret out(std::span<const std::byte>(both).first(key.size() + salt.size()));
  OPENSSL_cleanse(both.data(), both.size());
  return out;
}

}  // namespace

// RFC 5764 4.2: the client's key, the server's key, the client's salt, the server's salt.
std::optional<DtlsKeys> export_keys(SSL* ssl, DtlsRole role) {
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const auto suite = suite_of(SSL_get_selected_srtp_profile(ssl));
  if (!suite) return std::nullopt;
  const Traits& traits = traits_of(*suite);
  std::array<std::byte, 2 * base::Secret::kMaxBytes> material{};
  const std::size_t size = 2 * (traits.key_bytes + traits.salt_bytes);
  if (SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(material.data()), size, kLabel.data(),
                                 kLabel.size(), nullptr, 0, 0) != 1)
    return std::nullopt;
  const std::span<const std::byte> all(material);
  const auto client = joined(all.first(traits.key_bytes), all.subspan(2 * traits.key_bytes, traits.salt_bytes));
  const auto server = joined(all.subspan(traits.key_bytes, traits.key_bytes),
                             all.subspan(2 * traits.key_bytes + traits.salt_bytes, traits.salt_bytes));
  OPENSSL_cleanse(material.data(), material.size());
  const bool active = role == DtlsRole::Active;
  DtlsKeys out;
  out.send = {*suite, {{active ? client : server, {}}}};
  out.receive = {*suite, {{active ? server : client, {}}}};
  return out;
}

}  // namespace secure
