#pragma once
// name-addr and addr-spec with header parameters, as in From, To, Contact, Route, Refer-To (RFC 3261 20.10, 25.1).

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/params.h"
#include "sbc/sip/uri.h"

namespace sbc::sip {

struct NameAddr {
  std::string_view display;   // raw: a quoted one keeps its quotes; "" when absent
  std::string_view uri_text;  // without the brackets
  Uri uri;
  std::string_view params;  // header parameters, without the leading ';'
  std::string_view text;    // the whole value as written
  bool bracketed = false;   // written as <uri>

  std::string_view tag() const { return param("tag").value_or(std::string_view{}); }
  std::optional<std::string_view> param(std::string_view name) const { return find_param(params, name); }
  std::string display_text() const { return unquote(display); }
  // The value without its parameters: display name and URI, as written.
  std::string_view address_text() const;
};

// One value: no comma-joined list. Without brackets, ';' starts header parameters and '?' is an error (RFC 3261 20).
std::expected<NameAddr, Error> parse_name_addr(std::string_view text);
// The same into `fresh`, which must be newly made: saves the hot path two copies. After an error it is good for
// nothing.
std::optional<Error> read_name_addr(std::string_view text, NameAddr& fresh);

}  // namespace sbc::sip
