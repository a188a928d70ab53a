// Calls of the policy that may take time: on_invite and on_failure.

#include <utility>

#include "sbc/app/advisor_settle.h"

namespace sbc::app {

policy::Ruling<policy::InviteDecision> ShardAdvisor::invite(const policy::InviteFacts& facts, bool can_wait) {
  offered_.clear();
  wanted_ = facts.ruri;
  if (auto screened = std::exchange(screened_, std::nullopt); screened && screened->first == facts.call_id)
    shared_.explanations.tell(facts.call_id, std::move(screened->second));
  policy::Patience patience = policy::Patience::None;
  if (can_wait) patience = facts.emergency ? policy::Patience::First : policy::Patience::Some;
  const auto host = tenures_.host_of(facts.under);
  const std::uint64_t before = host->counters().not_waited;
  Run run = listen(policy::Handler::Invite, *host, facts);
  const auto began = base::monotonic_now();
  auto outcome = host->on_invite(facts, lookup_of(run), patience);
  count_not_waited(*host, before);
  note_patience(run, can_wait, host->counters().not_waited != before);
  return rule(admin::PolicyHandler::OnInvite, std::move(outcome),
              {.host = host,
               .under = facts.under,
               .config = config_,
               .identity = {},
               .source = {},
               .wanted = {},
               .offered = {},
               .call_id = call_id_for(facts),
               .known_caller = facts.authenticated || facts.registered_source || !facts.trunk.empty(),
               .took = since(began),
               .run = std::move(run)});
}

policy::Ruling<policy::FailureDecision> ShardAdvisor::failure(const policy::InviteFacts& facts,
                                                              const policy::AttemptFacts& attempt) {
  offered_.clear();
  wanted_ = facts.ruri;
  const auto host = tenures_.host_of(facts.under);
  const std::uint64_t before = host->counters().not_waited;
  Run run = listen(policy::Handler::Failure, *host, facts, attempt);
  const auto began = base::monotonic_now();
  auto outcome = host->on_failure(facts, attempt, lookup_of(run),
                                  facts.emergency ? policy::Patience::First : policy::Patience::Some);
  count_not_waited(*host, before);
  note_patience(run, true, host->counters().not_waited != before);
  return rule(admin::PolicyHandler::OnFailure, std::move(outcome),
              {.host = host,
               .under = facts.under,
               .config = config_,
               .identity = {},
               .source = {},
               .wanted = {},
               .offered = {},
               .call_id = call_id_for(facts),
               .took = since(began),
               .run = std::move(run)});
}

// Why it could not wait, as the handler was told.
void ShardAdvisor::note_patience(const Run& run, bool can_wait, bool refused) {
  if (run.note && can_wait) run.note->no_wait = refused ? "busy" : "";
}

// A run is over: it waits, or its decision is written down.
template <typename Decision>
policy::Ruling<Decision> ShardAdvisor::rule(admin::PolicyHandler handler, policy::Outcome<Decision>&& outcome,
                                            Waiting waiting) {
  if (!outcome.asks) {
    constexpr bool invite = std::is_same_v<Decision, policy::InviteDecision>;
    explain(invite ? policy::Handler::Invite : policy::Handler::Failure, waiting.call_id, waiting.took, outcome,
            *waiting.host);
    auto decision = settle(handler, waiting.took, std::move(outcome), waiting.run, waiting.under);
    if (auto* tally = tally_of(waiting.under); tally != nullptr && handler == admin::PolicyHandler::OnInvite)
      tally->decide();
    concluded(decision, waiting);
    return decision;
  }
  metrics_.policy_waits[admin::PolicyWait::Began].add();
  waiting.ticket = outcome.asks->ticket;
  waiting.identity = identity_;
  waiting.source = source_;
  waiting.wanted = wanted_;
  waiting.offered = std::exchange(offered_, {});
  if (waiting.run.note) waiting.question = outcome.asks->question;
  const std::uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::move(waiting));
  note_waiting();
  return policy::Pending{.ticket = ticket, .question = std::move(outcome.asks->question)};
}

template <typename Decision>
policy::Ruling<Decision> ShardAdvisor::resume(
    admin::PolicyHandler handler, std::uint64_t ticket, policy::Answer&& answer,
    policy::Outcome<Decision> (policy::Host::*go_on)(std::uint64_t, policy::Answer, policy::Lookup&)) {
  auto found = waiting_.extract(ticket);
  if (found.empty()) return Decision{};  // ours to prevent; the usual refusal
  Waiting waiting = std::move(found.mapped());
  note_waiting();
  using enum admin::PolicyWait;
  metrics_.policy_waits[answer.found ? Answered : answer.found.error() == "timeout" ? Timeout : Failed].add();
  resumed_config_ = waiting.config;
  identity_ = waiting.identity;
  source_ = waiting.source;
  wanted_ = waiting.wanted;
  offered_ = std::move(waiting.offered);
  if (waiting.question) waiting.run.note->asked.push_back(retell::asked_of(*waiting.question, answer));
  const auto began = base::monotonic_now();
  auto outcome = ((*waiting.host).*go_on)(waiting.ticket, std::move(answer), lookup_of(waiting.run));
  waiting.took += since(began);
  return rule(handler, std::move(outcome), std::move(waiting));
}

policy::Ruling<policy::InviteDecision> ShardAdvisor::resume_invite(std::uint64_t ticket, policy::Answer answer) {
  return resume(admin::PolicyHandler::OnInvite, ticket, std::move(answer), &policy::Host::resume_invite);
}

policy::Ruling<policy::FailureDecision> ShardAdvisor::resume_failure(std::uint64_t ticket, policy::Answer answer) {
  return resume(admin::PolicyHandler::OnFailure, ticket, std::move(answer), &policy::Host::resume_failure);
}

void ShardAdvisor::abandon(std::uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  found->second.host->abandon(found->second.ticket);
  waiting_.erase(found);
  note_waiting();
  metrics_.policy_waits[admin::PolicyWait::Abandoned].add();
}

void ShardAdvisor::count_not_waited(const policy::Host& host, std::uint64_t before) {
  for (; before < host.counters().not_waited; ++before) metrics_.policy_waits[admin::PolicyWait::NotStarted].add();
}

// What was dropped is not counted: an address that is being ignored would never come back while its phones try again.
// Nor is a known caller's wrong number.
void ShardAdvisor::concluded(const policy::InviteDecision& decision, const Waiting& waiting) {
  if (decision.kind == policy::InviteDecision::Kind::Reject && decision.status >= 400 && !waiting.known_caller)
    note_failure(base::monotonic_now());
}

void ShardAdvisor::concluded(const policy::FailureDecision&, const Waiting&) {}

}  // namespace sbc::app
