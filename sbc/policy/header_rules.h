#pragma once
// Which headers a policy may set or remove.

#include <string_view>

namespace sbc::policy {

// True for headers (also in compact form) that the border writes itself because dialogs, transactions, bodies,
// authentication or the hiding of topology depend on them.
bool border_owns_header(std::string_view name);

// Whether `name` is one of those that `pattern` names: "X-Tenant-*" is all that begin with "X-Tenant-", in any case.
bool is_header_pattern(std::string_view pattern);  // ends with '*'
bool names_header(std::string_view pattern, std::string_view name);

// RFC 3261 25.1: token.
bool is_header_name(std::string_view name);

// No CR, LF or other control character: nothing that could begin another header. Bytes of UTF-8 are allowed.
bool is_header_value(std::string_view value);

// User part of a URI before escaping: no control characters, blanks, quotes, <>, @ or %.
bool is_user_part(std::string_view user);

}  // namespace sbc::policy
