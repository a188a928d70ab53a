// What the policy says to the callee's responses before they go on to the caller: on_provisional and on_answer.

#include <algorithm>
#include <chrono>

#include "sbc/call/machine.h"
#include "sbc/sip/rseq.h"

namespace sbc::call {

policy::ResponseFacts Machine::response_facts(const sip::Message& response) const {
  const route::Target& target = *call_.hunt.current();
  policy::ResponseFacts facts;
  facts.number = static_cast<std::uint32_t>(call_.hunt.attempt());
  facts.target = target.text();
  facts.realm = target.realm;
  facts.trunk = target.trunk;
  facts.group = target.group;
  facts.status = static_cast<std::uint16_t>(response.status());
  facts.reason = std::string(response.reason_phrase());
  facts.has_sdp = sdp_of(response).value_or(std::nullopt).has_value();
  facts.reliable = sip::reliable_number(response).has_value();
  facts.elapsed_ms =
      static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(now_ - call_.attempt->started).count());
  facts.user_agent = std::string(response.find(sip::HeaderId::Server).value_or(""));
  facts.headers = header_views(response);
  return facts;
}

policy::ResponseDecision Machine::provisional_decision(const sip::Message& response) {
  if (!core_.advisor.hears(policy::Handler::Provisional, call_.arrival)) return {};
  auto said = core_.advisor.provisional(facts(), response_facts(response));
  set_timers();
  return said;
}

// True: the callee was hung up, and the call goes another way.
bool Machine::hung_up_by_policy(const Input& in) {
  call_.answer_change.reset();
  if (!core_.advisor.hears(policy::Handler::Answer, call_.arrival)) return false;
  auto said = core_.advisor.answer(facts(), response_facts(*in.message));
  set_timers();
  if (said.kind == policy::ResponseDecision::Kind::HangUp) {
    hang_up_answer(in, said);
    return true;
  }
  if (said.max_duration_s != 0) call_.max_duration_s = said.max_duration_s;
  if (said.kind == policy::ResponseDecision::Kind::Change)
    call_.answer_change = std::make_unique<policy::ResponseDecision>(std::move(said));
  return false;
}

// With a status the caller gets that. Without one it is as if the target had answered that it is not available:
// on_failure may send the call on, and a person who picked up hears no more of it.
void Machine::hang_up_answer(const Input& in, const policy::ResponseDecision& said) {
  ++core_.counters.hung_up_answers;
  note(Note::Level::Info, "answered, and hung up by the policy: " + call_.hunt.current()->text());
  ack_and_bye(*call_.attempt, in.source.hop, in.message);
  call_.attempt->finished = true;
  if (said.status == 0) {
    route::Failure failure;
    failure.status = 480;
    failure.reason = said.reason.empty() ? std::string(sip::reason_phrase_for(480)) : said.reason;
    failure.early_media = call_.attempt->early_media;
    return hunt_on(failure);
  }
  disarm(call_.setup_timer);
  call_.hunt.stop();
  retire_attempt();
  respond_caller(said.status, {}, {}, said.reason);
  finished(EndCause::HungUp, EndedBy::Border);
  close_session("hung up by the policy");
  settle();
}

}  // namespace sbc::call
