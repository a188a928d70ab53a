#pragma once
// How a run of a handler is written down. For advisor.cc, advisor_events.cc,
// advisor_screen.cc and advisor_waiting.cc only.

#include <chrono>

#include "media-relay/base/clock.h"

#include "sbc/app/advisor.h"
#include "sbc/explain/describe.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"

namespace sbc::app {

inline observe::Level level_of(policy::LogLine::Level level) {
  switch (level) {
    case policy::LogLine::Level::Debug:
      return observe::Level::Debug;
    case policy::LogLine::Level::Info:
      return observe::Level::Info;
    case policy::LogLine::Level::Warning:
      return observe::Level::Warn;
    case policy::LogLine::Level::Error:
      return observe::Level::Error;
  }
  return observe::Level::Error;
}

inline base::Duration since(base::Instant began) {
  return base::monotonic_now() - began;
}

// Where the policy has no handler for it the border decides by itself, in ways that depend on the facts.
constexpr bool always_decided(policy::Handler handler) {
  using enum policy::Handler;
  return handler == Invite || handler == Register || handler == Nat || handler == Failure;
}

template <typename Outcome>
explain::Step ShardAdvisor::step_of(policy::Handler handler, base::Duration took, const Outcome& outcome,
                                    const policy::Host& host) {
  explain::Handled handled{.handler = handler,
                           .policy = host.hash(),
                           .decision = explain::describe(outcome),
                           .where = {},
                           .error = outcome.error,
                           .reads = outcome.reads,
                           .log = outcome.log,
                           .took = took};
  if constexpr (requires { outcome.decision.where; }) handled.where = outcome.decision.where;
  return {.at = base::monotonic_now(), .what = std::move(handled)};
}

template <typename Outcome>
void ShardAdvisor::explain(policy::Handler handler, std::string_view call_id, base::Duration took,
                           const Outcome& outcome, const policy::Host& host) {
  if (!shared_.explanations.wanted() || call_id.empty()) return;
  shared_.explanations.tell(call_id, step_of(handler, took, outcome, host));
}

template <typename Facts>
ShardAdvisor::Run ShardAdvisor::listen(policy::Handler handler, const policy::Host& host, const Facts& facts) {
  const Hearing::Ears ears = shared_.hearing.wanted(handler, host.has(handler) || always_decided(handler));
  if (ears == 0) return {};
  Run run{.note = std::make_shared<retell::Invocation>(), .ears = ears};
  run.note->handler = handler;
  run.note->at_ms = std::chrono::duration_cast<base::milliseconds>(base::since_epoch()).count();
  run.note->policy = host.hash();
  if constexpr (requires { facts.call_id; }) run.note->call_id = facts.call_id;
  run.note->facts = retell::to_json(facts);
  run.note->no_wait = "unavailable";
  policy::Lookup& real = *this;
  run.lookup.emplace(real, run.note->asked);
  return run;
}

template <typename Event>
ShardAdvisor::Run ShardAdvisor::listen(policy::Handler handler, const policy::Host& host,
                                       const policy::InviteFacts& facts, const Event& event) {
  Run run = listen(handler, host, facts);
  if (run.note) run.note->event = retell::to_json(event);
  return run;
}

template <typename Outcome>
void ShardAdvisor::tell_hearers(const Run& run, base::Duration took, const Outcome& outcome) {
  if (!run.note) return;
  run.note->decision = retell::decided(outcome);
  if constexpr (requires { outcome.decision.where; }) run.note->where = outcome.decision.where;
  run.note->error = outcome.error;
  run.note->log = outcome.log;
  run.note->took_us = static_cast<std::uint32_t>(std::chrono::duration_cast<base::microseconds>(took).count());
  shared_.hearing.tell(run.ears, run.note);
}

// Times the handler, tells those who want to hear of it, writes its log lines, and counts its failure.
template <typename Outcome>
auto ShardAdvisor::settle(admin::PolicyHandler handler, base::Duration took, Outcome&& outcome, const Run& run,
                          const std::shared_ptr<const policy::Tenure>& under) {
  const auto now = base::monotonic_now();
  tell_hearers(run, took, outcome);
  timers_ = std::move(outcome.timers);
  metrics_.policy_time(handler).observe(base::to_seconds(took));
  for (const auto& line : outcome.log) shared_.log.write(level_of(line.level), line.text, {{"policy", line.where}});
  if (outcome.failed()) {
    if (auto* tally = tally_of(under)) tally->fail();
    metrics_.policy_errors[handler].add();
    if (handler == admin::PolicyHandler::OnInvite || handler == admin::PolicyHandler::OnRegister)
      metrics_.rejects[admin::RejectReason::PolicyError].add();
    shared_.log.limited(policy_errors_, now, observe::Level::Error, "policy failed, the fallback applies",
                        {{"handler", admin::name_of(handler)}, {"error", outcome.error}});
  }
  return std::forward<Outcome>(outcome).decision;
}

}  // namespace sbc::app
