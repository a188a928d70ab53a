#pragma once
// What a realm demands of those who register or call through it.

#include <cstddef>
#include <cstdint>

#include "sbc/auth/server.h"
#include "sbc/register/domains.h"
#include "sbc/register/limits.h"

namespace sbc::registrar {

struct ExpirySettings {
  std::uint32_t minimum = kDefaultMinExpires;  // shorter: 423, at most kMinExpiresCeiling
  std::uint32_t maximum = kDefaultMaxExpires;  // longer is shortened
  std::uint32_t standard = kDefaultExpires;    // when the request names none
};

struct RealmSettings {
  Domains domains;
  auth::ServerSettings digest;
  ExpirySettings expiry;
  std::size_t max_contacts = kDefaultMaxContacts;
};

}  // namespace sbc::registrar
