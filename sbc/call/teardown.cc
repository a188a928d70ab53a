// The ends of a call: CANCEL, BYE, loss. All of them meet in settle().

#include <algorithm>

#include "sbc/call/explaining.h"
#include "sbc/call/guarded_lines.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/recording_client.h"
#include "sbc/call/rivals.h"

namespace sbc::call {
namespace {

// RFC 3326; the Q.850 causes of RFC 6432's examples and ITU-T Q.850 table 1. "" when the peer needs no reason.
std::string_view reason_lines(EndCause cause) {
  switch (cause) {
    case EndCause::MediaTimeout:
      return "Reason: Q.850;cause=127;text=\"Media timeout\"\r\n";
    case EndCause::NotSecured:
      return "Reason: Q.850;cause=57;text=\"Media could not be secured\"\r\n";
    case EndCause::RelayFailure:
      return "Reason: Q.850;cause=41;text=\"Media relay failure\"\r\n";
    case EndCause::NoAck:
      return "Reason: Q.850;cause=102;text=\"No ACK\"\r\n";
    case EndCause::SessionExpired:
      return "Reason: Q.850;cause=102;text=\"Session timer expired\"\r\n";
    case EndCause::BadMedia:
      return "Reason: Q.850;cause=88;text=\"Incompatible media\"\r\n";
    case EndCause::PeerGone:
      return "Reason: Q.850;cause=41;text=\"Other side lost\"\r\n";
    case EndCause::NotRecorded:
      return "Reason: Q.850;cause=31;text=\"Not recorded\"\r\n";
    case EndCause::MaxDuration:
      return "Reason: Q.850;cause=31;text=\"Longest permitted duration\"\r\n";
    case EndCause::Shutdown:
      return "Reason: Q.850;cause=31;text=\"Ended by the operator\"\r\n";
    case EndCause::Error:
    case EndCause::Limit:
      return "Reason: Q.850;cause=41;text=\"Temporary failure\"\r\n";
    case EndCause::Bye:
    case EndCause::Cancel:
    case EndCause::Rejected:
    case EndCause::Policy:
    case EndCause::HungUp:  // in words of the policy's own
    case EndCause::NoAnswer:
    case EndCause::Unreachable:
      return "";
  }
  return "";
}

EndCause cause_of(Event event, const Input& in) {
  switch (event) {
    case Event::RelayLost:
    case Event::RelayRefused:
      return EndCause::RelayFailure;
    case Event::NoAck:
      return EndCause::NoAck;
    case Event::PeerGone:
    case Event::BranchDead:
      return EndCause::PeerGone;
    case Event::Cancel:
      return EndCause::Cancel;
    case Event::Expired:
      return EndCause::NoAnswer;
    case Event::Bye:
      return EndCause::Bye;
    default:
      return in.cause;
  }
}

EndedBy ender_of(Event event, const Input& in) {
  if (event != Event::Cancel && event != Event::Bye && event != Event::PeerGone) return EndedBy::Border;
  return in.side == Side::A ? EndedBy::Caller : EndedBy::Callee;
}

// Of a call that ends before it is answered.
int status_of(Event event, const Input& in) {
  if (event == Event::Kill && in.cause == EndCause::HungUp) return in.status != 0 ? in.status : 480;
  return event == Event::NoAck ? 504 : 503;
}

}  // namespace

// The call is given up while leg B has our INVITE.
void Machine::cancel_call(Event event, const Input& in) {
  const EndCause cause = cause_of(event, in);
  disarm(call_.setup_timer);
  call_.hunt.stop();
  if (event == Event::Cancel || event == Event::Bye || event == Event::Expired) {
    respond_caller(487);
  } else {
    respond_caller(status_of(event, in));
  }
  close_forks(nullptr);
  finished(cause, ender_of(event, in));
  close_session("cancelled");
  const std::string_view why = event == Event::Cancel || event == Event::Bye ? std::string_view(call_.b.told.reason)
                               : in.lines.empty()                            ? reason_lines(cause)
                                                                             : std::string_view(in.lines);
  cancel_rivals(why, "the call ends");
  if (call_.attempt->finished) return finish();  // its answer came, and was hung up: no other will
  const std::string lines = guarded_lines(core_.layer.guard(), *core_.settings, call_.watch.get(), end_of(Side::B), why,
                                          call_.attempt->start.call_id, call_.session);
  core_.layer.cancel(call_.attempt->client, lines, now_, out_.transaction);
  call_.state = State::Canceling;
}

void Machine::cancel_deciding(Event event, const Input& in) {
  call_.hunt.stop();
  respond_caller(event == Event::PeerGone ? 503 : 487);
  finished(cause_of(event, in), ender_of(event, in));
  close_session("cancelled");
  settle();
}

// Leg B has answered with an offer that leg A will never see: acknowledged with a refusal, and hung up.
void Machine::cancel_answered(Event event, const Input& in) {
  const EndCause cause = cause_of(event, in);
  if (event == Event::Bye) respond_to(in, 200);
  if (event == Event::NoAck) call_.leg(in.side).accepted.stop();
  if (event == Event::Bye && in.side == Side::B) {
    call_.b.over = true;
    call_.b.accepted.stop();
    respond_caller(480);
  } else if (event == Event::Kill && cause == EndCause::Cancel) {  // a newcomer gave up
    respond_caller(480);
  } else if (event == Event::Cancel || event == Event::Bye) {
    respond_caller(487);
  } else {
    respond_caller(status_of(event, in));
  }
  finished(cause, ender_of(event, in));
  if (call_.b.owes_ack) send_ack(Side::B, call_.media.make_refusal(Side::B).value_or(""));
  close_session("cancelled");
  send_bye(Side::B, in.lines.empty() ? reason_lines(cause) : in.lines);
  settle();
}

void Machine::finish() {
  take_off_attempt();
  settle();
}

// RFC 3261 9.1, 15: the 2xx crossed our CANCEL. The attempt stays with the call: other forks may have answered as well.
void Machine::late_answer(const Input& in) {
  ack_and_bye(*call_.attempt, in.source.hop, in.message);
  settle();
}

void Machine::hang_up(const Input& in) {
  respond_to(in, 200);
  Leg& leg = call_.leg(in.side);
  leg.over = true;
  leg.accepted.stop();
  disarm(call_.accepted_timer[static_cast<int>(in.side)]);
  // RFC 3261 15.1.2: requests of the peer that wait for our answer get 487; so does the other peer's.
  if (call_.leg(call_.inviter).gate.remote_pending()) respond_inviter(487);
  undo_takeover();
  finished(EndCause::Bye, in.side == Side::A ? EndedBy::Caller : EndedBy::Callee);
  close_session("hung up");
  send_bye(other(in.side), call_.leg(other(in.side)).told.reason);
  settle();
}

void Machine::hang_up_early(const Input& in) {
  respond_to(in, 200);
  if (in.side == Side::A && leave_early_dialog(in)) return;
  if (in.side == Side::B) return;  // an early dialog of leg B cannot be ended by its BYE: the INVITE's answer does
  if (call_.state == State::Inviting) {
    cancel_call(Event::Bye, in);
  } else {
    cancel_deciding(Event::Bye, in);
  }
}

// RFC 3261 15: the caller's BYE inside one early dialog ends that one; the call goes on as long as another is alive.
bool Machine::leave_early_dialog(const Input& in) {
  Fork* fork = fork_for(Side::A, *in.message);
  if (fork == nullptr || call_.state != State::Inviting) return false;
  if (std::ranges::none_of(call_.forks, [fork](const Fork& f) { return &f != fork && !f.ended && f.a; })) return false;
  if (fork->ended) return true;
  fork->hung_up = true;
  leave_fork(*fork);
  if (fork->b)
    request_early(Side::B, *fork, {.method = sip::Method::Bye, .headers = {}, .sdp = {}, .answer_matters = false});
  return true;
}

void Machine::hang_up_both(Event event, const Input& in) {
  const EndCause cause = cause_of(event, in);
  if (event == Event::NoAck) call_.leg(in.side).accepted.stop();
  for (const Side side : {Side::A, Side::B}) {
    if (!call_.leg(side).gate.remote_pending()) continue;
    call_.inviter = side;
    respond_inviter(cause == EndCause::PeerGone ? 480 : 503);
  }
  undo_takeover();
  finished(cause, ender_of(event, in));
  close_session(name_of(cause));
  for (const Side side : {Side::A, Side::B}) send_bye(side, in.lines.empty() ? reason_lines(cause) : in.lines);
  settle();
}

// RFC 5407 3.2: a BYE that crosses ours is answered 200 as well.
void Machine::answer_bye(const Input& in) {
  respond_to(in, 200);
  Leg& leg = call_.leg(in.side);
  leg.over = true;
  leg.bye_when_acked.reset();
  leg.accepted.stop();
  disarm(call_.accepted_timer[static_cast<int>(in.side)]);
  if (call_.state == State::Closing && !outstanding()) end();
}

void Machine::ack_closing(const Input& in) {
  Leg& leg = call_.leg(in.side);
  if (in.message != nullptr) leg.accepted.on_ack(in.message->cseq().number);
  if (leg.accepted.waiting()) return;
  disarm(call_.accepted_timer[static_cast<int>(in.side)]);
  leg.accepted_bytes.reset();
  if (leg.bye_when_acked) {
    const std::string headers = *std::move(leg.bye_when_acked);
    leg.bye_when_acked.reset();
    send_bye(in.side, headers);
  }
  if (!outstanding()) end();
}

void Machine::send_bye(Side side, std::string_view headers) {
  Leg& leg = call_.leg(side);
  if (side == Side::B && dismiss_newcomer()) return;
  if (leg.over || !leg.dialog) return;
  if (leg.owes_ack) {
    // Its 2xx carried an offer that nobody will answer any more: refused, acknowledged, then ended.
    send_ack(side, call_.media.make_refusal(side).value_or(""));
  }
  // RFC 3261 15: the server of an INVITE waits for the ACK before its BYE, or until its 2xx has timed out.
  if (leg.accepted.waiting()) {
    leg.bye_when_acked = std::string(headers);
    return;
  }
  leg.over = true;
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  auto bytes = in_dialog_request(core_, leg, hop, sip::Method::Bye, leg.dialog->next_cseq(), branch, headers, {});
  leg.bye = core_.layer.request({.method = sip::Method::Bye,
                                 .method_text = {},
                                 .branch = branch,
                                 .hop = hop,
                                 .bytes = std::move(bytes),
                                 .owner = call_.handle.pack()},
                                now_, out_.transaction);
}

void Machine::bye_done(Side side) {
  call_.leg(side).bye = {};
  if (call_.state == State::Closing && !outstanding()) feed(Event::ByesDone);
}

bool Machine::outstanding() const {
  return call_.a.bye || call_.b.bye || call_.a.bye_when_acked || call_.b.bye_when_acked ||
         RecordingClient::outstanding(call_) ||
         std::ranges::any_of(call_.strays, [](const Attempt& stray) { return !stray.finished; });
}

void Machine::settle() {
  cancel_rivals({}, "the call ends");
  call_.at_once.reset();
  stop_asking();
  stop_timers();
  drop_held();
  drop_passing();
  close_change(true);
  stop_moving();
  drop_transfer();
  for (base::DeadlineId* id : {&call_.setup_timer, &call_.expiry_timer, &call_.refresh_timer, &call_.duration_timer,
                               &call_.tidy_timer, &call_.session_timer[0], &call_.session_timer[1], &call_.again_timer})
    disarm(*id);
  close_forks(nullptr);
  call_.state = State::Closing;
  if (!outstanding()) end();
}

// What was answered may be answered once more, by another fork, when the call is gone.
void Machine::keep_late_forks() {
  core_.late_forks.expire(now_);
  if (call_.b.acks.size() == 0 && !call_.b.dialog) return;  // there was no 2xx
  const auto keep = [this](const Attempt& attempt) {
    if (!core_.layer.is_live(attempt.client)) return;
    core_.late_forks.keep(attempt.client, {.attempt = attempt,
                                           .winner = call_.b.dialog ? call_.b.dialog->remote_tag() : std::string(),
                                           .symmetric = call_.b.symmetric,
                                           .session_id = call_.b.told.session_id,
                                           .acks = call_.b.acks,
                                           .until = now_ + 64 * core_.settings->t1});
  };
  if (call_.attempt) keep(*call_.attempt);
  for (const Attempt& stray : call_.strays) keep(stray);
}

void Machine::end() {
  stop_asking();
  stop_timers();
  drop_held();
  drop_passing();
  stop_moving();
  drop_transfer();
  for (base::DeadlineId* id : {&call_.setup_timer, &call_.expiry_timer, &call_.refresh_timer, &call_.duration_timer,
                               &call_.tidy_timer, &call_.accepted_timer[0], &call_.accepted_timer[1],
                               &call_.session_timer[0], &call_.session_timer[1], &call_.again_timer})
    disarm(*id);
  close_forks(nullptr);
  close_session("ended");
  keep_late_forks();
  take_off_attempt();
  forget_forks();
  forget_dialog(call_.local_tag_a);
  if (call_.b.dialog) forget_dialog(call_.b.dialog->local_tag());
  for (const Attempt& stray : call_.strays) core_.dialogs.erase(stray.start.local_tag);
  RecordingClient(core_, call_, now_, out_).forget();
  if (call_.record.answered) --core_.connected;
  call_.state = State::Ended;  // Calls removes it, and writes its record, when the event is over

  explain_with(core_.advisor, call_.record, now_, [this] { return ended(call_.record); });
  Ending ending{
      .record = std::move(call_.record), .facts = facts(), .invite = call_.invite.get(), .told = call_.media.told()};
  if (call_.close_asked && !call_.close_answered) {
    // Its last words say how the call sounded.
    ending.timer = core_.timers.arm(now_ + kRelayTakes, TimerKey{call_.handle, TimerKind::Ending});
    core_.endings.emplace(call_.handle.pack(), std::move(ending));
  } else {
    write_off(core_.advisor, std::move(ending), out_);
  }
}

}  // namespace sbc::call
