#pragma once
// How a run of a handler is written down. For advisor.cc and advisor_waiting.cc only.

#include "media-relay/base/clock.h"

#include "sbc/app/advisor.h"
#include "sbc/explain/describe.h"

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

template <typename Outcome>
void ShardAdvisor::explain(policy::Handler handler, std::string_view call_id, base::Duration took,
                           const Outcome& outcome, const policy::Host& host) {
  if (!shared_.explanations.wanted() || call_id.empty()) return;
  explain::Handled handled{.handler = handler,
                           .policy = host.hash(),
                           .decision = explain::describe(outcome.decision),
                           .where = {},
                           .error = outcome.error,
                           .reads = outcome.reads,
                           .log = outcome.log,
                           .took = took};
  if constexpr (requires { outcome.decision.where; }) handled.where = outcome.decision.where;
  shared_.explanations.tell(call_id, {.at = base::monotonic_now(), .what = std::move(handled)});
}

// Times the handler, writes its log lines, and counts its failure.
template <typename Outcome>
auto ShardAdvisor::settle(admin::PolicyHandler handler, base::Duration took, Outcome&& outcome) {
  const auto now = base::monotonic_now();
  metrics_.policy_time(handler).observe(base::to_seconds(took));
  for (const auto& line : outcome.log) shared_.log.write(level_of(line.level), line.text, {{"policy", line.where}});
  if (outcome.failed()) {
    metrics_.policy_errors[handler].add();
    if (handler == admin::PolicyHandler::OnInvite || handler == admin::PolicyHandler::OnRegister)
      metrics_.rejects[admin::RejectReason::PolicyError].add();
    shared_.log.limited(policy_errors_, now, observe::Level::Error, "policy failed, the fallback applies",
                        {{"handler", admin::name_of(handler)}, {"error", outcome.error}});
  }
  return std::forward<Outcome>(outcome).decision;
}

}  // namespace sbc::app
