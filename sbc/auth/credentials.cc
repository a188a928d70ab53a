#include "sbc/auth/credentials.h"

#include <algorithm>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/auth/parameters.h"

namespace sbc::auth {
namespace {

std::unexpected<CredentialsRefusal> malformed(std::string text) {
  return std::unexpected(CredentialsRefusal{CredentialsError::Malformed, std::move(text)});
}

// RFC 5987 3.2: charset'language'percent-encoded. Only UTF-8, the one that RFC 7616 3.4 allows.
std::optional<std::string> decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos || !base::equals_ignoring_case(value.substr(0, first), "UTF-8"))
    return std::nullopt;
  std::string out;
  for (std::size_t i = second + 1; i < value.size(); ++i) {
    if (value[i] != '%') {
      out.push_back(value[i]);
      continue;
    }
    if (i + 2 >= value.size()) return std::nullopt;
    const int high = base::hex_value(value[i + 1]);
    const int low = base::hex_value(value[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::optional<std::uint32_t> parse_nonce_count(std::string_view text) {
  if (text.size() != 8) return std::nullopt;  // nc-value = 8LHEX
  std::uint32_t value = 0;
  for (char c : text) {
    const int digit = base::hex_value(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

std::expected<std::string, CredentialsRefusal> take_username(const Parameters& parameters) {
  const std::string* plain = parameters.find("username");
  const std::string* extended = parameters.find("username*");
  if (plain != nullptr && extended != nullptr) return malformed("Digest: expected username or username*, got both");
  if (plain != nullptr) return *plain;
  if (extended == nullptr) return malformed("Digest: expected username, got none");
  auto decoded = decode_extended(*extended);
  if (!decoded)
    return malformed("Digest: expected UTF-8'' and percent-encoding in username*, got \"" +
                     base::printable(*extended, 40) + "\"");
  return std::move(*decoded);
}

}  // namespace

std::expected<Credentials, CredentialsRefusal> parse_credentials(std::string_view header_value) {
  auto parameters = parse_parameters(header_value);
  if (!parameters) {
    // Other schemes have other grammars (`Bearer <token68>`); they are none of our business.
    const bool digest =
        header_value.size() >= 6 && base::equals_ignoring_case(base::trim(header_value).substr(0, 6), "Digest");
    if (!digest) return std::unexpected(CredentialsRefusal{CredentialsError::OtherScheme, "expected scheme Digest"});
    return malformed(std::move(parameters.error()));
  }
  if (!base::equals_ignoring_case(parameters->scheme, "Digest"))
    return std::unexpected(CredentialsRefusal{CredentialsError::OtherScheme, "expected scheme Digest"});

  Credentials out;
  auto username = take_username(*parameters);
  if (!username) return std::unexpected(std::move(username.error()));
  out.username = std::move(*username);

  struct Wanted {
    std::string_view name;
    std::string Credentials::* member;
    bool required;
  };
  static constexpr Wanted kWanted[] = {
      {"realm", &Credentials::realm, true},
      {"nonce", &Credentials::nonce, true},
      {"uri", &Credentials::uri, true},
      {"response", &Credentials::response, true},
      {"algorithm", &Credentials::algorithm_text, false},
      {"qop", &Credentials::qop, false},
      {"cnonce", &Credentials::cnonce, false},
      {"nc", &Credentials::nc_text, false},
      {"opaque", &Credentials::opaque, false},
  };
  for (const Wanted& wanted : kWanted) {
    if (const std::string* value = parameters->find(wanted.name); value != nullptr)
      out.*wanted.member = *value;
    else if (wanted.required)
      return malformed("Digest: expected " + std::string(wanted.name) + ", got none");
  }
  out.response = base::to_lower(out.response);
  out.qop = base::to_lower(out.qop);
  out.algorithm = out.algorithm_text.empty() ? std::optional(Algorithm{}) : algorithm_from(out.algorithm_text);
  if (const std::string* hashed = parameters->find("userhash"); hashed != nullptr)
    out.username_is_hashed = base::equals_ignoring_case(*hashed, "true");

  // RFC 7616 3.4: cnonce and nc MUST come with qop.
  if (!out.qop.empty()) {
    if (out.cnonce.empty()) return malformed("Digest: expected cnonce with qop, got none");
    const auto count = parse_nonce_count(out.nc_text);
    if (!count)
      return malformed("Digest: expected nc of 8 hex digits, got \"" + base::printable(out.nc_text, 20) + "\"");
    out.nonce_count = *count;
  }
  return out;
}

std::optional<std::string> realm_of(std::string_view header_value) {
  const auto parameters = parse_parameters(header_value);
  if (!parameters) return std::nullopt;
  const std::string* realm = parameters->find("realm");
  return realm == nullptr ? std::nullopt : std::optional(*realm);
}

}  // namespace sbc::auth
