#include "media-relay/base/text.h"

#include "sbc/body/rewrite.h"
#include "sbc/sip/header_id.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/writer.h"

namespace sbc::body {
namespace {

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

// RFC 3420: any subset of a message. Who transferred a call needs the status (RFC 3515 2.4.5); the phrase, as
// everywhere at this border, is the standard one, because phrases name hosts and products.
std::expected<std::string, std::string> rewrite_sipfrag(std::string_view text) {
  auto rest = text;
  const auto line = take_line(rest);
  const auto status =
      line.starts_with("SIP/2.0 ") ? base::parse_unsigned<std::uint32_t>(line.substr(8, 3)) : std::nullopt;
  if (!status || *status < 100 || *status > 699 || (line.size() > 11 && line[11] != ' '))
    return std::unexpected("sipfrag: expected a status line, got \"" + base::printable(line) + "\"");
  std::string out;
  sip::Writer writer(out, 64);
  writer.status_line(static_cast<int>(*status));
  while (!rest.empty()) {
    const auto field = take_line(rest);
    if (field.empty()) break;  // a body follows: SDP of the other side, and nobody needs it
    const auto colon = field.find(':');
    if (colon == std::string_view::npos ||
        sip::header_id_from(base::trim(field.substr(0, colon))) != sip::HeaderId::RetryAfter)
      continue;
    if (const auto seconds = sip::parse_retry_after(base::trim(field.substr(colon + 1))))
      writer.header(sip::HeaderId::RetryAfter, *seconds);
  }
  return out;
}

}  // namespace sbc::body
