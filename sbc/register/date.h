#pragma once
// The Date header.

#include <string>

#include "media-relay/base/time.h"

namespace sbc::registrar {

// "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17), whatever the locale.
std::string date_text(base::WallTime wall);

}  // namespace sbc::registrar
