#pragma once
// Where a request goes, and whether it may. A URL is allowed when it begins with one of the prefixes that the operator
// names: the same scheme, host and port, and a path at or below the prefix's. Nothing is allowed by itself.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sbc::http {

struct Target {
  std::string origin;  // "https://host:443": lower case, with the port
  std::string path;    // decoded by nobody, dot segments removed (RFC 3986 5.2.4); "/" at least
  std::string url;     // as it is asked for
};

// Error: what is wrong with it. Names of users, passwords and fragments are refused, and so are escaped dots in the
// path, which a server might read as "..".
std::expected<Target, std::string> parse_url(std::string_view url);

class AllowList {
 public:
  // Error: which prefix is none, and why.
  static std::expected<AllowList, std::string> of(const std::vector<std::string>& prefixes);
  bool allows(const Target& target) const;
  bool empty() const { return prefixes_.empty(); }

 private:
  std::vector<Target> prefixes_;
};

}  // namespace sbc::http
