#pragma once
// Bodies of requests that end here: whether something in them must be understood, and is not (RFC 3261 8.2.3, RFC 5621
// 7, 8.3, 8.4).

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sbc::body {

struct Received {
  std::string_view type;         // Content-Type
  std::string_view disposition;  // Content-Disposition; "": none
  std::string_view encoding;     // Content-Encoding; "": none
  std::string_view text;
};

// handling=optional in a Content-Disposition. Without it whoever gets the body has to understand it (RFC 3261 20.11).
bool is_optional(std::string_view disposition);

// Why the request deserves 415; nullopt: it does not. `understood`: bare types that mean something in it. Handling is
// required where nothing else is said (RFC 3261 20.11). Of multipart/alternative one part is enough.
std::optional<std::string> not_understood(const Received& body, std::span<const std::string_view> understood);

}  // namespace sbc::body
