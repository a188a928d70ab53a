#pragma once
// The HTTP request that opens a WebSocket for SIP (RFC 6455 4.2, RFC 7118 4).

#include <cstdint>
#include <string>
#include <string_view>

namespace sbc::web_socket {

enum class Reject : std::uint8_t {
  None,
  NotHttp,      // 400: no request line of HTTP/1.1
  Method,       // 405: not GET
  Host,         // 400: none
  Upgrade,      // 400: no "Upgrade: websocket" with "Connection: Upgrade"
  Version,      // 426: Sec-WebSocket-Version is not 13
  Key,          // 400: Sec-WebSocket-Key is not 16 bytes in base64
  Subprotocol,  // 400: "sip" is not among Sec-WebSocket-Protocol
  TooLong,      // 431
  kCount
};
const char* name_of(Reject reason);  // "subprotocol"

struct Answer {
  Reject reject = Reject::None;
  std::string response;  // whole; of a refusal with "Connection: close"
};

// `head` up to and with its empty line.
Answer answer_handshake(std::string_view head);
// A refusal that is known without a whole head.
Answer refuse(Reject reject);

}  // namespace sbc::web_socket
