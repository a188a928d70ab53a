#include "sbc/sip/rseq.h"

#include "media-relay/base/text.h"

#include "sbc/sip/values.h"

namespace sbc::sip {

std::optional<std::uint32_t> reliable_number(const Message& response) {
  if (!lists_token(response, HeaderId::Require, "100rel")) return std::nullopt;
  const auto text = response.find(HeaderId::RSeq);
  const auto number = text ? base::parse_unsigned<std::uint32_t>(*text) : std::nullopt;
  return number && *number != 0 ? number : std::nullopt;
}

}  // namespace sbc::sip
