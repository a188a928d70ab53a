// What the policy decides, at once or when it knows what it wants to know.

#include "sbc/call/machine.h"

namespace sbc::call {

void Machine::decide() {
  call_.state = State::Deciding;
  if (has_expired()) return feed(Event::Expired, {.side = Side::A});
  begin_asking();
  decided(core_.advisor.invite(call_.asking->facts, true));
}

Asking& Machine::begin_asking() {
  call_.asking = std::make_unique<Asking>();
  call_.asking->facts = facts();
  call_.asking->invite = call_.invite.get();
  return *call_.asking;
}

void Machine::decided(policy::Ruling<policy::InviteDecision> ruling) {
  if (const auto* pending = std::get_if<policy::Pending>(&ruling)) return wait_for_answer(*pending);
  call_.asking.reset();
  call_.state = State::Deciding;
  call_.decision = std::get<policy::InviteDecision>(std::move(ruling));
  set_timers();
  // Only who listens pays: what the policy hears is said by the relay, or it is not.
  call_.media.tell_digits(core_.advisor.hears(policy::Handler::Dtmf, call_.arrival));
  call_.record.where = call_.decision.where;
  write_into_record(call_.decision.cdr);
  feed(call_.decision.kind == policy::InviteDecision::Kind::Route ? Event::Routed : Event::Refused);
}

void Machine::wait_for_answer(const policy::Pending& pending) {
  Asking& asking = *call_.asking;
  asking.ticket = pending.ticket;
  asking.number = ++call_.questions;
  asking.since = now_;
  call_.state = State::Asking;
  arm(asking.timer, TimerKind::Ask, now_ + pending.question.timeout);
  out_.questions.push_back({.owner = call_.handle.pack(),
                            .number = asking.number,
                            .emergency = call_.emergency,
                            .question = pending.question});
}

void Machine::go_on_asking(const Input& in) {
  Asking& asking = *call_.asking;
  disarm(asking.timer);
  policy::Answer answer{.found = std::move(*in.found), .waited = now_ - asking.since};
  const std::uint64_t ticket = std::exchange(asking.ticket, 0);
  if (asking.failed) {
    failure_decided(core_.advisor.resume_failure(ticket, std::move(answer)));
  } else {
    decided(core_.advisor.resume_invite(ticket, std::move(answer)));
  }
}

void Machine::stop_asking() {
  if (!call_.asking) return;
  disarm(call_.asking->timer);
  if (call_.asking->ticket != 0) core_.advisor.abandon(call_.asking->ticket);
  call_.asking.reset();
}

}  // namespace sbc::call
