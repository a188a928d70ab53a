#pragma once
// Whom policies may ask: [policy.http], [policy.dns], [policy.enum], [policy.redis], [policy.database] and [policy.sql]
// of the configuration.

#include <string>
#include <vector>

#include "sbc/database/settings.h"
#include "sbc/http/client.h"
#include "sbc/lookup/breaker.h"
#include "sbc/redis/settings.h"

namespace sbc::app {

struct LookupSettings {
  http::Settings http;
  std::vector<std::string> enum_suffixes;  // "e164.arpa"; empty: none may be asked
  lookup::BreakerRule enum_breaker{};
  std::vector<std::string> dns_domains{};  // "example.net"; empty: none may be asked
  lookup::BreakerRule dns_breaker{};
  redis::Settings redis{};
  std::vector<database::Settings> databases{};  // with their queries, whose names are different in all of them
};

}  // namespace sbc::app
