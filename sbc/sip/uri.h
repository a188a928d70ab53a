#pragma once
// SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966), any other scheme as opaque text.
// All members are views into the text that was parsed.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/error.h"
#include "sbc/sip/transport.h"

namespace sbc::sip {

struct Uri {
  enum class Scheme : std::uint8_t { Sip, Sips, Tel, Other };

  Scheme scheme = Scheme::Other;
  bool has_user = false;  // "sip:@host" is malformed, so a user that is present is not empty
  bool has_password = false;
  bool has_port = false;
  std::uint16_t port = 0;
  std::string_view scheme_text;
  std::string_view user;  // escapes kept; tel: the number as written
  std::string_view password;
  std::string_view host;     // IPv6 with its brackets; "" for tel and other schemes
  std::string_view params;   // without the leading ';'
  std::string_view headers;  // without the leading '?'
  std::string_view text;     // the whole URI

  bool is_sip() const { return scheme == Scheme::Sip || scheme == Scheme::Sips; }
  bool empty() const { return text.empty(); }
  // Value of a URI parameter, "" when it has none; nullopt when absent.
  std::optional<std::string_view> param(std::string_view name) const;
  std::optional<Transport> transport() const;  // of ;transport=, when known
  // The host as an address, when it is one.
  std::optional<base::IpAddress> ip() const;
  // "host" or "host:port", as written.
  std::string_view host_port() const;
};

// What requests to the URI go over when nothing else says it: UDP unless it names a transport, and TLS under it when it
// is a sips: URI (RFC 3261 26.2.2, RFC 5630 3.1.4).
Transport transport_of(const Uri& uri);

// The whole of `text` as a URI, without brackets or surrounding blanks.
std::expected<Uri, Error> parse_uri(std::string_view text);
// The same into `fresh`, which must be newly made: saves the hot path two copies. After an error it is good for
// nothing.
std::optional<Error> read_uri(std::string_view text, Uri& fresh);

// RFC 3261 19.1.4 for sip and sips; RFC 3966 5 for tel (visual separators ignored); other schemes: byte for byte.
bool equivalent(const Uri& a, const Uri& b);

// %41 -> A. Malformed escapes stay as they are.
std::string unescape(std::string_view text);
// What may not stand in a user part (RFC 3261 25.1 user) becomes %XX.
std::string escape_user(std::string_view user);

}  // namespace sbc::sip
