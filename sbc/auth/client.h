#pragma once
// The client's side of digest: choosing a challenge and answering it (RFC 7616 section 3.4, RFC 8760 section 2.4).

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "sbc/auth/challenge.h"
#include "sbc/auth/secret.h"

namespace sbc::auth {

struct ClientRequest {
  std::string_view method;
  std::string_view uri;  // exactly the Request-URI that the challenger sees
  std::string_view username;
  std::string_view cnonce;        // fresh and random
  std::uint32_t nonce_count = 1;  // 1 for the first use of a nonce, then one more each time
  std::string_view body;          // hashed only when the server offers nothing but auth-int
};

// The strongest challenge that `secret` can answer; null when there is none.
const Challenge* choose(std::span<const Challenge> challenges, const Secret& secret);

// The value of the Authorization or Proxy-Authorization header.
std::expected<std::string, std::string> answer(const Challenge& challenge, const ClientRequest& request,
                                               const Secret& secret);

}  // namespace sbc::auth
