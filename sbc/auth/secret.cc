#include "sbc/auth/secret.h"

#include <algorithm>

#include "media-relay/base/text.h"

namespace sbc::auth {

Secret Secret::from_password(std::string password) {
  Secret secret;
  secret.password_ = std::move(password);
  return secret;
}

std::expected<void, std::string> Secret::add_ha1(Hash hash, std::string_view hex) {
  const bool is_hex = std::ranges::all_of(hex, [](char c) { return base::hex_value(c) >= 0; });
  if (hex.size() != hex_length(hash) || !is_hex)
    return std::unexpected("expected " + std::to_string(hex_length(hash)) + " hex digits for " +
                           std::string(name_of(Algorithm{hash, false})) + ", got " + std::to_string(hex.size()) +
                           (is_hex ? " digits" : " characters that are not all hex digits"));
  ha1_[static_cast<std::size_t>(hash)] = base::to_lower(hex);
  return {};
}

bool Secret::supports(Hash hash) const {
  return password_.has_value() || !ha1_[static_cast<std::size_t>(hash)].empty();
}

std::optional<std::string> Secret::ha1(Hash hash, std::string_view username, std::string_view realm) const {
  const std::string& stored = ha1_[static_cast<std::size_t>(hash)];
  if (!stored.empty()) return stored;
  if (password_) return ha1_of(hash, username, realm, *password_);
  return std::nullopt;
}

std::vector<Algorithm> Secret::supported(const std::vector<Algorithm>& wanted) const {
  std::vector<Algorithm> out;
  std::ranges::copy_if(wanted, std::back_inserter(out), [this](Algorithm a) { return supports(a.hash); });
  return out;
}

bool Secret::empty() const {
  return !password_ && std::ranges::all_of(ha1_, &std::string::empty);
}

}  // namespace sbc::auth
