#pragma once
// What is asked and answered.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/time.h"

namespace sbc::http {

struct Request {
  std::string url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::string> json{};  // POST with this body; nullopt: GET
  base::Duration keep{};              // a 200 to a GET may be used again for so long
  base::Duration timeout{};           // for everything, from the name to the last byte
  bool urgent = false;                // in the name of a call for help
};

struct Response {
  std::uint16_t status = 0;
  std::string content_type;  // "" when it has none
  std::string body;
};

enum class Problem : std::uint8_t {
  Timeout,     // not answered in time
  NotAllowed,  // no prefix of the configuration has this URL
  Busy,        // too many requests at once
  Resting,     // the circuit breaker is open
  Connect,     // the host has no address, or nobody listens there
  Tls,         // its certificate is not accepted
  TooLarge,    // its body is
  Failed,      // anything else: it broke off, or speaks no HTTP
};
inline constexpr std::size_t kProblems = 8;
std::string_view name_of(Problem problem);  // "not_allowed"

using Reply = std::expected<Response, Problem>;

}  // namespace sbc::http
