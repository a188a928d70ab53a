#pragma once
// Probes the targets of trunks: sends the OPTIONS that route/probes.h asks for, and hands it their ends. One shard does
// it for all; what changes goes to every shard's TrunkHealth.

#include <unordered_map>

#include "sbc/app/config.h"
#include "sbc/app/trunk_names.h"
#include "sbc/route/probes.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

namespace sbc::app {

class TargetProbes {
 public:
  TargetProbes(transaction::Layer& layer, const sip::Minter& minter, base::Random& random)
      : layer_(layer), minter_(minter), random_(random), probes_(random) {}

  // Once a second: names may stand for other places than before.
  void refresh(std::shared_ptr<const Config> config, const TrunkNames& names, base::Instant now);
  // False: not of ours.
  bool on_response(const transaction::ResponseArrived& response, base::Instant now);
  bool on_client_failed(const transaction::ClientFailed& failed, base::Instant now);
  void heard(const route::TrunkHealth::Report& report, base::Instant now) { probes_.heard(report, now); }

  base::Instant next_deadline() const { return probes_.next_deadline(); }
  void on_deadline(base::Instant now, transaction::Output& out);

  std::vector<route::TrunkHealth::Change> take_changes() { return probes_.take_changes(); }
  std::vector<route::Probes::Status> statuses() const { return probes_.statuses(); }
  std::size_t left_out() const { return left_out_; }

 private:
  base::SharedBytes options(const route::Probed& target, std::string_view branch) const;

  transaction::Layer& layer_;
  const sip::Minter& minter_;
  base::Random& random_;
  std::shared_ptr<const Config> config_;
  route::Probes probes_;
  std::unordered_map<std::uint64_t, std::uint64_t> by_client_;  // number of the probe by transaction
  std::size_t left_out_ = 0;
};

// The targets of all trunks that are to be probed. `names`: what those that are names stand for.
std::vector<route::Probed> probed_targets(const route::Table& table, const TrunkNames::Places& names);

}  // namespace sbc::app
