#include "sbc/sip/grammar.h"

#include <string>

#include "media-relay/base/ip.h"
#include "media-relay/base/text.h"

namespace sbc::sip::grammar {
namespace {

// RFC 5118 4.10: the grammar of RFC 3261 leads some to write one colon too many before an embedded IPv4 address.
bool is_ipv6(std::string_view text) {
  if (base::IpAddress::parse(text)) return true;
  const std::size_t three = text.find(":::");
  if (three == std::string_view::npos) return false;
  std::string repaired(text);
  repaired.erase(three, 1);
  return base::IpAddress::parse(repaired).has_value();
}

HostPort failed(const char* expected, std::size_t at) {
  HostPort result;
  result.expected = expected;
  result.end = at;
  return result;
}

}  // namespace

std::size_t bad_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || base::hex_value(text[at + 1]) < 0 || base::hex_value(text[at + 2]) < 0) return at;
  }
  return std::string_view::npos;
}

HostPort read_host_port(std::string_view text, std::size_t at, bool blanks_around_colon) {
  HostPort result;
  const std::size_t start = at;
  if (at < text.size() && text[at] == '[') {
    const std::size_t close = text.find(']', at);
    if (close == std::string_view::npos || close - at > 48) return failed("']' after IPv6 address", at);
    at = close + 1;
    if (!is_ipv6(text.substr(start, at - start))) return failed("IPv6 address", start);
  } else {
    at = skip(kHost, text, at);
    if (at == start) return failed("host", start);
  }
  result.host = text.substr(start, at - start);
  result.end = at;

  const std::size_t colon = blanks_around_colon ? skip_blanks(text, at) : at;
  if (colon >= text.size() || text[colon] != ':') return result;
  const std::size_t digits = blanks_around_colon ? skip_blanks(text, colon + 1) : colon + 1;
  std::uint32_t port = 0;
  std::size_t end = digits;
  while (end < text.size() && base::is_digit(text[end]) && port <= 0xffff)
    port = port * 10 + static_cast<std::uint32_t>(text[end++] - '0');
  if (end == digits || port > 0xffff) return failed("port", digits);
  // "sip:2001:db8::10" (RFC 5118 4.2): digits of a port that go on with something else are no port.
  if (end < text.size() && (is(kHost, text[end]) || text[end] == ':')) return failed("port", digits);
  result.has_port = true;
  result.port = static_cast<std::uint16_t>(port);
  result.end = end;
  return result;
}

}  // namespace sbc::sip::grammar
