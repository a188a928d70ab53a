#pragma once
// One Via value (RFC 3261 20.42, RFC 3581).

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "sbc/sip/error.h"
#include "sbc/sip/transport.h"

namespace sbc::sip {

struct Via {
  std::optional<Transport> transport;  // nullopt: a token we do not know, such as SCTP
  std::string_view transport_text;
  std::string_view host;  // sent-by; IPv6 with its brackets
  bool has_port = false;
  std::uint16_t port = 0;
  std::string_view branch;             // "" when absent
  std::optional<std::uint16_t> rport;  // 0: present without a value (RFC 3581 3)
  std::string_view received;           // as written, IPv6 with or without brackets (RFC 5118 4.5)
  std::string_view maddr;
  std::optional<std::uint8_t> ttl;
  std::string_view params;  // raw, without the leading ';'
  std::string_view text;    // the whole value as written

  // RFC 3261 8.1.1.7: the branch is unique and can be used to match a transaction.
  bool has_magic_cookie() const { return branch.starts_with("z9hG4bK") && branch.size() > 7; }
  std::uint16_t port_or_default() const;  // port, or the default of the transport (18.2.2)
};

// The first value of `text`; what follows its comma is not looked at. `text` of the result ends before that comma.
std::expected<Via, Error> parse_via(std::string_view text);
// The same into `fresh`, which must be newly made. What was readable before an error is kept: with a host, a malformed
// Via can still be answered.
std::optional<Error> read_via(std::string_view text, Via& fresh);

// `SIP/2.0/<transport> <sent_by>;branch=<branch>;rport`, the way we write our own.
void append_via(std::string& out, Transport transport, std::string_view sent_by, std::string_view branch,
                bool ask_rport = true);

}  // namespace sbc::sip
