#include "sbc/sip/service_urn.h"

#include <algorithm>

#include "media-relay/base/text.h"

namespace sbc::sip {

bool is_emergency_urn(const Uri& uri) {
  constexpr std::string_view kSos = "urn:service:sos";
  if (uri.scheme != Uri::Scheme::Other || uri.text.size() < kSos.size()) return false;
  if (!base::equals_ignoring_case(uri.text.substr(0, kSos.size()), kSos)) return false;
  return uri.text.size() == kSos.size() || uri.text[kSos.size()] == '.';
}

bool is_emergency(const Uri& uri, std::span<const std::string> numbers) {
  if (is_emergency_urn(uri)) return true;
  if (uri.scheme == Uri::Scheme::Other || uri.user.empty()) return false;
  return std::ranges::find(numbers, unescape(uri.user)) != numbers.end();
}

}  // namespace sbc::sip
