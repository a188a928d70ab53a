#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/body/limits.h"
#include "sbc/body/rewrite.h"

namespace sbc::body {
namespace {

bool is_token_or_blank(char c) {
  return base::is_alnum(c) || std::string_view("-.!%*_+`'~ \t").find(c) != std::string_view::npos;
}

}  // namespace

// RFC 3842 5.2: messages-waiting status, the account, counts by class; then, after a blank line, headers of single
// messages, which name callers and Message-IDs: those stay behind.
std::expected<std::string, std::string> rewrite_message_summary(std::string_view text, Identifiers& identifiers) {
  std::string out;
  std::size_t lines = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = base::trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) break;
    if (++lines > kMaxSummaryLines) return std::unexpected("message summary: too many lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return std::unexpected("message summary: expected a name and a value, got \"" + base::printable(line) + "\"");
    const auto name = base::trim(line.substr(0, colon));
    const auto value = base::trim(line.substr(colon + 1));
    if (base::equals_ignoring_case(name, "Message-Account")) {
      const auto uri = sip::parse_uri(value);
      const std::string account = uri ? identifiers.public_uri(*uri) : "";
      if (!account.empty()) out.append("Message-Account: ").append(account).append("\r\n");
      continue;
    }
    // Words and counts: "yes", "4/8 (1/2)".
    const auto harmless = [](char c) {
      return base::is_alnum(c) || std::string_view("/() \t-").find(c) != std::string_view::npos;
    };
    if (!std::ranges::all_of(name, is_token_or_blank) || !std::ranges::all_of(value, harmless))
      return std::unexpected("message summary: expected a word or counts, got \"" + base::printable(line) + "\"");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (out.empty()) return std::unexpected("message summary: expected Messages-Waiting, got nothing");
  return out;
}

}  // namespace sbc::body
