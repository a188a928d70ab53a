#pragma once
// From a finished handshake to the keys of SRTP (RFC 5764 4.2, RFC 7714 section 12).

#include <optional>

#include "media-relay/secure/dtls_session.h"

namespace secure {

// nullopt when no protection profile was agreed on, or the library fails.
std::optional<DtlsKeys> export_keys(SSL* ssl, DtlsRole role);

}  // namespace secure
