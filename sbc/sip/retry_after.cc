#include "sbc/sip/retry_after.h"

#include "sbc/sip/contact.h"

namespace sbc::sip {

std::optional<std::uint32_t> parse_retry_after(std::string_view value) {
  return parse_delta_seconds(value.substr(0, value.find_first_of(" ;(\t")));
}

std::optional<std::uint32_t> retry_after(const Message& message) {
  const auto value = message.find(HeaderId::RetryAfter);
  return value ? parse_retry_after(*value) : std::nullopt;
}

}  // namespace sbc::sip
