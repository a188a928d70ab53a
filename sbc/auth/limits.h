#pragma once
// Limits of the auth room.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::auth {

// One Authorization or WWW-Authenticate value. Real ones are under 1 KiB; userhash, long realms and opaque fit twice.
inline constexpr std::size_t kMaxHeaderBytes = 4096;
// Parameters of one value. RFC 7616 defines 12 for credentials; the rest is room for auth-params we ignore.
inline constexpr std::size_t kMaxParameters = 32;
// One parameter value after unquoting. A Request-URI is the longest that makes sense.
inline constexpr std::size_t kMaxParameterBytes = 2048;
// Nonces that the replay guard remembers. At 40 bytes each this is under 3 MiB, and 65536 clients may be in the middle
// of a nonce; one more costs the oldest of them a challenge with stale=true, never a replay.
inline constexpr std::size_t kDefaultGuardNonces = 65536;
// A nonce that never expires is a password; one that expires at once is a loop.
inline constexpr base::Duration kMinNonceLifetime = base::seconds(5);
inline constexpr base::Duration kMaxNonceLifetime = base::hours(24);
inline constexpr base::Duration kDefaultNonceLifetime = base::minutes(5);

// As a client. Challenges that are read of one response: RFC 8760 names three algorithms, each perhaps with its -sess
// form, and a fork may bring those of two proxies.
inline constexpr std::size_t kMaxClientChallenges = 16;
// Realms that one session remembers: a peer and the proxies before it. One more forgets the oldest.
inline constexpr std::size_t kMaxClientRealms = 4;
// How often one request is sent again: the first challenge, one for a nonce that is stale, and one more.
inline constexpr unsigned kMaxClientRetries = 3;

}  // namespace sbc::auth
