#pragma once
// What a client remembers of the servers that challenged it, so that later requests are authorised before anybody asks
// (RFC 7616 section 3.6, RFC 3261 sections 22.2 and 22.3). One session per peer and account.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/auth/challenge.h"
#include "sbc/auth/secret.h"
#include "sbc/limit/reached.h"

namespace sbc::auth {

// Who we are to a peer.
struct Account {
  std::string username;
  Secret secret;
  std::string realm;  // challenges of other realms are not answered; "": all are
};

// The values of the two header fields of a kind: WWW-Authenticate and Proxy-Authenticate of a response, or
// Authorization and Proxy-Authorization of the request that it answers.
struct HeaderValues {
  std::vector<std::string_view> server;
  std::vector<std::string_view> proxy;
};

struct Authorization {
  bool proxy = false;  // Proxy-Authorization, otherwise Authorization
  std::string value;
};

enum class Reaction : std::uint8_t {
  Retry,         // send the request again with authorize()
  Unanswerable,  // no challenge that this account can answer
  Refused,       // our answer was wrong: the same nonce again, or a fresh one was answered in vain
};
std::string_view name_of(Reaction reaction);

class ClientSession {
 public:
  // A 401 or 407 to a request that carried `carried`. The caller bounds how often one request is sent again
  // (kMaxClientRetries), because a server may call every nonce stale.
  Reaction challenged(const Account& account, const HeaderValues& challenges, const HeaderValues& carried,
                      limit::Counts* limits = nullptr);

  struct Request {
    std::string_view method;
    std::string_view uri;  // the Request-URI that the peer will see
    std::string_view body;
  };
  // The header values for a request, nothing before the first challenge. Uses up one nonce count of each.
  std::vector<Authorization> authorize(const Account& account, const Request& request, base::Random& random);

 private:
  struct Entry {
    bool proxy = false;
    Challenge challenge;
    std::uint32_t count = 0;  // answers given with its nonce
  };

  Reaction take(const Account& account, bool proxy, std::span<const std::string_view> values,
                std::span<const std::string_view> carried, limit::Counts* limits);
  // False: another realm's went for it.
  bool remember(bool proxy, const Challenge& challenge);

  std::vector<Entry> entries_;  // oldest first
};

}  // namespace sbc::auth
