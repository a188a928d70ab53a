#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"

namespace sbc::app {

resolve::Settings read_dns(settings::Table root) {
  auto dns = root.table("dns");
  resolve::Settings settings;
  for (const auto& text : dns.texts("servers")) {
    if (const auto endpoint = base::Endpoint::parse(text); endpoint && endpoint->port != 0) {
      settings.servers.push_back(*endpoint);
    } else if (const auto ip = base::IpAddress::parse(text)) {
      settings.servers.push_back({.ip = *ip, .port = 53});
    } else {
      dns.fail("servers", "expected addresses as 192.0.2.53 or 192.0.2.53:5353, got \"" + base::printable(text) + "\"");
    }
  }
  settings.timeout = dns.duration("timeout", {base::milliseconds(50), base::seconds(30)}, settings.timeout);
  settings.tries = static_cast<unsigned>(dns.integer("tries", {1, 10}, settings.tries));
  settings.queries = static_cast<std::size_t>(dns.integer("queries", {1, 20'000}, 1000));
  auto& cache = settings.cache;
  cache.entries = static_cast<std::size_t>(dns.integer("cache", {1, 1'000'000}, 10'000));
  const settings::DurationRange life{base::seconds(1), base::hours(24 * 7)};
  cache.min_ttl = dns.duration("min_ttl", life, cache.min_ttl);
  cache.max_ttl = dns.duration("max_ttl", life, cache.max_ttl);
  cache.negative_ttl = dns.duration("negative_ttl", life, cache.negative_ttl);
  if (cache.min_ttl > cache.max_ttl) dns.fail("min_ttl", "expected no more than max_ttl");
  return settings;
}

}  // namespace sbc::app
