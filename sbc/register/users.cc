#include "sbc/register/users.h"

#include "media-relay/base/text.h"

namespace sbc::registrar {
namespace {

// A zero byte cannot stand in either part, so that no two pairs share a key.
std::string key_of(std::string_view name, std::string_view domain) {
  std::string key(name);
  key.push_back('\0');
  key += base::to_lower(domain);
  return key;
}

}  // namespace

std::expected<void, std::string> UserTable::add(User user) {
  if (user.name.empty()) return std::unexpected("expected a user name, got none");
  if (user.domain.empty()) return std::unexpected("expected a domain for user \"" + user.name + "\", got none");
  if (user.secret.empty())
    return std::unexpected("expected a password or HA1 for user \"" + user.name + "\", got none");
  user.domain = base::to_lower(user.domain);
  const std::string aor = key_of(user.name, user.domain);
  const std::string digest = key_of(user.digest_name(), user.domain);
  if (by_aor_.contains(aor)) return std::unexpected("user \"" + user.name + "\" is there twice in " + user.domain);
  if (by_digest_name_.contains(digest))
    return std::unexpected("digest user name \"" + std::string(user.digest_name()) + "\" is there twice in " +
                           user.domain);
  by_aor_.emplace(aor, users_.size());
  by_digest_name_.emplace(digest, users_.size());
  users_.push_back(std::make_unique<User>(std::move(user)));
  return {};
}

const User* UserTable::find(std::string_view name, std::string_view domain) const {
  const auto found = by_aor_.find(key_of(name, domain));
  return found == by_aor_.end() ? nullptr : users_[found->second].get();
}

const User* UserTable::find_by_digest_name(std::string_view digest_name, std::string_view domain) const {
  if (const auto found = by_digest_name_.find(key_of(digest_name, domain)); found != by_digest_name_.end())
    return users_[found->second].get();
  const std::size_t at = digest_name.rfind('@');
  if (at == std::string_view::npos || !base::equals_ignoring_case(digest_name.substr(at + 1), domain)) return nullptr;
  const auto found = by_digest_name_.find(key_of(digest_name.substr(0, at), domain));
  return found == by_digest_name_.end() ? nullptr : users_[found->second].get();
}

}  // namespace sbc::registrar
