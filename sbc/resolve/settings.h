#pragma once
// [dns] of the configuration.

#include <cstddef>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

namespace sbc::resolve {

struct CacheLimits {
  base::Duration min_ttl = base::seconds{1};        // RFC 1035 3.2.1: 0 means once; a burst of calls is once
  base::Duration max_ttl = base::hours{24};         // RFC 8767 4 advises a cap; an error in a zone must end some day
  base::Duration negative_ttl = base::seconds{60};  // RFC 2308: at most; the zone's SOA may say less
  std::size_t entries = 10'000;                     // the least recently used goes first
  friend bool operator==(const CacheLimits&, const CacheLimits&) = default;
};

struct Settings {
  std::vector<base::Endpoint> servers{};      // empty: those of /etc/resolv.conf
  base::Duration timeout = base::seconds{1};  // of the first try; each further one waits twice as long
  unsigned tries = 2;                         // for each server
  std::size_t queries = 1000;                 // at once; each is an attacker's lever and a small piece of memory
  CacheLimits cache{};
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace sbc::resolve
