#pragma once
// The value of `response` (RFC 7616 section 3.4.1): the one place where both roles compute it.

#include <string>
#include <string_view>

#include "sbc/auth/algorithm.h"

namespace sbc::auth {

struct ResponseInput {
  Algorithm algorithm;
  std::string_view ha1;  // H(username:realm:password); the -sess step is done here
  std::string_view method;
  std::string_view uri;
  std::string_view nonce;
  std::string_view cnonce;
  std::string_view nonce_count;  // eight hex digits, as sent
  std::string_view qop;          // "auth", "auth-int" or ""
  std::string_view body;         // auth-int only
};

// "" when the hash is not available in this process.
std::string response_of(const ResponseInput& input);

}  // namespace sbc::auth
