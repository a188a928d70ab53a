#pragma once
// Authorization and Proxy-Authorization (RFC 7616 section 3.4, RFC 3261 section 22.4).

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/auth/algorithm.h"

namespace sbc::auth {

struct Credentials {
  std::string username;  // decoded when it came as username* (RFC 5987)
  std::string realm;
  std::string nonce;
  std::string uri;
  std::string response;                // lower case hex
  std::optional<Algorithm> algorithm;  // nullopt: names one we do not know. Absent in the header means MD5.
  std::string algorithm_text;
  std::string qop;  // "auth", "auth-int", or empty: the client speaks RFC 2069
  std::string cnonce;
  std::string nc_text;  // as sent, it is part of the hash
  std::uint32_t nonce_count = 0;
  std::string opaque;
  bool username_is_hashed = false;  // userhash=true
};

enum class CredentialsError : std::uint8_t { OtherScheme, Malformed };

struct CredentialsRefusal {
  CredentialsError kind;
  std::string text;
};

std::expected<Credentials, CredentialsRefusal> parse_credentials(std::string_view header_value);

// For metrics, explain records and logs: the realm of a value that may be any scheme; nullopt when it has none. A
// request may carry credentials for several realms (RFC 3261 section 22.3); the server looks for its own.
std::optional<std::string> realm_of(std::string_view header_value);

}  // namespace sbc::auth
