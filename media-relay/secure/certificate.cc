#include "media-relay/secure/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "media-relay/secure/dtls_context.h"

namespace secure {
namespace {

struct Row {
  std::string_view name;
  std::size_t bytes;
  const EVP_MD* (*digest)();
};
constexpr std::array<Row, 3> kHashes{
    {{"sha-256", 32, EVP_sha256}, {"sha-384", 48, EVP_sha384}, {"sha-512", 64, EVP_sha512}}};

const Row& row_of(Hash hash) {
  return kHashes[static_cast<std::size_t>(hash)];
}

struct FreeX509 {
  void operator()(X509* x) const { X509_free(x); }
};
struct FreeKey {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

std::vector<std::byte> digest_of(const X509* certificate, Hash hash) {
  std::vector<std::byte> out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (X509_digest(certificate, row_of(hash).digest(), reinterpret_cast<unsigned char*>(out.data()), &size) != 1)
    size = 0;
  out.resize(size);
  return out;
}

constexpr std::int64_t kDay = 86400;

// A name that says nothing (RFC 8827 6.5 has none at all), a random serial number, this key.
Certificate make_certificate(EVP_PKEY* key, std::int64_t now) {
  Certificate out(X509_new());
  std::array<unsigned char, 8> serial{};
  if (!out || RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  std::uint64_t number = 0;
  for (const unsigned char byte : serial) number = number << 8 | byte;
  time_t begin = now - kDay;
  time_t end = now + kIdentityDays * kDay;
  X509_NAME* name = X509_get_subject_name(out.get());
  const bool made = X509_set_version(out.get(), X509_VERSION_3) == 1 &&
                    ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), number >> 1) == 1 &&
                    X509_time_adj(X509_getm_notBefore(out.get()), 0, &begin) != nullptr &&
                    X509_time_adj(X509_getm_notAfter(out.get()), 0, &end) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                               reinterpret_cast<const unsigned char*>("media"), -1, -1, 0) == 1 &&
                    X509_set_issuer_name(out.get(), name) == 1 && X509_set_pubkey(out.get(), key) == 1 &&
                    X509_sign(out.get(), key, EVP_sha256()) != 0;
  return made ? std::move(out) : nullptr;
}

}  // namespace

std::optional<Hash> hash_named(std::string_view name) {
  const auto same = [name](const Row& row) {
    return std::ranges::equal(name, row.name, [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
  };
  const auto found = std::ranges::find_if(kHashes, same);
  if (found == kHashes.end()) return std::nullopt;
  return static_cast<Hash>(found - kHashes.begin());
}

std::string_view name_of(Hash hash) {
  return row_of(hash).name;
}
std::size_t bytes_of(Hash hash) {
  return row_of(hash).bytes;
}

std::string text_of(const Fingerprint& fingerprint) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const std::byte b : fingerprint.value) {
    if (!out.empty()) out += ':';
    out += kDigits[std::to_integer<std::size_t>(b) >> 4];
    out += kDigits[std::to_integer<std::size_t>(b) & 15];
  }
  return out;
}

std::string check(const std::vector<Fingerprint>& fingerprints) {
  if (fingerprints.size() > kMaxFingerprints)
    return "expected at most " + std::to_string(kMaxFingerprints) + " fingerprints, got " +
           std::to_string(fingerprints.size());
  for (const Fingerprint& f : fingerprints)
    if (f.value.size() != bytes_of(f.hash))
      return "expected a fingerprint of " + std::to_string(bytes_of(f.hash)) + " bytes for " +
             std::string(name_of(f.hash)) + ", got " + std::to_string(f.value.size());
  return {};
}

bool vouches(const std::vector<Fingerprint>& fingerprints, const X509* certificate) {
  if (certificate == nullptr || fingerprints.empty()) return false;
  const Hash strongest = std::ranges::max_element(fingerprints, {}, &Fingerprint::hash)->hash;
  const std::vector<std::byte> digest = digest_of(certificate, strongest);
  return std::ranges::any_of(
      fingerprints, [&](const Fingerprint& f) { return f.hash == strongest && !digest.empty() && f.value == digest; });
}

void Identity::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}
Identity::~Identity() = default;

HmacSha1::Code Identity::cookie_for(const base::Endpoint& peer) const {
  const std::string text = peer.text();
  return cookie_key_.of(std::as_bytes(std::span(text)));
}

std::expected<std::shared_ptr<const Identity>, std::string> Identity::make(std::int64_t now_unix_seconds) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = key ? make_certificate(key.get(), now_unix_seconds) : nullptr;
  return of(certificate.get(), key.get());
}

std::string Identity::saved() const {
  unsigned char* certificate = nullptr;
  unsigned char* key = nullptr;
  const int certificate_bytes = i2d_X509(SSL_CTX_get0_certificate(context()), &certificate);
  const int key_bytes = i2d_PrivateKey(SSL_CTX_get0_privatekey(context()), &key);
  std::string out;
  if (certificate_bytes > 0 && key_bytes > 0) {
    out.append(reinterpret_cast<const char*>(certificate), static_cast<std::size_t>(certificate_bytes));
    out.append(reinterpret_cast<const char*>(key), static_cast<std::size_t>(key_bytes));
  }
  if (key_bytes > 0) OPENSSL_cleanse(key, static_cast<std::size_t>(key_bytes));
  OPENSSL_free(certificate);
  OPENSSL_free(key);
  return out;
}

std::expected<std::shared_ptr<const Identity>, std::string> Identity::restore(std::string_view saved) {
  const auto* at = reinterpret_cast<const unsigned char*>(saved.data());
  const auto* const end = at + saved.size();
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(saved.size())));
  const Key key(certificate ? d2i_AutoPrivateKey(nullptr, &at, end - at) : nullptr);
  ERR_clear_error();
  if (!key || at != end || X509_check_private_key(certificate.get(), key.get()) != 1)
    return std::unexpected("expected a certificate and its key");
  return of(certificate.get(), key.get());
}

std::expected<std::shared_ptr<const Identity>, std::string> Identity::of(X509* certificate, EVP_PKEY* key) {
  HmacSha1::Code cookie_key{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(cookie_key.data()), static_cast<int>(cookie_key.size())) != 1)
    return std::unexpected("the library draws no random numbers");
  std::shared_ptr<Identity> out(new Identity(cookie_key));
  out->context_.reset(make_dtls_context());
  if (certificate == nullptr || !out->context_ || SSL_CTX_use_certificate(out->context(), certificate) != 1 ||
      SSL_CTX_use_PrivateKey(out->context(), key) != 1)
    return std::unexpected("no certificate could be made for DTLS");
  out->fingerprint_ = {Hash::Sha256, digest_of(certificate, Hash::Sha256)};
  return out;
}

}  // namespace secure
