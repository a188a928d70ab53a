#pragma once
// Carries our registrations at other people's registrars (register/trunk_registration.h) between the machine, the
// resolver and the transaction layer. Each registration lives on one shard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/config.h"
#include "sbc/app/shared.h"
#include "sbc/call/leak_guard.h"
#include "sbc/register/trunk_registration.h"
#include "sbc/resolve/resolver.h"
#include "sbc/transaction/layer.h"

namespace sbc::app {

// The `line` parameter of our Contact at a registrar: calls to it come from there. Where we have a password it is the
// same after a restart, so that the registrar does not ring two contacts of ours; nobody else can know it.
std::string line_of(const registrar::TrunkRegistration& registration, const base::HashKey& key);

class TrunkRegistrar {
 public:
  // What was found of a trunk's places; to be handed back with located(). Called from the loop, or from inside
  // any function here.
  using Found = std::function<void(const std::string& name, std::vector<registrar::UpstreamWay> ways)>;
  // All references outlive the object.
  TrunkRegistrar(transaction::Layer& layer, const sip::Minter& minter, base::Random& random,
                 resolve::Resolver& resolver, Shared& shared, admin::ShardMetrics& metrics, Found found);

  // Looks at what goes to the registrars; outlives the object.
  void use_guard(call::LeakGuard& guard) { guard_ = &guard; }
  // The start, or a reload.
  void use(std::shared_ptr<const Config> config, base::Instant now, transaction::Output& out);
  // The process is about to stop: calls shall go elsewhere.
  void stop(base::Instant now, transaction::Output& out);
  void located(const std::string& name, std::vector<registrar::UpstreamWay> ways, base::Instant now,
               transaction::Output& out);
  // False: not a transaction of ours.
  bool on_response(const transaction::ResponseArrived& response, base::Instant now, transaction::Output& out);
  bool on_client_failed(const transaction::ClientFailed& failed, base::Instant now, transaction::Output& out);
  void on_deadline(base::Instant now, transaction::Output& out);
  base::Instant next_deadline() const { return machine_.next_deadline(); }
  // After stop(): those that are not taken back yet.
  std::size_t size() const { return machine_.size(); }

  void copy_counters(base::Instant now);
  const limit::Counts& limits() const { return machine_.counters().limits; }

 private:
  struct Search;  // for the places of one trunk, target by target

  void carry_out(base::Instant now, transaction::Output& out);
  base::SharedBytes checked(const sip::Hop& hop, base::SharedBytes bytes);
  void locate(const registrar::TrunkRegistrations::Locate& wanted);
  void go_on(const std::shared_ptr<Search>& search);

  transaction::Layer& layer_;
  const sip::Minter& minter_;
  resolve::Resolver& resolver_;
  Shared& shared_;
  admin::ShardMetrics& metrics_;
  Found found_;
  registrar::TrunkRegistrations machine_;
  registrar::TrunkRegistrations::Output out_;
  std::shared_ptr<const Config> config_;
  call::LeakGuard* guard_ = nullptr;
};

}  // namespace sbc::app
