#pragma once
// Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.

#include <string_view>

namespace sbc::web_socket {

bool is_utf8(std::string_view bytes);

}  // namespace sbc::web_socket
