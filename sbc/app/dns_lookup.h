#pragma once
// What policies ask the DNS by name: addresses, services and texts.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/dns_circuit.h"
#include "sbc/policy/question.h"

namespace sbc::app {

class DnsLookup {
 public:
  DnsLookup(loop::EventLoop& loop, resolve::Resolver& resolver) : circuit_(loop, resolver) {}

  // Names at or below one of these may be asked for.
  void use(std::vector<std::string> domains, const lookup::BreakerRule& rule) {
    domains_ = std::move(domains);
    circuit_.use(rule);
  }
  // `done` is called once, perhaps before this returns.
  void ask(const policy::DnsQuestion& asked, std::function<void(policy::Found)> done);
  void copy_counters(admin::ShardMetrics& metrics) const;

 private:
  std::uint64_t& count(admin::DnsResult result) { return counts_[static_cast<std::size_t>(result)]; }
  const std::string* domain_of(const std::string& name) const;

  DnsCircuit circuit_;
  std::vector<std::string> domains_;
  std::array<std::uint64_t, static_cast<std::size_t>(admin::DnsResult::kCount)> counts_{};
};

}  // namespace sbc::app
