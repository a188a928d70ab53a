// What the actions of the two client machines do.

#include <algorithm>

#include "sbc/transaction/client_side.h"
#include "sbc/transaction/own_text.h"

namespace sbc::transaction {

template <typename Machine, typename Event, typename Action>
void ClientSide::run(const Machine& machine, typename Machine::StateOf& state, Event event, Act<Action> act,
                     ClientId id, Transaction& t, const Input& in) {
  const auto& step = machine.at(state, event);
  switch (step.decision) {
    case Decision::Go:
      break;
    case Decision::Ignore:
      if (in.message != nullptr) ++shared_.counters.responses_absorbed;
      return t.timers.settle(shared_.deadlines, token_of(id));
    case Decision::Undecided:
    case Decision::Bug:
      note_bug(shared_.counters);
      return destroy(id, t);
  }
  const bool stays = (this->*act)(id, t, step.action, in);
  state = step.next;
  if (!stays || step.next == Machine::StateOf::Terminated) return destroy(id, t);
  t.timers.settle(shared_.deadlines, token_of(id));
}

void ClientSide::run_invite(ClientId id, Transaction& t, invite_client::Event event, const Input& in) {
  run(invite_client::kMachine, t.invite_state, event, &ClientSide::act_invite, id, t, in);
}

void ClientSide::run_other(ClientId id, Transaction& t, other_client::Event event, const Input& in) {
  run(other_client::kMachine, t.other_state, event, &ClientSide::act_other, id, t, in);
}

// False: the transaction is over at once, because the timer it would wait for is 0 on this transport.
bool ClientSide::act_invite(ClientId id, Transaction& t, invite_client::Action action, const Input& in) {
  using enum invite_client::Action;
  const Config& config = shared_.config;
  switch (action) {
    case Nothing:
      break;
    case Retransmit:
      retransmit(id, t, t.timers.interval * 2, in);  // RFC 3261 17.1.1.2: timer A has no upper bound but B
      break;
    case Ring:
      ring(id, t, in);
      break;
    case Accept:
      pass_up(id, t, in, t.bytes);
      t.bytes = nullptr;
      t.held_cancel = nullptr;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.timer_64_t1();
      break;
    case Acknowledge:
      // RFC 3261 17.1.1.3; the ACK takes the place of the INVITE, which is not needed any more.
      {
        base::SharedBytes invite = std::move(t.bytes);
        t.bytes = base::share(repeat_head(*invite, sip::Method::Ack, (*in.message)->to().text, {}));
        t.held_cancel = nullptr;
        send(id, t, in.out);
        pass_up(id, t, in, std::move(invite));
      }
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.timer_d();
      return !t.reliable();
    case RepeatAck:
      ++shared_.counters.responses_absorbed;
      send(id, t, in.out);
      break;
    case PassUp:
      pass_up(id, t, in, t.bytes);
      break;
    case SendCancel:
      ++shared_.counters.ring_timeouts;
      send_cancel(t, base::share(repeat_head(*t.bytes, sip::Method::Cancel, {}, {})), in.now, in.out);
      break;
    case FailTimeout:
      fail(id, t, ClientFailed::Reason::Timeout, in.out);
      break;
    case FailTransport:
      fail(id, t, ClientFailed::Reason::Transport, in.out);
      break;
  }
  return true;
}

void ClientSide::ring(ClientId id, Transaction& t, const Input& in) {
  pass_up(id, t, in, t.bytes);
  const bool first = t.invite_state == invite_client::State::Calling;
  t.timers.resend_at = base::kNever;
  if (t.cancelling == Cancelling::Held) return send_cancel(t, std::move(t.held_cancel), in.now, in.out);
  if (t.cancelling == Cancelling::Sent) return;
  // RFC 3261 16.7 step 2: 100 does not start timer C again.
  if (first || (*in.message)->status() > 100)
    t.timers.expire_at = shared_.config.timer_c == base::Duration{} ? base::kNever : in.now + shared_.config.timer_c;
}

bool ClientSide::act_other(ClientId id, Transaction& t, other_client::Action action, const Input& in) {
  using enum other_client::Action;
  const Config& config = shared_.config;
  switch (action) {
    case Nothing:
      break;
    case Retransmit:
      retransmit(id, t, std::min(t.timers.interval * 2, config.t2), in);
      break;
    case RetransmitSlowly:
      retransmit(id, t, config.t2, in);
      break;
    case PassUp:
      pass_up(id, t, in, t.bytes);
      break;
    case Complete:
      pass_up(id, t, in, t.bytes);
      t.bytes = nullptr;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.t4;
      return !t.reliable();
    case FailTimeout:
      fail(id, t, ClientFailed::Reason::Timeout, in.out);
      break;
    case FailTransport:
      fail(id, t, ClientFailed::Reason::Transport, in.out);
      break;
  }
  return true;
}

void ClientSide::send(ClientId id, const Transaction& t, Output& out) {
  out.sends.push_back(Send{t.hop, t.bytes, token_of(id)});
}

void ClientSide::retransmit(ClientId id, Transaction& t, base::Duration interval, const Input& in) {
  ++shared_.counters.requests_retransmitted;
  send(id, t, in.out);
  t.timers.interval = interval;
  t.timers.resend_at = in.now + interval;
}

void ClientSide::pass_up(ClientId id, const Transaction& t, const Input& in, base::SharedBytes request) {
  switch (t.audience) {
    case Audience::User:
      in.out.events.emplace_back(ResponseArrived{id, t.owner, *in.message, *in.source, std::move(request), t.hop});
      break;
    case Audience::Abandoned:
      ++shared_.counters.orphaned_events;
      break;
    case Audience::Nobody:
      break;
  }
}

void ClientSide::fail(ClientId id, const Transaction& t, ClientFailed::Reason reason, Output& out) {
  if (reason == ClientFailed::Reason::Timeout) ++shared_.counters.client_timeouts;
  const bool unheard = t.invite ? t.invite_state == invite_client::State::Calling && t.cancelling == Cancelling::No
                                : t.other_state == other_client::State::Trying;
  switch (t.audience) {
    case Audience::User:
      out.events.emplace_back(ClientFailed{id, t.owner, reason, unheard ? t.bytes : nullptr, t.hop});
      break;
    case Audience::Abandoned:
      ++shared_.counters.orphaned_events;
      break;
    case Audience::Nobody:
      break;
  }
}

}  // namespace sbc::transaction
