#pragma once
// What a WebSocket peer may make us hold, besides one message.

#include <cstddef>

namespace sbc::web_socket {

// Of the HTTP request that opens it. Browsers send cookies along: theirs go up to 4 KiB each.
inline constexpr std::size_t kRequestBytes = 16 * 1024;

}  // namespace sbc::web_socket
