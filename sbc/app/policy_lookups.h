#pragma once
// Who answers what a shard's policies want to know: HTTP services, the DNS, Redis and databases. One per shard.

#include <functional>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/dns_lookup.h"
#include "sbc/app/enum_lookup.h"
#include "sbc/app/lookup_settings.h"
#include "sbc/app/store_lookups.h"
#include "sbc/call/asking.h"
#include "sbc/policy/question.h"

namespace sbc::app {

class PolicyLookups {
 public:
  using Done = std::function<void(policy::Found)>;

  PolicyLookups(loop::EventLoop& loop, resolve::Resolver& resolver, observe::Log& log, const LookupSettings& settings)
      : http_(loop, settings.http), dns_(loop, resolver), enum_(loop, resolver), stores_(loop, log, settings) {
    dns_.use(settings.dns_domains, settings.dns_breaker);
    enum_.use(settings.enum_suffixes, settings.enum_breaker);
  }

  void use(const LookupSettings& settings) {
    http_.use(settings.http);
    dns_.use(settings.dns_domains, settings.dns_breaker);
    enum_.use(settings.enum_suffixes, settings.enum_breaker);
    stores_.use(settings);
  }
  // `done` is called once, in bounded time; perhaps before this returns.
  void ask(const policy::Question& question, bool urgent, Done done);
  void copy_counters(admin::ShardMetrics& metrics);

 private:
  void ask_http(const policy::HttpQuestion& asked, base::Duration timeout, bool urgent, Done done);

  http::Client http_;
  DnsLookup dns_;
  EnumLookup enum_;
  StoreLookups stores_;
};

}  // namespace sbc::app
