#pragma once
// Carries keep-alives toward registered phones (register/keep_alive.h) between the policy, which decides about them,
// and the transports. One per shard.

#include <memory>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/advisor.h"
#include "sbc/app/config.h"
#include "sbc/app/upstream_registrations.h"
#include "sbc/register/keep_alive.h"
#include "sbc/transaction/layer.h"

namespace sbc::app {

class PhoneKeepAlives {
 public:
  // All references outlive the object.
  PhoneKeepAlives(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Shared& shared,
                  ShardAdvisor& advisor, UpstreamRegistrations& upstream, admin::ShardMetrics& metrics);

  void use(std::shared_ptr<const Config> config) { config_ = std::move(config); }

  // A REGISTER got its 200: the policy is asked what its phone needs.
  void on_registered(const sip::Message& request, const sip::Source& source, base::Instant now);
  // False: not a transaction of ours.
  bool on_response(const transaction::ResponseArrived& response, base::Instant now);
  bool on_client_failed(const transaction::ClientFailed& failed, base::Instant now, transaction::Output& out);
  void on_deadline(base::Instant now, transaction::Output& out);
  base::Instant next_deadline() const { return machine_.next_deadline(); }

  void copy_counters();

 private:
  void carry_out(base::Instant now, transaction::Output& out);

  transaction::Layer& layer_;
  Shared& shared_;
  ShardAdvisor& advisor_;
  UpstreamRegistrations& upstream_;
  admin::ShardMetrics& metrics_;
  registrar::KeepAlives machine_;
  registrar::KeepAlives::Output out_;
  std::shared_ptr<const Config> config_;
};

}  // namespace sbc::app
