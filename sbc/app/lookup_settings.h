#pragma once
// Whom policies may ask: [policy.http] and [policy.enum] of the configuration.

#include <string>
#include <vector>

#include "sbc/http/client.h"

namespace sbc::app {

struct LookupSettings {
  http::Settings http;
  std::vector<std::string> enum_suffixes;  // "e164.arpa"; empty: none may be asked
};

}  // namespace sbc::app
