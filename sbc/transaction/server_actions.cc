// What the actions of the two server machines do.

#include <algorithm>

#include "sbc/sip/response.h"
#include "sbc/transaction/server_side.h"

namespace sbc::transaction {

template <typename Machine, typename Event, typename Action>
void ServerSide::run(const Machine& machine, typename Machine::StateOf& state, Event event, Act<Action> act,
                     ServerId id, Transaction& t, const Input& in) {
  const auto& step = machine.at(state, event);
  switch (step.decision) {
    case Decision::Go:
      break;
    case Decision::Ignore:
      return t.timers.settle(shared_.deadlines, token_of(id));
    case Decision::Undecided:
    case Decision::Bug:
      note_bug(shared_.counters);
      return destroy(id, t);
  }
  state = step.next;
  if (!(this->*act)(id, t, step.action, in) || step.next == Machine::StateOf::Terminated) return destroy(id, t);
  t.timers.settle(shared_.deadlines, token_of(id));
}

void ServerSide::run_invite(ServerId id, Transaction& t, invite_server::Event event, const Input& in) {
  run(invite_server::kMachine, t.invite_state, event, &ServerSide::act_invite, id, t, in);
}

void ServerSide::run_other(ServerId id, Transaction& t, other_server::Event event, const Input& in) {
  run(other_server::kMachine, t.other_state, event, &ServerSide::act_other, id, t, in);
}

// False: the transaction is over at once, because the timer it would wait for is 0 on this transport.
bool ServerSide::act_invite(ServerId id, Transaction& t, invite_server::Action action, const Input& in) {
  using enum invite_server::Action;
  const Config& config = shared_.config;
  switch (action) {
    case Nothing:
      break;
    case RepeatResponse:
      if (t.response) {
        ++shared_.counters.responses_retransmitted;
        send(id, t, t.response, in.out);
      }
      break;
    case SendTrying:
      send_trying(id, t, in);
      break;
    case SendProvisional:
      t.response = in.bytes;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.invite_unanswered;
      send(id, t, t.response, in.out);
      break;
    case SendSuccess:
      // RFC 6026 8.7: from here on the user repeats its 2xx; only the name of the transaction is still needed.
      send(id, t, in.bytes, in.out);
      t.request = nullptr;
      t.response = nullptr;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.timer_64_t1();
      break;
    case SendAgain:
      ++shared_.counters.responses_retransmitted;
      send(id, t, in.bytes, in.out);
      break;
    case SendFailure:
      t.response = in.bytes;
      t.request = nullptr;
      drop_merge_key(t);
      send(id, t, t.response, in.out);
      t.timers.interval = config.t1;
      t.timers.resend_at = t.reliable() ? base::kNever : in.now + config.t1;
      t.timers.expire_at = in.now + config.timer_64_t1();
      break;
    case Retransmit:
      ++shared_.counters.responses_retransmitted;
      send(id, t, t.response, in.out);
      t.timers.interval = std::min(t.timers.interval * 2, config.t2);
      t.timers.resend_at = in.now + t.timers.interval;
      break;
    case Confirm:
      t.response = nullptr;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + config.t4;
      return !t.reliable();
    case PassAck:
      in.out.events.emplace_back(AckArrived{*in.message, *in.source});
      break;
    case Refuse:
      ++shared_.counters.late_responses;
      break;
    case AnswerForgotten:
      answer_forgotten(id, t, in);
      break;
    case FailNoAck:
      ++shared_.counters.acks_missing;
      fail(id, t, ServerFailed::Reason::NoAck, in.out);
      break;
    case TellTransport:
      fail(id, t, ServerFailed::Reason::Transport, in.out);
      break;
  }
  return true;
}

bool ServerSide::act_other(ServerId id, Transaction& t, other_server::Action action, const Input& in) {
  using enum other_server::Action;
  switch (action) {
    case Nothing:
      break;
    case RepeatResponse:
      if (t.response) {
        ++shared_.counters.responses_retransmitted;
        send(id, t, t.response, in.out);
      }
      break;
    case SendTrying:
      send_trying(id, t, in);
      break;
    case SendProvisional:
      t.response = in.bytes;
      t.timers.resend_at = base::kNever;
      send(id, t, t.response, in.out);
      break;
    case SendFinal:
      t.response = in.bytes;
      t.request = nullptr;
      t.timers.resend_at = base::kNever;
      t.timers.expire_at = in.now + shared_.config.timer_64_t1();
      send(id, t, t.response, in.out);
      return !t.reliable();
    case Refuse:
      ++shared_.counters.late_responses;
      break;
    case Forget:
      ++shared_.counters.servers_unanswered;
      break;
    case TellTransport:
      fail(id, t, ServerFailed::Reason::Transport, in.out);
      break;
  }
  return true;
}

void ServerSide::send(ServerId id, const Transaction& t, const base::SharedBytes& bytes, Output& out) {
  sip::Hop hop = t.source.hop;
  hop.remote.port = t.reply_port;
  out.sends.push_back(Send{hop, bytes, token_of(id)});
}

void ServerSide::send_trying(ServerId id, Transaction& t, const Input& in) {
  t.response = base::share(sip::build_response(*t.request, 100, {}, t.source));
  t.timers.resend_at = base::kNever;
  send(id, t, t.response, in.out);
}

void ServerSide::answer_forgotten(ServerId id, Transaction& t, const Input& in) {
  ++shared_.counters.servers_unanswered;
  fail(id, t, ServerFailed::Reason::Unanswered, in.out);
  t.owner = 0;
  const std::string tag = shared_.minter.tag(shared_.random);
  const Input answer{
      .now = in.now, .out = in.out, .bytes = base::share(sip::build_response(*t.request, 500, tag, t.source))};
  act_invite(id, t, invite_server::Action::SendFailure, answer);
}

void ServerSide::fail(ServerId id, const Transaction& t, ServerFailed::Reason reason, Output& out) {
  out.events.emplace_back(ServerFailed{id, t.owner, reason});
}

}  // namespace sbc::transaction
