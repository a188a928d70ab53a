#pragma once
// The domains that a realm keeps bindings for, and the canonical form of an address of record (RFC 3261 section 10.3
// steps 1 and 5).

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/sip/uri.h"

namespace sbc::registrar {

enum class AorError : std::uint8_t {
  NotSip,        // neither sip: nor sips:
  NoUser,        // no user part
  Unacceptable,  // too long, or control bytes behind its escapes
};

// "sip:user@host": user unescaped, host in lower case (an IP address in its shortest form), no password, port,
// parameter or header. A sips: URI has the same address of record as the sip: one: it is the same user (RFC 5630
// section 3.3).
std::expected<std::string, AorError> canonical_aor(const sip::Uri& uri);

// An address of record in its parts.
struct Aor {
  std::string user;
  std::string domain;
  std::string text() const { return "sip:" + user + "@" + domain; }
};
std::expected<Aor, AorError> aor_of(const sip::Uri& uri);

class Domains {
 public:
  Domains() = default;
  // `names` in any case, the first is the primary one; `aliases` (names, addresses that phones are given by hand) stand
  // for the primary one. With `own_addresses`, so does the local address that the request came in on.
  Domains(const std::vector<std::string>& names, const std::vector<std::string>& aliases, bool own_addresses);

  // The domain that `host` stands for; nullopt: not served.
  std::optional<std::string> serving(std::string_view host, const base::IpAddress& local) const;
  // canonical_aor with the host replaced by the domain it stands for; as it is when the domain is not served.
  std::expected<Aor, AorError> local_aor(const sip::Uri& uri, const base::IpAddress& local) const;

  bool empty() const { return names_.empty(); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> aliases_;
  bool own_addresses_ = false;
};

}  // namespace sbc::registrar
