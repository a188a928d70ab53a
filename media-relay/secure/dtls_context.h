#pragma once
// Settings of OpenSSL that all DTLS sessions of an identity share, and the place in an SSL where its session is found.

#include <openssl/ssl.h>

namespace secure {

class DtlsSession;

// Null when the library fails.
SSL_CTX* make_dtls_context();
// The session that owns this SSL.
DtlsSession* session_of(const SSL* ssl);
bool set_session(SSL* ssl, DtlsSession* session);

}  // namespace secure
