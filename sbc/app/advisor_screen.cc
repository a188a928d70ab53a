// on_screen: the first word to a request outside dialogs.

#include <utility>

#include "sbc/app/advisor_settle.h"
#include "sbc/identity/emergency.h"

namespace sbc::app {

policy::ScreenDecision ShardAdvisor::screen(const sip::MessagePtr& message, const sip::Source& source) {
  policy::Host& host = *tenures_.now()->host;
  const bool decides = host.has(policy::Handler::Screen);
  if (!decides && !shared_.hearing.listens(policy::Handler::Screen)) return {};
  const bool invite = message->method() == sip::Method::Invite;
  if (invite && identity::is_emergency(message->request_uri(), config_->calls->emergency_numbers)) return {};
  call::Arrival arrival;
  if (locate(*message, source, arrival) == nullptr) return {};
  policy::RequestFacts facts;
  call::fill_facts(facts, *message, source, arrival);
  offered_.clear();
  wanted_ = facts.ruri;
  Run run = listen(policy::Handler::Screen, host, facts);
  const auto began = base::monotonic_now();
  auto outcome = host.on_screen(facts, lookup_of(run));
  const auto took = since(began);
  if (!decides) {
    tell_hearers(run, took, outcome);
    return {};
  }
  if (invite && shared_.explanations.wanted())
    explain_screened(message, arrival, outcome.decision, step_of(policy::Handler::Screen, took, outcome, host));
  auto decision = settle(admin::PolicyHandler::OnScreen, took, std::move(outcome), run);
  if (decision.kind != policy::ScreenDecision::Kind::Accept) metrics_.rejects[admin::RejectReason::Screened].add();
  return decision;
}

// The explanation of a call that goes on begins when there is a call; that of one that does not is whole here.
void ShardAdvisor::explain_screened(const sip::MessagePtr& message, const call::Arrival& arrival,
                                    const policy::ScreenDecision& decision, explain::Step step) {
  const std::string call_id(message->call_id());
  if (decision.kind == policy::ScreenDecision::Kind::Accept) {
    screened_.emplace(call_id, std::move(step));
    return;
  }
  const base::Instant at = step.at;
  const auto& hop = source_.hop;
  explain::Begun begun{.invite = message,
                       .realm = arrival.realm,
                       .trunk = arrival.trunk,
                       .source = std::string(sip::name_of(hop.transport)) + " " + hop.remote.text(),
                       .wall = arrival.wall};
  explain::Ended ended{.cause = "policy", .by = "border"};
  if (decision.kind == policy::ScreenDecision::Kind::Reject) ended.status = decision.status;
  shared_.explanations.tell(call_id, {.at = at, .what = std::move(begun)});
  shared_.explanations.tell(call_id, std::move(step));
  shared_.explanations.tell(call_id, {.at = at, .what = std::move(ended)});
}

}  // namespace sbc::app
