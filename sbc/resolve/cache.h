#pragma once
// Answers of the DNS for as long as they hold. Pure: time is an argument.

#include <cstdint>
#include <list>
#include <map>

#include "media-relay/base/time.h"

#include "sbc/resolve/settings.h"
#include "sbc/route/dns.h"

namespace sbc::resolve {

class Cache {
 public:
  explicit Cache(const CacheLimits& limits) : limits_(limits) {}

  // nullptr: not known, or not any more. `refreshing`: also nullptr when three quarters of its time are over, so that
  // who asks early has the new answer before the old one ends. Valid until the next store().
  const route::DnsAnswer* find(const route::Question& question, base::Instant now, bool refreshing = false);

  // Times to live are cut to the limits. A failure does not displace an answer that was good within route::kStaleFor:
  // that one is used a little longer (RFC 8767 5). Returns what holds now.
  const route::DnsAnswer& store(const route::Question& question, route::DnsAnswer answer, base::Instant now);

  std::size_t size() const { return entries_.size(); }
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t stale() const { return stale_; }  // answers whose time was extended

 private:
  struct Entry {
    route::DnsAnswer answer;
    base::Instant until{};       // used until then
    base::Instant refresh_at{};  // asked for again from then on, by who refreshes
    base::Instant good_until{};  // as the zone said
    std::list<route::Question>::iterator place{};
  };
  base::Duration lifetime(const route::DnsAnswer& answer) const;

  CacheLimits limits_;
  std::map<route::Question, Entry> entries_;
  std::list<route::Question> recent_;  // most recently used first
  std::uint64_t evicted_ = 0;
  std::uint64_t stale_ = 0;
};

}  // namespace sbc::resolve
