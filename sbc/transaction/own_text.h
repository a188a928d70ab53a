#pragma once
// Reading and repeating messages that we wrote ourselves: the ACK and the CANCEL of an INVITE, and the tag of a
// response.

#include <string>
#include <string_view>

#include "sbc/sip/method.h"

namespace sbc::transaction {

// RFC 3261 17.1.1.3 (ACK to non-2xx) and 9.1 (CANCEL): Request-URI, top Via, Route, From, Call-ID and the number of
// CSeq as in `invite`. `to`: value of To, "" for the INVITE's own. `extra_headers`: whole lines with their CRLF.
std::string repeat_head(std::string_view invite, sip::Method method, std::string_view to,
                        std::string_view extra_headers);

// The tag of To in a message that we wrote; "" when there is none. A view into `message`.
std::string_view to_tag_of(std::string_view message);

}  // namespace sbc::transaction
