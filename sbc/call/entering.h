#pragma once
// Headers that name one dialog inside a request that makes another: Join (RFC 3911) and Target-Dialog (RFC 4538) of an
// INVITE that goes on to the far side, which knows that dialog by the identifiers of its own leg.

#include <expected>
#include <string>
#include <utility>

#include "sbc/call/core.h"

namespace sbc::call {

// The headers of the INVITE to `call.b`, which has been prepared for its target. Error: the status for a Join that
// names no dialog of that side. A Target-Dialog that names none is left out: it only says why the caller may call.
std::expected<HeaderList, int> entering_headers(const Core& core, const Call& call);

}  // namespace sbc::call
