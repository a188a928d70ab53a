#pragma once
// Carries REGISTERs of relay realms between the transaction layer and the machine that decides about them
// (register/upstream.h). One per shard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/config.h"
#include "sbc/app/shared.h"
#include "sbc/app/upstream_ways.h"
#include "sbc/call/facts.h"
#include "sbc/call/leak_guard.h"
#include "sbc/policy/decision.h"
#include "sbc/register/upstream.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

namespace sbc::app {

class UpstreamRegistrations {
 public:
  // All references outlive the object.
  UpstreamRegistrations(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Shared& shared,
                        admin::ShardMetrics& metrics);

  // Looks at what goes from phones to the registrar and back; outlives the object.
  void use_guard(call::LeakGuard& guard) { guard_ = &guard; }
  // Who knows which registrars are well, and where the named ones are.
  void ask(const UpstreamWays::Known& known) { ways_.ask(known); }
  // The start, or a reload.
  void use(std::shared_ptr<const Config> config);

  // Told of each REGISTER that gets its 200.
  using Accepted = std::function<void(const sip::Message& request, const sip::Source& source, base::Instant now)>;
  void when_accepted(Accepted accepted) { accepted_ = std::move(accepted); }

  // False: the realm's registrations are not relayed, and somebody else answers.
  bool relays(std::string_view realm) const;
  void on_register(const transaction::RequestArrived& request, const call::Arrival& arrival,
                   const policy::RegisterDecision& decision, base::Instant now, transaction::Output& out);
  // False: not a transaction of ours.
  bool on_response(const transaction::ResponseArrived& response, base::Instant now, transaction::Output& out);
  bool on_client_failed(const transaction::ClientFailed& failed, base::Instant now, transaction::Output& out);
  void on_flow_closed(sip::ConnectionId connection, base::Instant now, transaction::Output& out);
  // A phone is gone, as its keep-alives found out.
  void on_lost_phone(std::string_view realm, std::string_view aor, std::string_view call_id, base::Instant now,
                     transaction::Output& out);
  void on_deadline(base::Instant now, transaction::Output& out);
  base::Instant next_deadline() const { return machine_.next_deadline(); }

  void copy_counters();
  const limit::Counts& limits() const { return machine_.counters().limits; }

 private:
  void carry_out(base::Instant now, transaction::Output& out);
  base::SharedBytes checked(const std::shared_ptr<leak::Watch>& watch,
                            const std::vector<registrar::Upstream::Known>& known, leak::End to,
                            base::SharedBytes bytes);

  transaction::Layer& layer_;
  const sip::Minter& minter_;
  base::Random& random_;
  admin::ShardMetrics& metrics_;
  registrar::Gruus gruus_;
  registrar::Upstream machine_;
  registrar::Upstream::Output out_;
  Accepted accepted_;
  call::LeakGuard* guard_ = nullptr;
  std::shared_ptr<const Config> config_;
  UpstreamWays ways_;
};

}  // namespace sbc::app
