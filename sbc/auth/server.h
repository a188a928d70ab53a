#pragma once
// The server's side of digest: challenges, and the check of credentials.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/auth/algorithm.h"
#include "sbc/auth/credentials.h"
#include "sbc/auth/limits.h"
#include "sbc/auth/nonce.h"
#include "sbc/auth/replay_guard.h"
#include "sbc/auth/secret.h"

namespace sbc::auth {

struct ServerSettings {
  std::string realm;  // of the digest, what the phone shows to its user
  std::vector<Algorithm> algorithms = {{Hash::Sha512_256, false}, {Hash::Sha256, false}, {Hash::Md5, false}};
  base::Duration nonce_lifetime = kDefaultNonceLifetime;
  // Accept answers without qop (RFC 2069 clients): they carry no nonce count, so replays within the nonce's life pass.
  bool allow_without_qop = false;
};

enum class Verdict : std::uint8_t {
  Accepted,
  WrongResponse,  // the hash does not match: challenge again, stale=false
  UnknownUser,    // to the outside the same as WrongResponse
  Stale,          // right or not, the nonce is too old, foreign, or its count was used: challenge with stale=true
  Replayed,       // answered like Stale, counted apart
  UnsupportedAlgorithm,  // not offered, or this user has no HA1 for it: challenge again
  UnsupportedQop,        // auth-int, or no qop where it is required: challenge again
  WrongUri,              // the digest's uri is not the Request-URI: 400 (RFC 7616 section 3.4.6)
  Malformed,             // 400
};
std::string_view name_of(Verdict verdict);

struct ServerRequest {
  std::string_view method;
  std::string_view request_uri;
};

class Server {
 public:
  // `guard` is shared by all shards and outlives this object.
  Server(base::HashKey nonce_key, ReplayGuard& guard) : mint_(nonce_key), guard_(guard) {}

  // `secret` is null when the user is not known; the work done is then the same as for one who is.
  Verdict verify(const ServerSettings& settings, const ServerRequest& request, const Credentials& credentials,
                 const Secret* secret, base::Instant now) const;

  // Header values, one challenge each, strongest first (RFC 8760 section 2.3), one nonce for all. With `secret`, only
  // algorithms that this user can answer; a user who can answer none is challenged as a stranger.
  std::vector<std::string> challenges(const ServerSettings& settings, const Secret* secret, bool stale,
                                      base::Instant now, base::Random& random) const;

 private:
  NonceMint mint_;
  ReplayGuard& guard_;
};

// Whether the digest's uri designates the Request-URI. Exact, or equal up to URI parameters and headers, scheme and
// host in any case: phones drop `;transport=` on one of the two.
bool same_target(std::string_view digest_uri, std::string_view request_uri);

}  // namespace sbc::auth
