#pragma once
// What policies ask the DNS about telephone numbers (RFC 6116).

#include <string>
#include <vector>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/dns_circuit.h"
#include "sbc/policy/question.h"

namespace sbc::app {

class EnumLookup {
 public:
  EnumLookup(loop::EventLoop& loop, resolve::Resolver& resolver) : circuit_(loop, resolver) {}

  // Under which names numbers may be looked for; the first one when the policy does not say.
  void use(std::vector<std::string> suffixes, const lookup::BreakerRule& rule) {
    suffixes_ = std::move(suffixes);
    circuit_.use(rule);
  }
  // `done` is called once, perhaps before this returns.
  void ask(const policy::EnumQuestion& asked, std::function<void(policy::Found)> done);
  void copy_counters(admin::ShardMetrics& metrics) const;

 private:
  std::uint64_t& count(admin::EnumResult result) { return counts_[static_cast<std::size_t>(result)]; }

  DnsCircuit circuit_;
  std::vector<std::string> suffixes_;
  std::array<std::uint64_t, static_cast<std::size_t>(admin::EnumResult::kCount)> counts_{};
};

}  // namespace sbc::app
