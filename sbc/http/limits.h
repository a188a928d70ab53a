#pragma once
// Limits of the http room, each with its reason.

namespace sbc::http {

// Connections that are kept open for the next request. Services are few, and so are their machines.
inline constexpr long kMaxIdleConnections = 16;

}  // namespace sbc::http
