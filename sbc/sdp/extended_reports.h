#pragma once
// a=rtcp-xr (RFC 3611 5.1): which extended reports a peer asks for or offers.

#include <string>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The formats that hold for the m-line, its own before those of the session, as they may be told to the other leg: of
// what RFC 3611 defines, in its spelling. Others may be anything, a name as well. Empty: none.
std::string extended_reports(const Session& session, const Media& media);

}  // namespace sbc::sdp
