#include "media-relay/secure/dtls_context.h"

#include <algorithm>
#include <cstring>

#include "media-relay/secure/dtls_session.h"

namespace secure {
namespace {

// RFC 8827 6.5 wants ECDHE with AES-128-GCM at least. A peer's certificate may be of RSA.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";
// RFC 5764 4.1.2 and RFC 7714 14.2, in the order of our liking.
constexpr const char* kProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";

int index_of_session() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// There is no chain of signatures to look at, and the fingerprint is compared when the handshake is over: until then
// the certificate may be from anybody, and an alert about it would end the true peer's handshake.
int verify_certificate(X509_STORE_CTX*, void*) {
  return 1;
}

int make_cookie(SSL* ssl, unsigned char* cookie, unsigned* size) {
  const auto wanted = session_of(ssl)->cookie();
  std::memcpy(cookie, wanted.data(), wanted.size());
  *size = static_cast<unsigned>(wanted.size());
  return 1;
}

int verify_cookie(SSL* ssl, const unsigned char* cookie, unsigned size) {
  const auto wanted = session_of(ssl)->cookie();
  return size == wanted.size() && CRYPTO_memcmp(cookie, wanted.data(), size) == 0 ? 1 : 0;
}

}  // namespace

DtlsSession* session_of(const SSL* ssl) {
  return static_cast<DtlsSession*>(SSL_get_ex_data(ssl, index_of_session()));
}

bool set_session(SSL* ssl, DtlsSession* session) {
  return SSL_set_ex_data(ssl, index_of_session(), session) == 1;
}

SSL_CTX* make_dtls_context() {
  SSL_CTX* context = SSL_CTX_new(DTLS_method());
  if (context == nullptr) return nullptr;
  // SSL_CTX_set_tlsext_use_srtp returns 0 for success.
  const bool set = SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                   SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
                   SSL_CTX_set_tlsext_use_srtp(context, kProfiles) == 0;
  if (!set) {
    SSL_CTX_free(context);
    return nullptr;
  }
  // The MTU is ours to say. Nothing is resumed: each association has its own keys.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_certificate, nullptr);
  SSL_CTX_set_cookie_generate_cb(context, make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, verify_cookie);
  SSL_CTX_set_read_ahead(context, 1);
  return context;
}

}  // namespace secure
