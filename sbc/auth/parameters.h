#pragma once
// The grammar that challenges and credentials share: scheme, then comma-separated name=value pairs with quoted strings
// (RFC 3261 section 25.1, RFC 7616 section 3.3). Duplicates are refused: two readers would choose differently.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::auth {

struct Parameter {
  std::string name;   // lower case
  std::string value;  // unquoted and unescaped
  bool quoted = false;
};

struct Parameters {
  std::string scheme;  // as it came
  std::vector<Parameter> list;
  const std::string* find(std::string_view lower_name) const;
};

// Error text: "Digest: expected '=' after "nonce", byte 12".
std::expected<Parameters, std::string> parse_parameters(std::string_view header_value);

// `"` and `\` escaped, in quotes.
std::string quoted(std::string_view text);

}  // namespace sbc::auth
