#pragma once
// Text to Session (RFC 8866 9).
//
// Lenient where the field is: lines may end in LF alone, s= and t= may be missing, lines may come in another order as
// long as v= is first and o= comes before the first m=, unknown types are kept, the text may end in empty lines.
// Strict where a call depends on it: v=0; one o= of six fields; c= with a known network and address type and an
// address of that type (or a name); every m-line in use has a c= line, a port and a format; no NUL or stray CR.

#include <expected>
#include <string_view>

#include "sbc/sdp/error.h"
#include "sbc/sdp/limits.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

std::expected<Session, Error> parse(std::string_view text, const Limits& limits = {});
// The same, as the shared value that offer/answer state keeps.
std::expected<SessionPtr, Error> parse_shared(std::string_view text, const Limits& limits = {});

}  // namespace sbc::sdp
