#pragma once
// Key derivation (RFC 3711 4.3.1, RFC 6188 section 3, RFC 7714 section 11): session keys from a master key, once. Key
// derivation rates other than zero are not supported (RFC 4568 6.3.1 makes them a session parameter; it is refused).

#include <cstdint>
#include <optional>

#include "media-relay/base/secret.h"
#include "media-relay/secure/suite.h"

namespace secure {

// Of RTP or of RTCP.
struct SessionKeys {
  base::Secret cipher;
  base::Secret salt;
  base::Secret authentication;  // empty for AEAD suites
};

enum class Stream : std::uint8_t { Rtp, Rtcp };

// `key_and_salt` is as long as the suite says. nullopt when the library fails.
std::optional<SessionKeys> derive(Suite suite, const base::Secret& key_and_salt, Stream stream);

}  // namespace secure
