// What happens in a call: responses on their way to the caller, what the parties want inside, timers, how it sounds,
// and its end.

#include <utility>

#include "sbc/app/advisor_settle.h"

namespace sbc::app {
namespace {

admin::PolicyHandler counted_as(policy::Handler inside) {
  switch (inside) {
    case policy::Handler::Reinvite:
      return admin::PolicyHandler::OnReinvite;
    case policy::Handler::Refer:
      return admin::PolicyHandler::OnRefer;
    case policy::Handler::Info:
      return admin::PolicyHandler::OnInfo;
    default:
      return admin::PolicyHandler::OnDtmf;
  }
}

}  // namespace

template <typename Event, typename Of>
auto ShardAdvisor::happened(policy::Handler handler, admin::PolicyHandler counted, const policy::InviteFacts& facts,
                            const Event& event, Of of) {
  offered_.clear();
  wanted_ = facts.ruri;
  const auto host = tenures_.host_of(facts.under);
  Run run = listen(handler, *host, facts, event);
  const auto began = base::monotonic_now();
  auto outcome = of(*host, lookup_of(run));
  if (!host->has(handler)) {  // somebody else listens, and the policy that decides has had no say
    tell_hearers(run, since(began), outcome);
    return std::move(outcome).decision;
  }
  explain(handler, facts.call_id, since(began), outcome, *host);
  return settle(counted, since(began), std::move(outcome), run, facts.under);
}

policy::ResponseDecision ShardAdvisor::provisional(const policy::InviteFacts& facts,
                                                   const policy::ResponseFacts& response) {
  return happened(policy::Handler::Provisional, admin::PolicyHandler::OnProvisional, facts, response,
                  [&](auto& host, auto& lookup) { return host.on_provisional(facts, response, lookup); });
}

policy::ResponseDecision ShardAdvisor::answer(const policy::InviteFacts& facts, const policy::ResponseFacts& response) {
  return happened(policy::Handler::Answer, admin::PolicyHandler::OnAnswer, facts, response,
                  [&](auto& host, auto& lookup) { return host.on_answer(facts, response, lookup); });
}

policy::InsideDecision ShardAdvisor::inside(policy::Handler handler, const policy::InviteFacts& facts,
                                            const policy::InsideFacts& event) {
  return happened(handler, counted_as(handler), facts, event,
                  [&](auto& host, auto& lookup) { return host.on_inside(handler, facts, event, lookup); });
}

policy::TimerDecision ShardAdvisor::timer(const policy::InviteFacts& facts, const policy::TimerFacts& due) {
  return happened(policy::Handler::Timer, admin::PolicyHandler::OnTimer, facts, due,
                  [&](auto& host, auto& lookup) { return host.on_timer(facts, due, lookup); });
}

void ShardAdvisor::quality(const policy::InviteFacts& facts, const policy::QualityFacts& quality) {
  happened(policy::Handler::MediaQuality, admin::PolicyHandler::OnMediaQuality, facts, quality,
           [&](auto& host, auto& lookup) { return host.on_media_quality(facts, quality, lookup); });
}

void ShardAdvisor::end(const policy::InviteFacts& facts, const policy::EndFacts& end) {
  happened(policy::Handler::End, admin::PolicyHandler::OnEnd, facts, end,
           [&](auto& host, auto& lookup) { return host.on_end(facts, end, lookup); });
}

}  // namespace sbc::app
