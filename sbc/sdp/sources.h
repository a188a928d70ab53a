#pragma once
// Which streams an m-line says it sends: a=ssrc (RFC 5576 4.1).

#include <cstdint>
#include <vector>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

// Each SSRC once, in the order of the lines. Empty: it names none, or more than kMaxSources, or one that is no number:
// then any stream may be its own.
std::vector<std::uint32_t> sources_of(const Session& session, const Media& media);

}  // namespace sbc::sdp
