#pragma once
// What proves a user: a password, or stored HA1 values, one per algorithm.

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/auth/algorithm.h"

namespace sbc::auth {

class Secret {
 public:
  static Secret from_password(std::string password);
  // Adds H(username:realm:password) in hex, either case. Error text when it is not the hex of a hash of that length.
  std::expected<void, std::string> add_ha1(Hash hash, std::string_view hex);

  // Whether HA1 for this hash can be had: always with a password, otherwise only when it was stored. A user of whom
  // only an MD5 HA1 is known can be challenged with MD5 only (RFC 8760 section 2.4).
  bool supports(Hash hash) const;
  // nullopt when not supported. A stored HA1 wins over the password.
  std::optional<std::string> ha1(Hash hash, std::string_view username, std::string_view realm) const;
  // The members of `wanted` that this secret supports, in their order.
  std::vector<Algorithm> supported(const std::vector<Algorithm>& wanted) const;
  bool empty() const;

 private:
  std::optional<std::string> password_;
  std::array<std::string, kHashCount> ha1_;
};

}  // namespace sbc::auth
