#pragma once
// Signatures over who calls whom (STIR: RFC 8224, 8225). The border neither makes nor checks any: it carries them, in
// their order, while what they sign stands unchanged in what it sends, and leaves them out otherwise.

#include <string>
#include <string_view>
#include <vector>

#include "sbc/sip/message.h"

namespace sbc::identity {

// The values of Identity that are well formed (RFC 8224 4), one for each header: shaken, div, rcd and others.
std::vector<std::string> passports(const sip::Message& message);

// The value of Date as RFC 3261 20.17 writes it, from which a verifier rebuilds what a compact form has signed (RFC
// 8224 6.2.4); "" when there is none.
std::string signed_date(const sip::Message& message);

// Whether two user parts are one telephone number, as canonicalised for a signature (RFC 8224 8.3). False when either
// is none: an address of record is signed with its host, which never crosses.
bool same_number(std::string_view one, std::string_view other);

}  // namespace sbc::identity
