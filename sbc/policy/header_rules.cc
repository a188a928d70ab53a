#include "sbc/policy/header_rules.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

namespace sbc::policy {
namespace {

constexpr std::array<std::string_view, 48> kOwned = {
    // Routing and identity of transactions and dialogs.
    "Via", "v", "Route", "Record-Route", "Contact", "m", "Call-ID", "i", "CSeq", "From", "f", "To", "t", "Max-Forwards",
    "Path", "Service-Route", "RSeq", "RAck", "Replaces", "Target-Dialog", "Max-Breadth",
    // The body.
    "Content-Length", "l", "Content-Type", "c", "Content-Encoding", "e", "Content-Disposition", "MIME-Version",
    // What the border can do, and what it has agreed on.
    "Require", "Proxy-Require", "Supported", "k", "Unsupported", "Allow", "Session-Expires", "x", "Min-SE", "Expires",
    "Min-Expires",
    // Authentication.
    "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Authentication-Info",
    // Who it is.
    "User-Agent", "Server", "Timestamp"};

// RFC 3261 25.1: token, besides alphanumerics.
constexpr std::string_view kMarks = "-.!%*_+`'~";
constexpr std::string_view kForbidden = "\"<>@%\\";

}  // namespace

bool border_owns_header(std::string_view name) {
  return std::any_of(kOwned.begin(), kOwned.end(),
                     [name](std::string_view owned) { return base::equals_ignoring_case(owned, name); });
}

bool is_header_pattern(std::string_view pattern) {
  return pattern.ends_with('*');
}

bool names_header(std::string_view pattern, std::string_view name) {
  if (!is_header_pattern(pattern)) return base::equals_ignoring_case(pattern, name);
  pattern.remove_suffix(1);
  return name.size() >= pattern.size() && base::equals_ignoring_case(pattern, name.substr(0, pattern.size()));
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return base::is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_user_part(std::string_view user) {
  return std::all_of(user.begin(), user.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && kForbidden.find(c) == std::string_view::npos;
  });
}

}  // namespace sbc::policy
