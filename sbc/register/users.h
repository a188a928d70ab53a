#pragma once
// Who may register: the directory that configuration, and later a database, fills.

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media-relay/base/hash.h"

#include "sbc/auth/secret.h"

namespace sbc::registrar {

struct User {
  std::string name;       // user part of the address of record, unescaped
  std::string domain;     // lower case
  std::string auth_name;  // user name of the digest; "" means `name`
  auth::Secret secret;

  std::string_view digest_name() const { return auth_name.empty() ? name : auth_name; }
};

class Users {
 public:
  virtual ~Users() = default;
  // By address of record. The pointer is good until the directory is replaced; null: no such user.
  virtual const User* find(std::string_view name, std::string_view domain) const = 0;
  // By the digest's user name; "name@domain" finds the same user as "name".
  virtual const User* find_by_digest_name(std::string_view digest_name, std::string_view domain) const = 0;
  virtual std::size_t size() const = 0;
};

// Immutable after filling; shared by all shards.
class UserTable final : public Users {
 public:
  // Error text when name, domain or secret is missing, or name or digest name is taken within the domain.
  std::expected<void, std::string> add(User user);

  const User* find(std::string_view name, std::string_view domain) const override;
  const User* find_by_digest_name(std::string_view digest_name, std::string_view domain) const override;
  std::size_t size() const override { return by_aor_.size(); }

 private:
  using Index = std::unordered_map<std::string, std::size_t, base::StringHash, std::equal_to<>>;

  std::vector<std::unique_ptr<User>> users_;
  Index by_aor_;
  Index by_digest_name_;
};

}  // namespace sbc::registrar
