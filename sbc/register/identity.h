#pragma once
// Who sent a request: digest credentials checked against the directory, for REGISTER, INVITE and any other method
// except ACK and CANCEL, which cannot be challenged (RFC 3261 section 22.1).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/auth/server.h"
#include "sbc/register/settings.h"
#include "sbc/register/users.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

// A user agent server challenges with 401, a proxy with 407 (RFC 3261 sections 22.2 and 22.3). We are the former for
// REGISTER; for calls an operator may prefer the latter, since some phones only expect that.
enum class ChallengeRole : std::uint8_t { UserAgent, Proxy };

struct Identity {
  // nullopt: no credentials for our realm
  std::optional<auth::Verdict> verdict;
  const User* user = nullptr;  // set when accepted; good until the directory is replaced
  bool vouched = false;        // the sender is a trunk, or of a trusted realm: what it says of routes is followed

  bool authenticated() const { return user != nullptr; }
};

struct OwnedHeader {
  std::string name;
  std::string value;
};

// A response to send, but for what sip::build_response adds by itself.
struct Plan {
  int status = 0;      // 0: send nothing
  std::string reason;  // "": the standard phrase
  std::vector<OwnedHeader> headers;
  bool refreshed = false;  // a 200 that changed nothing but how long the bindings live
};

struct IdentityCounters {
  std::uint64_t accepted = 0;
  std::uint64_t without_credentials = 0;
  std::array<std::uint64_t, 9> refused{};  // by auth::Verdict; [Accepted] stays 0
  std::uint64_t challenges = 0;
};

// One per shard; the replay guard behind `server` and the directory are shared.
class IdentityChecker {
 public:
  IdentityChecker(const auth::Server& server, const Users& users) : server_(&server), users_(&users) {}
  // After a reload. No Identity of before may be used any more.
  void set_users(const Users& users) { users_ = &users; }

  // Looks at Authorization and Proxy-Authorization alike. Call it once per request: a nonce count is used up by it.
  Identity check(const RealmSettings& realm, const sip::Message& request, const sip::Source& source, base::Instant now);

  // The answer to a request that must be authenticated and is not: 401 or 407 with one header per algorithm, strongest
  // first; 400 when its credentials are malformed or for another URI. A user whom the request names (From; To of a
  // REGISTER) and of whom only some HA1 are known is offered only those algorithms.
  Plan challenge(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
                 const Identity& identity, ChallengeRole role, base::Instant now, base::Random& random);

  const IdentityCounters& counters() const { return counters_; }

 private:
  const User* named_user(const RealmSettings& realm, const sip::Message& request, const sip::Source& source) const;

  const auth::Server* server_;
  const Users* users_;
  IdentityCounters counters_;
};

}  // namespace sbc::registrar
