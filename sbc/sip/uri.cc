#include "sbc/sip/uri.h"

#include <algorithm>
#include <vector>

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"

namespace sbc::sip {
namespace {

using grammar::kTelDigits;
using grammar::kUriText;
using grammar::kUser;

std::size_t offset(const Uri& uri, std::string_view part) {
  return static_cast<std::size_t>(part.data() - uri.text.data());
}

Uri::Scheme scheme_from(std::string_view text) {
  if (text.size() == 3) {
    if (base::equals_ignoring_case(text, "sip")) return Uri::Scheme::Sip;
    if (base::equals_ignoring_case(text, "tel")) return Uri::Scheme::Tel;
  }
  return text.size() == 4 && base::equals_ignoring_case(text, "sips") ? Uri::Scheme::Sips : Uri::Scheme::Other;
}

// Characters and escapes of `part`, which lies in uri.text.
std::optional<Error> check(const Uri& uri, std::string_view part, std::string_view expected) {
  const std::size_t bad = grammar::skip(kUriText, part);
  if (bad != part.size()) return unexpected(expected, uri.text, offset(uri, part) + bad).error();
  const std::size_t escape = grammar::bad_escape(part);
  if (escape != std::string_view::npos) return unexpected("%HH escape", uri.text, offset(uri, part) + escape).error();
  return std::nullopt;
}

std::optional<Error> take_userinfo(Uri& uri, std::size_t start, std::size_t end) {
  const std::string_view info = uri.text.substr(start, end - start);
  bool in_password = false;
  bool escapes = false;
  for (std::size_t i = 0; i < info.size(); ++i) {
    if (grammar::is(kUser, info[i])) continue;
    if (info[i] == '%') {
      escapes = true;
    } else if (info[i] == ':' && !in_password) {
      in_password = true;
      uri.password = info.substr(i + 1);
      uri.user = info.substr(0, i);
    } else {
      return unexpected("user", uri.text, start + i).error();
    }
  }
  uri.has_user = true;
  uri.has_password = in_password;
  if (!in_password) uri.user = info;
  if (uri.user.empty()) return unexpected("user", uri.text, start).error();
  if (escapes) {
    const std::size_t escape = grammar::bad_escape(info);
    if (escape != std::string_view::npos) return unexpected("%HH escape", uri.text, start + escape).error();
  }
  return std::nullopt;
}

std::optional<Error> parse_sip(Uri& uri, std::size_t at) {
  const std::string_view text = uri.text;
  const std::size_t separator = text.find('@', at);
  if (separator != std::string_view::npos) {
    if (auto error = take_userinfo(uri, at, separator)) return error;
    at = separator + 1;
  }
  const auto host_port = grammar::read_host_port(text, at, false);
  if (host_port.expected != nullptr) return unexpected(host_port.expected, text, host_port.end).error();
  uri.host = host_port.host;
  uri.has_port = host_port.has_port;
  uri.port = host_port.port;
  at = host_port.end;
  if (at == text.size()) return std::nullopt;

  if (text[at] != ';' && text[at] != '?') return unexpected("';', '?' or the end of the URI", text, at).error();
  const std::size_t question = text.find('?', at);
  if (text[at] == ';') {
    uri.params = text.substr(at + 1, std::min(question, text.size()) - at - 1);
    if (auto error = check(uri, uri.params, "URI parameter")) return error;
  }
  if (question != std::string_view::npos) {
    uri.headers = text.substr(question + 1);
    if (auto error = check(uri, uri.headers, "URI header")) return error;
  }
  return std::nullopt;
}

std::optional<Error> parse_tel(Uri& uri, std::size_t at) {
  const std::size_t end = grammar::skip(kTelDigits, uri.text, at);
  if (end == at) return unexpected("telephone number", uri.text, at).error();
  uri.user = uri.text.substr(at, end - at);
  uri.has_user = true;
  if (end == uri.text.size()) return std::nullopt;
  if (uri.text[end] != ';') return unexpected("telephone number", uri.text, end).error();
  uri.params = uri.text.substr(end + 1);
  if (auto error = check(uri, uri.params, "URI parameter")) return error;
  return std::nullopt;
}

// Walks the `;`-separated (or `&`-separated) members of a URI part. Quotes have no meaning there.
template <typename F>
void for_each_member(std::string_view text, char separator, F&& f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view member = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (member.empty()) continue;
    const std::size_t equals = std::min(member.find('='), member.size());
    f(member.substr(0, equals), equals < member.size() ? member.substr(equals + 1) : std::string_view{});
  }
}

// RFC 3261 19.1.4: a character outside the reserved set is equivalent to its escape. "reserved" of RFC 3261 25.1.
bool is_reserved(char c) {
  return std::string_view(";/?:@&=+$,").find(c) != std::string_view::npos;
}

enum class Case { Sensitive, Ignored };

// Brings escapes to one form: unreserved characters unescaped, the rest as %XX in upper case.
std::string normalised(std::string_view text, Case letters) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    const bool escape =
        c == '%' && i + 2 < text.size() && base::hex_value(text[i + 1]) >= 0 && base::hex_value(text[i + 2]) >= 0;
    if (escape) {
      c = static_cast<char>(base::hex_value(text[i + 1]) * 16 + base::hex_value(text[i + 2]));
      i += 2;
    }
    // An escaped percent sign must not become the start of an escape.
    if (escape && (is_reserved(c) || c == '%')) {
      static constexpr char kHex[] = "0123456789ABCDEF";
      const auto u = static_cast<unsigned char>(c);
      out += {'%', kHex[u >> 4], kHex[u & 15]};
    } else {
      out += letters == Case::Ignored ? base::ascii_lower(c) : c;
    }
  }
  return out;
}

using Members = std::vector<std::pair<std::string, std::string>>;

Members members_of(std::string_view text, char separator, Case values) {
  Members out;
  for_each_member(text, separator, [&](std::string_view name, std::string_view value) {
    out.emplace_back(normalised(name, Case::Ignored), normalised(value, values));
  });
  std::sort(out.begin(), out.end());
  return out;
}

// Parameters whose absence differs from every value: RFC 3261 19.1.4 names user, ttl, method and maddr, and its
// examples show that transport is another.
bool must_be_in_both(std::string_view name) {
  return name == "user" || name == "ttl" || name == "method" || name == "maddr" || name == "transport";
}

bool params_covered(const Members& a, const Members& b) {
  for (const auto& [name, value] : a) {
    const auto same = std::find_if(b.begin(), b.end(), [&](const auto& other) { return other.first == name; });
    if (same == b.end() ? must_be_in_both(name) : same->second != value) return false;
  }
  return true;
}

// RFC 3966 5: visual separators have no meaning in comparison.
std::string tel_digits(std::string_view number) {
  std::string out;
  for (const char c : number)
    if (std::string_view("-.()").find(c) == std::string_view::npos) out += base::ascii_lower(c);
  return out;
}

bool same_host(const Uri& a, const Uri& b) {
  if (base::equals_ignoring_case(a.host, b.host)) return true;
  if (!a.host.starts_with('[') || !b.host.starts_with('[')) return false;  // IPv6 has many spellings, IPv4 one
  const auto left = a.ip();
  return left && left == b.ip();
}

}  // namespace

std::optional<Error> read_uri(std::string_view text, Uri& uri) {
  uri.text = text;
  std::size_t colon = 0;
  while (colon < text.size() &&
         (base::is_alnum(text[colon]) || text[colon] == '+' || text[colon] == '-' || text[colon] == '.'))
    ++colon;
  if (colon == text.size() || text[colon] != ':' || colon == 0 || !base::is_alpha(text[0]))
    return unexpected("URI scheme", text, 0).error();
  uri.scheme_text = text.substr(0, colon);
  uri.scheme = scheme_from(uri.scheme_text);
  const std::size_t at = colon + 1;
  switch (uri.scheme) {
    case Uri::Scheme::Sip:
    case Uri::Scheme::Sips:
      return parse_sip(uri, at);
    case Uri::Scheme::Tel:
      return parse_tel(uri, at);
    case Uri::Scheme::Other:
      break;
  }
  if (at == text.size()) return unexpected("URI after its scheme", text, at).error();
  const std::size_t bad = grammar::skip(kUriText, text, at);
  if (bad != text.size()) return unexpected("URI", text, bad).error();
  return std::nullopt;
}

std::expected<Uri, Error> parse_uri(std::string_view text) {
  std::expected<Uri, Error> result;
  if (auto error = read_uri(text, *result)) return std::unexpected(std::move(*error));
  return result;
}

std::optional<std::string_view> Uri::param(std::string_view name) const {
  std::optional<std::string_view> found;
  for_each_member(params, ';', [&](std::string_view key, std::string_view value) {
    if (!found && base::equals_ignoring_case(key, name)) found = value;
  });
  return found;
}

std::optional<Transport> Uri::transport() const {
  const auto name = param("transport");
  return name ? transport_from(*name) : std::nullopt;
}

Transport transport_of(const Uri& uri) {
  const auto named = uri.transport();
  if (uri.scheme != Uri::Scheme::Sips) return named.value_or(Transport::Udp);
  return named == Transport::Ws || named == Transport::Wss ? Transport::Wss : Transport::Tls;
}

std::optional<base::IpAddress> Uri::ip() const {
  if (const auto address = base::IpAddress::parse(host)) return address;
  const std::size_t three = host.find(":::");  // RFC 5118 4.10
  if (three == std::string_view::npos) return std::nullopt;
  std::string repaired(host);
  repaired.erase(three, 1);
  return base::IpAddress::parse(repaired);
}

std::string_view Uri::host_port() const {
  if (!has_port) return host;
  const std::size_t start = offset(*this, host);
  std::size_t end = start + host.size() + 1;
  while (end < text.size() && base::is_digit(text[end])) ++end;
  return text.substr(start, end - start);
}

bool equivalent(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  switch (a.scheme) {
    case Uri::Scheme::Other:
      return base::equals_ignoring_case(a.scheme_text, b.scheme_text) &&
             a.text.substr(a.scheme_text.size()) == b.text.substr(b.scheme_text.size());
    case Uri::Scheme::Tel:
      return tel_digits(a.user) == tel_digits(b.user) &&
             members_of(a.params, ';', Case::Ignored) == members_of(b.params, ';', Case::Ignored);
    case Uri::Scheme::Sip:
    case Uri::Scheme::Sips:
      break;
  }
  if (a.has_user != b.has_user || a.has_password != b.has_password || a.has_port != b.has_port || a.port != b.port)
    return false;
  if (!same_host(a, b)) return false;
  if (normalised(a.user, Case::Sensitive) != normalised(b.user, Case::Sensitive)) return false;
  if (normalised(a.password, Case::Sensitive) != normalised(b.password, Case::Sensitive)) return false;
  const Members left = members_of(a.params, ';', Case::Ignored);
  const Members right = members_of(b.params, ';', Case::Ignored);
  if (!params_covered(left, right) || !params_covered(right, left)) return false;
  return members_of(a.headers, '&', Case::Sensitive) == members_of(b.headers, '&', Case::Sensitive);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = base::hex_value(text[i + 1]);
      const int low = base::hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string escape_user(std::string_view user) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(user.size());
  for (const char c : user) {
    // RFC 3261 25.1: unreserved, or user-unreserved.
    if (base::is_alnum(c) || std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto u = static_cast<unsigned char>(c);
    out += {'%', kHex[u >> 4], kHex[u & 15]};
  }
  return out;
}

}  // namespace sbc::sip
