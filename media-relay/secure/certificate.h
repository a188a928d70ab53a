#pragma once
// The certificate that a DTLS session shows, and the fingerprints (RFC 8122) by which signalling vouches for one.
// Nobody signs it: it is what the fingerprint in the signalling says, or it is refused.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/secure/hmac_sha1.h"
#include "media-relay/secure/limits.h"

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct ssl_ctx_st SSL_CTX;

namespace secure {

// RFC 8122 section 5, without what is too weak to vouch for anything (MD2, MD5, SHA-1) and SHA-224.
enum class Hash : std::uint8_t { Sha256, Sha384, Sha512 };
std::optional<Hash> hash_named(std::string_view name);  // "sha-256", without regard to case
std::string_view name_of(Hash hash);
std::size_t bytes_of(Hash hash);

struct Fingerprint {
  Hash hash = Hash::Sha256;
  std::vector<std::byte> value;  // as long as the hash says
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
std::string text_of(const Fingerprint& fingerprint);  // "4A:AD:...", as in SDP
// Empty when all are whole and there are not too many, else what is wrong.
std::string check(const std::vector<Fingerprint>& fingerprints);

// Whether one of the fingerprints made with the strongest hash among them is the certificate's (RFC 8122 section 5).
bool vouches(const std::vector<Fingerprint>& fingerprints, const X509* certificate);

// A self-signed certificate (ECDSA on P-256, RFC 8827 6.5) and its key, with the library's settings that all sessions
// share. Made by whoever owns the process, a new one from time to time; a session keeps the one it began with.
// Thread-safe once made. Draws its key and serial number from OpenSSL's generator.
class Identity {
 public:
  // Valid from a day before `now` for kIdentityDays: clocks of phones are wrong.
  static std::expected<std::shared_ptr<const Identity>, std::string> make(std::int64_t now_unix_seconds);
  // Certificate and key as bytes (DER), to be kept as safe as a key; empty when the library fails.
  std::string saved() const;
  static std::expected<std::shared_ptr<const Identity>, std::string> restore(std::string_view saved);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  const Fingerprint& fingerprint() const { return fingerprint_; }  // SHA-256
  SSL_CTX* context() const { return context_.get(); }
  // What a peer at this address has to return before we do any work for it (RFC 6347 4.2.1).
  HmacSha1::Code cookie_for(const base::Endpoint& peer) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  static std::expected<std::shared_ptr<const Identity>, std::string> of(X509* certificate, EVP_PKEY* key);
  explicit Identity(const HmacSha1::Code& cookie_key) : cookie_key_(cookie_key) {}
  HmacSha1 cookie_key_;
  std::unique_ptr<SSL_CTX, Free> context_;
  Fingerprint fingerprint_;
};

}  // namespace secure
