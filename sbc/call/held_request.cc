#include "sbc/call/held_request.h"

#include "sbc/call/machine.h"

namespace sbc::call {
namespace {

// About what a peer that owns no Call-ID waits at most after a 491 (RFC 3261 14.1): it is no worse off for it.
constexpr base::Duration kWaitsForACall = base::seconds(2);

}  // namespace

// RFC 3261 14.2 has 491 and 500 for a leg that has an INVITE under way itself, in either direction; and one that is
// about to be asked would only collide with what is held.
bool Machine::hold(const Input& in) {
  const Leg& leg = call_.leg(in.side);
  if (call_.held || in.arrival != nullptr || !leg.dialog || leg.over) return false;
  if (leg.gate.local_pending() || leg.gate.remote_pending()) return false;
  const State state = call_.state;
  const bool soon_free = state == State::Answering || state == State::Confirming || state == State::Reconfirming ||
                         state == State::Refreshing || (state == State::Reanchoring && waits_for_new_relay());
  if (!soon_free) return false;
  call_.held = std::make_unique<HeldRequest>(
      HeldRequest{.side = in.side, .message = in.message, .source = in.source, .server = in.server});
  if (in.message->method() == sip::Method::Invite) core_.layer.set_owner(in.server, call_.handle.pack());
  arm(call_.held->timer, TimerKind::Held, now_ + kWaitsForACall);
  return true;
}

Input Machine::take_held() {
  const auto held = std::move(call_.held);
  disarm(held->timer);
  return {.side = held->side, .message = held->message, .source = held->source, .server = held->server};
}

void Machine::resume_held() {
  if (!call_.held || call_.state != State::Active) return;
  const Input in = take_held();
  if (call_.transfer && call_.leg(other(in.side)).over) return refuse_for_now(in);
  in.message->method() == sip::Method::Refer ? refer(in) : feed(Event::Offer, in);
}

void Machine::held_too_long() {
  if (call_.held) refuse_for_now(take_held());
}

bool Machine::held_cancelled(transaction::ServerId invite) {
  if (!call_.held || call_.held->server != invite) return false;
  drop_held();
  return true;
}

// RFC 3261 9.2, 15.1.2: its INVITE is cancelled, or the dialog ends.
void Machine::drop_held() {
  if (call_.held) respond_to(take_held(), 487);
}

void Machine::refuse_for_now(const Input& in) {
  const Leg& leg = call_.leg(in.side);
  const bool refers = in.message->method() == sip::Method::Refer;
  const bool theirs_first = leg.gate.remote_pending() || (call_.held && call_.held->side == in.side);
  if (!refers && leg.dialog && !theirs_first) return respond_to(in, 491);
  const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  refers ? refuse_transfer(in, 500, retry) : respond_to(in, 500, retry);
}

}  // namespace sbc::call
