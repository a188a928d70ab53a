#include "sbc/call/machine.h"

#include "sbc/call/consumed_body.h"
#include "sbc/call/explaining.h"
#include "sbc/call/extensions.h"
#include "sbc/call/farewell.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/recording.h"
#include "sbc/call/recording_client.h"
#include "sbc/call/waiting.h"

namespace sbc::call {
void Machine::feed(Event event, const Input& input) {
  const Step step = step_for(call_.state, event);
  switch (step) {
    case Step::Ignore:
      return;
    case Step::Undecided:
    case Step::Bug:
      ++core_.counters.bugs;
      note(Note::Level::Error, "event " + std::string(name_of(event)) + " cannot happen while " +
                                   std::string(name_of(call_.state)) + "; the call ends");
      if (call_.state == State::Ended || call_.state == State::Closing || call_.state == State::Canceling) return;
      feed(Event::Kill, {.cause = EndCause::Error});
      return;
    case Step::NextOrFail:
      return next_or_fail(event, input);
    case Step::RollBack:
      return roll_back(event, input);
    case Step::RefreshFailed:
      return refresh_failed(input);
    case Step::CancelOffer:
      return cancel_offer(event);
    case Step::CancelCall:
      return cancel_call(event, input);
    case Step::CancelDeciding:
      return cancel_deciding(event, input);
    case Step::CancelAnswered:
      return cancel_answered(event, input);
    case Step::HangUpBoth:
      return hang_up_both(event, input);
    default:
      return take(step, input);
  }
}

void Machine::take(Step step, const Input& in) {
  switch (step) {
    case Step::Decide:
      return decide();
    case Step::GoOnAsking:
      return go_on_asking(in);
    case Step::Prepare:
      return prepare();
    case Step::Refuse:
      return refuse();
    case Step::Announce:
      return announce();
    case Step::EndAnnouncement:
      return end_announcement();
    case Step::TryPlaces:
      return try_places(in);
    case Step::PassOverName:
      return pass_over_name(in);
    case Step::Dial:
      return dial_all();
    case Step::FailSetup:
      return fail_setup(in);
    case Step::Ring:
      return ring(in);
    case Step::PassEarlyOffer:
      return pass_early_offer();
    case Step::Answer:
      return answer(in);
    case Step::AnswerAnchored:
      return answer_anchored();
    case Step::AbandonBranch:
      return abandon_branch();
    case Step::Finish:
      return finish();
    case Step::LateAnswer:
      return late_answer(in);
    case Step::Confirm:
      return confirm(in);
    case Step::AcceptOffer:
      return accept_offer(in);
    case Step::DeferOffer:
      return defer_offer(in);
    case Step::RefuseOffer:
      return refuse_offer(in);
    case Step::SendOffer:
      return send_offer();
    case Step::PassAnswer:
      return pass_answer(in);
    case Step::ConfirmOffer:
      return confirm_offer(in);
    case Step::RingAgain:
      return change_rings(in);
    case Step::Refreshed:
      return refreshed(in);
    case Step::HangUp:
      return hang_up(in);
    case Step::HangUpEarly:
      return hang_up_early(in);
    case Step::AnswerBye:
      return answer_bye(in);
    case Step::AckAgain:
      return ack_again(in);
    case Step::AckClosing:
      return ack_closing(in);
    case Step::PickUp:
      return pick_up(in);
    case Step::MoveMedia:
      return move_media(in.why_lost);
    case Step::End:
      return end();
    // Taken in feed().
    case Step::NextOrFail:
    case Step::RollBack:
    case Step::RefreshFailed:
    case Step::CancelOffer:
    case Step::CancelCall:
    case Step::CancelDeciding:
    case Step::CancelAnswered:
    case Step::HangUpBoth:
    case Step::Ignore:
    case Step::Bug:
    case Step::Undecided:
      return;
  }
}

// --- messages ---------------------------------------------------------------------------------------------------

void Machine::respond_caller(int status, std::span<const sip::ExtraHeader> headers, std::string_view sdp,
                             std::string_view reason, std::span<const policy::HeaderOp> changes) {
  const sip::Message* request = core_.layer.request_of(call_.a.server);
  if (request == nullptr) return;  // the transaction is gone: its ServerFailed said so
  std::string interval;
  const auto all = with_session(Side::A, *request, status, with_packages(Side::A, *request, status, headers), interval);
  auto bytes =
      leg_response(*request, call_.source, call_.a, status, call_.local_tag_a, all, sdp_body(sdp), reason, changes);
  core_.layer.respond(call_.a.server, status, bytes, now_, out_.transaction);
  if (status < 200) return;
  disarm(call_.refresh_timer);
  disarm(call_.expiry_timer);
  if (status >= 300) close_forks(nullptr);
  call_.record.status = static_cast<std::uint16_t>(status);
  call_.record.setup = now_ - call_.began;
  if (status < 300) start_accepted(Side::A, call_.invite->cseq().number, std::move(bytes));
}

void Machine::respond_to(const Input& in, int status, std::span<const sip::ExtraHeader> headers,
                         std::string_view reason) {
  const Leg& leg = call_.leg(in.side);
  const std::string_view tag = leg.dialog ? std::string_view(leg.dialog->local_tag()) : call_.local_tag_a;
  // RFC 3261 8.2.2.3, 8.2.3. A session ends with its BYE, whatever the answer (15.1.1).
  const bool of_bye = status == 200 && in.message->method() == sip::Method::Bye;
  const std::string unsupported = of_bye ? unsupported_extensions(*in.message) : std::string();
  const sip::ExtraHeader unknown[] = {{"Unsupported", unsupported}};
  if (!unsupported.empty()) {
    ++core_.counters.refused_extension;
    status = 420;
    headers = unknown;
  } else if (of_bye && refused_body_of(*in.message)) {
    ++core_.counters.refused_body;
    status = 415;
    headers = kUnderstoodBodies;
  }
  core_.layer.respond(in.server, status, leg_response(*in.message, in.source, leg, status, tag, headers, {}, reason),
                      now_, out_.transaction);
}

void Machine::send_ack(Side side, std::string_view sdp) {
  Leg& leg = call_.leg(side);
  leg.owes_ack = false;
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);  // RFC 3261 17.1.1.3: a transaction of its own
  auto bytes = in_dialog_request(core_, leg, hop, sip::Method::Ack, leg.invite_cseq, branch, {}, sdp_body(sdp));
  if (!leg.acks.remember(leg.dialog->remote_tag(), leg.invite_cseq, hop, bytes, now_))
    core_.counters.limits.add(limit::Reached::StoredAcks);
  core_.layer.send(call_, hop, std::move(bytes), out_.transaction);
}

void Machine::ack_and_bye(const Attempt& attempt, const sip::Hop& hop, const sip::MessagePtr& response) {
  ++core_.counters.late_forks;
  const Fork* fork = find_fork(attempt.start.local_tag, response->to_tag());
  // Nobody has asked how a phone without an early dialog is reached: as one behind a NAT.
  const bool symmetric = fork != nullptr
                             ? fork->symmetric
                             : attempt.trunk.empty() || (attempt.trunk == call_.b.trunk && call_.b.symmetric);
  const bool of_recorder = RecordingClient::owns(call_, attempt.start.local_tag);
  auto loser = unwanted_dialog(
      core_, attempt, *response,
      {.from = hop, .symmetric = symmetric, .session_id = of_recorder ? std::string() : call_.b.told.session_id});
  if (!loser) return;
  // PRACK and UPDATE have used numbers after the INVITE's.
  pass_pracks(*loser->leg.dialog);
  if (fork != nullptr && fork->b) loser->leg.dialog->raise_local_cseq(fork->b->local_cseq().value_or(0));
  if (!call_.b.acks.remember(loser->leg.dialog->remote_tag(), attempt.start.cseq, loser->to, loser->ack, now_))
    core_.counters.limits.add(limit::Reached::StoredAcks);
  core_.layer.send(call_, loser->to, std::move(loser->ack), out_.transaction);
  say_goodbye(core_, loser->leg, call_.handle.pack(), now_, out_);
}

void Machine::start_accepted(Side side, std::uint32_t cseq, base::SharedBytes bytes) {
  Leg& leg = call_.leg(side);
  leg.accepted = dialog::AcceptedInvite(cseq, core_.settings->t1, core_.settings->t2);
  leg.accepted.start(now_);
  leg.accepted_bytes = std::move(bytes);
  arm(call_.accepted_timer[static_cast<int>(side)], TimerKind::Accepted, leg.accepted.next_deadline(), side);
}

void Machine::resend_accepted(Side side) {
  Leg& leg = call_.leg(side);
  switch (leg.accepted.on_deadline(now_)) {
    case dialog::AcceptedInvite::Step::Idle:
      break;
    case dialog::AcceptedInvite::Step::Resend:
      core_.layer.respond(leg.server, 200, leg.accepted_bytes, now_, out_.transaction);
      break;
    case dialog::AcceptedInvite::Step::GiveUp:
      leg.accepted_bytes.reset();
      feed(Event::NoAck, {.side = side, .cause = EndCause::NoAck});
      return;
  }
  arm(call_.accepted_timer[static_cast<int>(side)], TimerKind::Accepted, leg.accepted.next_deadline(), side);
}

void Machine::tidy() {
  call_.a.acks.expire(now_);
  call_.b.acks.expire(now_);
  call_.held_response.reset();
  forget_forks();
  for (const Attempt& stray : call_.strays) {
    const std::string& tag = stray.start.local_tag;
    const bool of_leg = call_.b.dialog && call_.b.dialog->local_tag() == tag;
    if (stray.finished && !stray.shares_tag && !of_leg) core_.dialogs.erase(tag);
  }
  std::erase_if(call_.strays, [](const Attempt& stray) { return stray.finished; });
  call_.strays.shrink_to_fit();
  // What set the call up. A call may be held for hours.
  call_.decision.candidates = {};
  call_.hunt.forget();
  call_.arrival.upstream = {};
  call_.arrival.service_route = {};
  call_.invite.stow();
}

// --- relay ------------------------------------------------------------------------------------------------------

control::SessionSpec Machine::wanted_session() {
  auto spec = call_.media.spec(core_.settings->media_timeout_ms);
  // Before the answer silence proves nothing, with early media or without.
  if (!call_.record.answered) spec.suspended = true;
  // The callee's half waits for the callee while the caller hears a sound.
  if (call_.media.plays() && call_.offered) {
    const auto waiting = call_.offered->spec(0);
    for (std::size_t i = 0; i < spec.flows.size(); ++i)
      for (const control::FlowSpec& flow : waiting.flows)
        if (flow.index == spec.flows[i].index) spec.flows[i].b = flow.b;
  }
  if (const std::string sound = ringing_sound(call_); !sound.empty())
    play_to_waiting(spec, call_.media, other(call_.transfer->from), sound);
  spec.one_sided_ms = core_.settings->one_sided_ms;
  spec.first = call_.first;
  for (control::FlowSpec& flow : spec.flows)
    if (call_.record.answered && flow.kind == "audio" && flow.transport == control::Transport::Rtp)
      flow.quality_ms = core_.settings->quality_ms;
  // While a sound is played there is no callee but the one who was called.
  const auto wanted = wanted_recording(call_.media.plays() && call_.offered ? *call_.offered : call_.media);
  const bool heard = call_.media.plays() || call_.media.described(Side::B);
  if (wanted.to_files() && (call_.record.answered || (wanted.early && heard))) {
    call_.record.recording = call_.record.id;
    record_flows(spec, call_.media, {wanted, call_.record.recording, call_.recording_paused});
  }
  if (call_.record.answered) RecordingClient::add_flows(call_, spec);
  return spec;
}

void Machine::open_session() {
  if (call_.session_open) {
    if (!hold_session()) {  // ports toward another network, or another relay: the old session goes
      // Owner 0: whatever becomes of it says nothing about the new session.
      out_.relay.push_back({0, control::Close{call_.session, "rerouted"}});
      core_.sessions.erase(call_.session);
    }
    call_.session = core_.minter.call_id(core_.random);
    call_.media.forget_addresses();
    call_.relay_asked = 0;  // what is still to come is of the old one, and not counted
    call_.relay_answered = 0;
  }
  for (const Side side : {Side::A, Side::B}) call_.media.lose_keys(side);
  if (call_.recorder) call_.recorder->media.lose_keys(Side::B);
  core_.sessions.emplace(call_.session, call_.handle);
  call_.session_open = true;
  call_.close_asked = false;
  out_.relay.push_back({call_.handle.pack(), control::Open{call_.session, wanted_session()}});
  call_.relay_awaited = ++call_.relay_asked;
}

void Machine::ask_relay(bool wait) {
  if (!call_.session_open) return;
  out_.relay.push_back({call_.handle.pack(), control::Modify{call_.session, wanted_session()}});
  ++call_.relay_asked;
  if (wait) call_.relay_awaited = call_.relay_asked;
}

void Machine::close_session(std::string_view reason) {
  const bool open = std::exchange(call_.session_open, false);
  RecordingClient(core_, call_, now_, out_).end();
  if (!open) return;
  core_.sessions.erase(call_.session);
  call_.close_asked = true;
  out_.relay.push_back({call_.handle.pack(), control::Close{call_.session, std::string(reason)}});
}

// --- small things -----------------------------------------------------------------------------------------------

sdp::OriginIdentity Machine::new_identity(std::uint16_t listener) {
  return origin_identity(core_, listener);
}

void Machine::arm(base::DeadlineId& id, TimerKind kind, base::Instant when, Side side) {
  disarm(id);
  if (when != base::kNever) id = core_.timers.arm(when, TimerKey{call_.handle, kind, side});
}

void Machine::disarm(base::DeadlineId& id) {
  core_.timers.cancel(id);
  id = {};
}

policy::InviteFacts Machine::facts() const {
  auto facts = invite_facts(*call_.invite, call_.source, call_.arrival);
  facts.emergency = call_.emergency;
  facts.replaces = replaced_party();
  facts.attempts = call_.failures;
  return facts;
}

void Machine::note(Note::Level level, std::string text) {
  explain_with(core_.advisor, call_.record, now_, [&text] { return explain::Noted{text}; });
  out_.notes.push_back(note_about(call_, level, std::move(text)));
}

void Machine::finished(EndCause cause, EndedBy by) {
  stop_timers();
  call_.record.cause = cause;
  call_.record.by = by;
  if (call_.record.answered) call_.record.duration = now_ - call_.answered_at;
}

}  // namespace sbc::call
