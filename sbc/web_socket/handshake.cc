#include "sbc/web_socket/handshake.h"

#include <algorithm>
#include <map>

#include "media-relay/base/text.h"

#include "sbc/tls/sha1.h"

namespace sbc::web_socket {
namespace {

// RFC 6455 1.3.
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

using Fields = std::map<std::string, std::string, std::less<>>;  // by lower-case name; of several, a list

Fields fields_of(std::string_view head) {
  Fields fields;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string& value = fields[base::to_lower(line.substr(0, colon))];
    if (!value.empty()) value += ", ";
    value += trimmed(line.substr(colon + 1));
  }
  return fields;
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

bool lists(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const std::string_view one = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), one.size() + 1));
    if (base::equals_ignoring_case(trimmed(one), token)) return true;
  }
  return false;
}

// 16 bytes in base64: 22 characters and two "=".
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, 22), [](char c) { return base::is_alnum(c) || c == '+' || c == '/'; });
}

Reject verdict(std::string_view request_line, const Fields& fields) {
  if (!request_line.ends_with(" HTTP/1.1")) return Reject::NotHttp;
  if (!request_line.starts_with("GET ")) return Reject::Method;
  if (value_of(fields, "host").empty()) return Reject::Host;
  if (!lists(value_of(fields, "upgrade"), "websocket") || !lists(value_of(fields, "connection"), "upgrade"))
    return Reject::Upgrade;
  if (value_of(fields, "sec-websocket-version") != "13") return Reject::Version;
  if (!is_key(value_of(fields, "sec-websocket-key"))) return Reject::Key;
  // RFC 7118 4.1: both sides name it, or there is no SIP over this connection.
  if (!lists(value_of(fields, "sec-websocket-protocol"), "sip")) return Reject::Subprotocol;
  return Reject::None;
}

struct Refusal {
  std::string_view status;
  std::string_view header;
  std::string_view text;
};

Refusal refusal_of(Reject reject) {
  switch (reject) {
    case Reject::None:
    case Reject::NotHttp:
    case Reject::kCount:
      break;
    case Reject::Method:
      return {"405 Method Not Allowed", "Allow: GET\r\n", "expected GET"};
    case Reject::Host:
      return {"400 Bad Request", "", "expected a Host"};
    case Reject::Upgrade:
      return {"400 Bad Request", "", "expected Upgrade: websocket and Connection: Upgrade"};
    case Reject::Version:
      return {"426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "expected Sec-WebSocket-Version 13"};
    case Reject::Key:
      return {"400 Bad Request", "", "expected a Sec-WebSocket-Key of 16 bytes in base64"};
    case Reject::Subprotocol:
      return {"400 Bad Request", "", "expected sip in Sec-WebSocket-Protocol"};
    case Reject::TooLong:
      return {"431 Request Header Fields Too Large", "", "expected a shorter request"};
  }
  return {"400 Bad Request", "", "expected a request of HTTP/1.1"};
}

}  // namespace

const char* name_of(Reject reason) {
  switch (reason) {
    case Reject::None:
      return "none";
    case Reject::NotHttp:
      return "not_http";
    case Reject::Method:
      return "method";
    case Reject::Host:
      return "host";
    case Reject::Upgrade:
      return "upgrade";
    case Reject::Version:
      return "version";
    case Reject::Key:
      return "key";
    case Reject::Subprotocol:
      return "subprotocol";
    case Reject::TooLong:
      return "too_long";
    case Reject::kCount:
      break;
  }
  return "?";
}

Answer refuse(Reject reject) {
  const Refusal refusal = refusal_of(reject);
  Answer answer{.reject = reject, .response = "HTTP/1.1 "};
  answer.response.append(refusal.status).append("\r\n").append(refusal.header);
  answer.response.append("Content-Type: text/plain\r\nConnection: close\r\nContent-Length: ");
  answer.response.append(std::to_string(refusal.text.size() + 1)).append("\r\n\r\n").append(refusal.text).append("\n");
  return answer;
}

Answer answer_handshake(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const Fields fields = fields_of(head.substr(std::min(head.size(), line.size() + 2)));
  if (const Reject reject = verdict(line, fields); reject != Reject::None) return refuse(reject);
  const std::string proof = tls::sha1_base64(std::string(value_of(fields, "sec-websocket-key")).append(kGuid));
  return {.reject = Reject::None,
          .response =
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: " +
              proof + "\r\nSec-WebSocket-Protocol: sip\r\n\r\n"};
}

}  // namespace sbc::web_socket
