#pragma once
// WWW-Authenticate and Proxy-Authenticate (RFC 7616 section 3.3, RFC 8760). One challenge per header field, as RFC 3261
// section 7.3.1 demands: these fields are never joined with commas.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/auth/algorithm.h"

namespace sbc::auth {

struct Challenge {
  std::string realm;
  std::string nonce;
  std::string opaque;
  bool has_opaque = false;
  std::optional<Algorithm> algorithm = Algorithm{};  // nullopt: one we do not know; such a challenge is skipped
  bool has_algorithm = false;                        // RFC 2069 servers name none; the answer then names none
  bool qop_auth = false;
  bool qop_auth_int = false;
  bool has_qop = false;
  bool stale = false;
};

std::expected<Challenge, std::string> parse_challenge(std::string_view header_value);
// As a header value: `Digest realm="...", nonce="...", algorithm=SHA-256, qop="auth"`.
std::string write_challenge(const Challenge& challenge);

}  // namespace sbc::auth
