#pragma once
// SHA-1 for the one thing that still needs it: the WebSocket handshake (RFC 6455 4.2.2), where it protects nothing.

#include <string>
#include <string_view>

namespace sbc::tls {

std::string sha1_base64(std::string_view bytes);

}  // namespace sbc::tls
