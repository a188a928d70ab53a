#include "media-relay/secure/session_keys.h"

#include <algorithm>
#include <array>

#include "media-relay/secure/cipher.h"
#include "media-relay/secure/hmac_sha1.h"

namespace secure {
namespace {

// RFC 3711 4.3.1: key_id = <label> || r is exclusive-ored with the salt, r being 48 bits of zero, and then shifted by
// 16 bits: the label meets byte 7 of 14. The salt of GCM is two bytes shorter and keeps its place.
constexpr std::size_t kLabelByte = 7;

std::optional<base::Secret> part(EVP_CIPHER_CTX* cipher, std::span<const std::byte> salt, unsigned label,
                                 std::size_t size) {
  std::array<std::byte, 16> counter{};
  std::ranges::copy(salt, counter.begin());
  counter[kLabelByte] ^= static_cast<std::byte>(label);
  std::array<std::byte, base::Secret::kMaxBytes> stream{};
  const auto bytes = std::span(stream).first(size);
  if (!apply_key_stream(cipher, counter.data(), bytes)) return std::nullopt;
  base::Secret out(bytes);
  explicit_bzero(stream.data(), stream.size());
  return out;
}

}  // namespace

std::optional<SessionKeys> derive(Suite suite, const base::Secret& key_and_salt, Stream stream) {
  const Traits& traits = traits_of(suite);
  if (key_and_salt.size() != traits.key_bytes + traits.salt_bytes) return std::nullopt;
  const CipherContext cipher = make_counter_mode(key_and_salt.bytes().first(traits.key_bytes));
  if (!cipher) return std::nullopt;
  const auto salt = key_and_salt.bytes().subspan(traits.key_bytes);
  const unsigned label = stream == Stream::Rtp ? 0 : 3;  // then authentication, then salt (RFC 3711 4.3.1, 4.3.2)
  auto key = part(cipher.get(), salt, label, traits.key_bytes);
  auto authentication = part(cipher.get(), salt, label + 1, traits.aead ? 0 : HmacSha1::kBytes);
  auto session_salt = part(cipher.get(), salt, label + 2, traits.salt_bytes);
  if (!key || !authentication || !session_salt) return std::nullopt;
  return SessionKeys{*key, *session_salt, *authentication};
}

}  // namespace secure
