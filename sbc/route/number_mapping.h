#pragma once
// ENUM: telephone numbers as names of the DNS, and the URIs that stand there (RFC 6116).

#include <optional>
#include <string>
#include <string_view>

#include "sbc/route/dns.h"

namespace sbc::route {

// RFC 6116 3.1, 3.2: "+4312345" under "e164.arpa" is "5.4.3.2.1.3.4.e164.arpa". "" for what is no E.164 number: "+" and
// up to 15 digits.
std::string enum_name(std::string_view number, std::string_view suffix);

// What the rule makes of the number (RFC 3402 3.2): an extended regular expression and a replacement with \1 to \9.
// nullopt: it does not match, or is none that we take; repetitions by count and references back inside the expression
// are not taken, because a zone could make them cost what it likes.
std::optional<std::string> uri_of(const UriRule& rule, const std::string& number);

}  // namespace sbc::route
