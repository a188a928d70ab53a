#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"

namespace sbc::app {

std::shared_ptr<const registrar::UserTable> read_users(settings::Table root, const Config& config) {
  auto users = std::make_shared<registrar::UserTable>();
  std::string first_domain;
  for (const auto& realm : config.realms)
    if (first_domain.empty() && !realm.registration.domains.empty())
      first_domain = realm.registration.domains.names().front();
  for (auto& table : root.tables("user")) {
    registrar::User user;
    user.name = table.text("name");
    user.domain = base::to_lower(table.text("domain", first_domain));
    user.auth_name = table.text("auth_name", "");
    if (auto password = table.maybe_secret("password")) user.secret = auth::Secret::from_password(*std::move(password));
    const std::pair<const char*, auth::Hash> stored[] = {
        {"ha1_md5", auth::Hash::Md5}, {"ha1_sha256", auth::Hash::Sha256}, {"ha1_sha512_256", auth::Hash::Sha512_256}};
    for (const auto& [key, hash] : stored) {
      const auto hex = table.maybe_secret(key);
      if (!hex) continue;
      if (const auto added = user.secret.add_ha1(hash, *hex); !added) table.fail(key, added.error());
    }
    if (user.secret.empty()) {
      table.fail("password", "expected a password or at least one of ha1_md5, ha1_sha256, ha1_sha512_256");
      continue;
    }
    if (!table.has("name")) continue;  // has been told
    if (const auto added = users->add(std::move(user)); !added) table.fail("name", added.error());
  }
  return users;
}

policy::Setting read_setting(settings::Table& table, const std::string& key) {
  return table.scalar(key);
}

}  // namespace sbc::app
