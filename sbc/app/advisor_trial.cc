// A candidate beside the policy that runs: which of the two gets a call, and what is counted of it.

#include "sbc/app/advisor.h"
#include "sbc/identity/emergency.h"

namespace sbc::app {
namespace {

// From the INVITE to the first word of the callee: that it rings, or, where it never did, that it answers or refuses.
std::optional<base::Duration> post_dial_delay(const call::CallRecord& record) {
  if (record.rang) return record.rang;
  if (record.answered || record.cause == call::EndCause::Rejected) return record.setup;
  return std::nullopt;
}

}  // namespace

void ShardAdvisor::try_out(const TriedPolicy& tried) {
  tried.host->note_reads(config_->policy_explain != 0);
  tried.host->draw_from(purse_);
  tenures_.try_out(tried.host);
  tried_ = tried;
  tried_.host.reset();  // the calls keep it, no longer than they last
}

const std::shared_ptr<policy::Tenure>& ShardAdvisor::tenure_for(const sip::Message& message) {
  const auto& trial = tenures_.trial();
  if (!trial || message.method() != sip::Method::Invite) return tenures_.now();
  if (identity::is_emergency(message.request_uri(), config_->calls->emergency_numbers)) return tenures_.now();
  const bool drawn = random_.below(TriedPolicy::kAll) < tried_.share;
  (drawn ? tried_.candidate : tried_.control)->begin();
  return drawn ? trial->candidate : trial->control;
}

canary::Tally* ShardAdvisor::tally_of(const std::shared_ptr<const policy::Tenure>& under) const {
  const auto& trial = tenures_.trial();
  if (!trial || !under) return nullptr;
  if (under == trial->candidate) return tried_.candidate.get();
  return under == trial->control ? tried_.control.get() : nullptr;
}

void ShardAdvisor::ended(const call::CallRecord& record) {
  auto* tally = tally_of(record.under);
  if (tally == nullptr) return;
  tally->end({.challenged = record.cause == call::EndCause::Policy && record.status == 407,
              .answered = record.answered,
              .refused = record.cause == call::EndCause::Policy,
              .one_way = record.answered && record.silent.has_value(),
              .delay = post_dial_delay(record)});
}

}  // namespace sbc::app
