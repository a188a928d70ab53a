#include "sbc/call/calls.h"

#include <algorithm>

#include "sbc/call/consumed_body.h"
#include "sbc/call/extensions.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/recording_client.h"
#include "sbc/call/rivals.h"
#include "sbc/call/seats.h"
#include "sbc/call/under_way.h"
#include "sbc/sip/contact.h"

namespace sbc::call {

Calls::Calls(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Advisor& advisor,
             std::shared_ptr<const Settings> settings)
    : core_{.layer = Door(layer, core_),
            .minter = minter,
            .random = random,
            .advisor = advisor,
            .settings = std::move(settings),
            .health = {},
            .calls = {},
            .dialogs = {},
            .sessions = {},
            .timers = {},
            .counters = {}} {}

void Calls::feed(CallHandle handle, Event event, const Input& input, base::Instant now, Output& out) {
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  Machine machine(core_, *call, now, out);
  machine.feed(event, input);
  machine.resume_held();
  RecordingClient(core_, *call, now, out).follow();
  sweep(handle);
}

limit::Counts Calls::limits() const {
  limit::Counts all = core_.counters.limits;
  all += core_.credentials->counters.limits;
  all += leaks().limits;
  all.add(limit::Reached::HealthMarks, core_.health.forgotten());
  return all;
}

void Calls::sweep(CallHandle handle) {
  Call* call = core_.calls.find(handle);
  if (call != nullptr) follow_seats(core_, *call);
  if (call != nullptr && call->state == State::Ended) core_.calls.erase(handle);
  for (const CallHandle aside : std::exchange(core_.ended_aside, {})) sweep(aside);
}

void Calls::answer(const transaction::RequestArrived& request, int status, std::span<const sip::ExtraHeader> headers,
                   base::Instant now, Output& out, std::string_view reason) {
  auto bytes = base::share(sip::build_response(*request.message, status, core_.minter.tag(core_.random), request.source,
                                               headers, {}, {}, reason));
  core_.layer.respond(request.transaction, status, std::move(bytes), now, out.transaction);
}

bool Calls::refuses_body(const transaction::RequestArrived& request, base::Instant now, Output& out) {
  if (!refused_body_of(*request.message)) return false;
  ++core_.counters.refused_body;
  answer(request, 415, kUnderstoodBodies, now, out);
  return true;
}

void Calls::on_dialog_request(const transaction::RequestArrived& request, base::Instant now, Output& out) {
  const auto found = core_.dialogs.find(request.message->to_tag());
  const Call* call = found != core_.dialogs.end() ? core_.calls.find(found->second.call) : nullptr;
  if (call != nullptr && found->second.recorder) {
    const CallHandle handle = found->second.call;
    RecordingClient(core_, *core_.calls.find(handle), now, out).on_request(request);
    return sweep(handle);
  }
  bool ours = false;
  if (call != nullptr) {
    const Leg& leg = call->leg(found->second.side);
    if (leg.dialog) {
      ours = leg.dialog->matches(*request.message);
    } else if (found->second.side == Side::A) {  // early: leg A's dialog is made with its 2xx
      ours = call->invite->call_id() == request.message->call_id() &&
             call->invite->from_tag() == request.message->from_tag();
    } else {  // early: one for each To tag of the callee's
      ours = std::ranges::any_of(call->forks, [&](const Fork& f) { return f.b && f.b->matches(*request.message); });
    }
  }
  if (!ours && call != nullptr) {
    Machine machine(core_, *core_.calls.find(found->second.call), now, out);
    if (machine.of_replaced(*request.message))
      return machine.replaced_request({.side = found->second.side,
                                       .message = request.message,
                                       .source = request.source,
                                       .server = request.transaction});
    if (machine.of_referrer(*request.message))
      return machine.referrer_request({.side = found->second.side,
                                       .message = request.message,
                                       .source = request.source,
                                       .server = request.transaction});
  }
  if (!ours) {
    ++core_.counters.outside_dialogs;
    answer(request, 481, {}, now, out);
    return;
  }
  on_call_request(found->second.call, found->second.side, request, now, out);
}

void Calls::on_call_request(CallHandle handle, Side side, const transaction::RequestArrived& request, base::Instant now,
                            Output& out) {
  Call& call = *core_.calls.find(handle);
  turn_to(call, request.message->to_tag());
  Leg& leg = call.leg(side);
  core_.layer.heard(call, request.message->to_tag(), *request.message, request.source);
  if (leg.dialog && leg.dialog->on_request(*request.message) == dialog::Dialog::Check::OutOfOrder) {
    ++core_.counters.out_of_order;
    answer(request, 500, {}, now, out);
    return;
  }
  if (!leg.dialog &&
      !Machine(core_, call, now, out).in_order({.side = side, .message = request.message, .source = request.source})) {
    ++core_.counters.out_of_order;
    answer(request, 500, {}, now, out);
    return;
  }
  const sip::Method method = request.message->method();
  // A BYE ends the call, whatever it requires (Machine::respond_to).
  if (const auto tags = unsupported_extensions(*request.message); !tags.empty() && method != sip::Method::Bye) {
    ++core_.counters.refused_extension;
    const sip::ExtraHeader unsupported[] = {{"Unsupported", tags}};
    answer(request, 420, unsupported, now, out);
    return;
  }
  const bool refreshes = method == sip::Method::Invite || method == sip::Method::Update;
  if (refreshes && !sip::target_contact(*request.message)) {
    ++core_.counters.refused_contacts;
    return answer(request, 400, {}, now, out, sip::kNoTarget);
  }
  hear(core_, call, side, *request.message);
  const Input input{.side = side, .message = request.message, .source = request.source, .server = request.transaction};
  if ((method == sip::Method::Prack || method == sip::Method::Update) && refuses_body(request, now, out)) return;
  if (method == sip::Method::Prack || (method == sip::Method::Update && !call.a.dialog)) {
    Machine machine(core_, call, now, out);
    method == sip::Method::Prack ? machine.prack(input) : machine.early_update(input);
    return sweep(handle);
  }
  if (call.transfer && request.message->method() != sip::Method::Bye) {
    // A transferor that has left is gone for both; the other party waits for its successor.
    if (leg.over) return answer(request, 481, {}, now, out);
    const sip::ExtraHeader retry[] = {{"Retry-After", "5"}};
    if (call.leg(other(side)).over) return answer(request, 500, retry, now, out);
  }
  switch (request.message->method()) {
    case sip::Method::Invite:
      return feed(handle, Event::Offer, input, now, out);
    case sip::Method::Update:
      if (!request.message->body().empty() || !leg.dialog || call.state == State::Closing)
        return feed(handle, Event::Offer, input, now, out);
      return Machine(core_, call, now, out).answer_update(input);
    case sip::Method::Bye:
      if (Machine(core_, call, now, out).leave_by_transfer(input)) return;
      return feed(handle, Event::Bye, input, now, out);
    default:
      break;
  }
  if (call.state == State::Closing || call.state == State::Canceling) return answer(request, 481, {}, now, out);
  Machine machine(core_, call, now, out);
  if (request.message->method() == sip::Method::Options && !machine.passes_options(side)) {
    if (refuses_body(request, now, out)) return;
    const std::string extensions = supported_extensions();
    const sip::ExtraHeader able[] = {
        {"Allow", leg.allow}, {"Accept", "application/sdp, multipart/mixed"}, {"Supported", extensions}};
    return answer(request, 200, able, now, out);
  }
  if (request.message->method() == sip::Method::Refer && transfers_from(*core_.settings, leg.realm)) {
    const bool passes = passes_transfers(*core_.settings, leg.realm);
    if (!passes && refuses_body(request, now, out)) return;
    if (machine.policy_stops_refer(input)) return sweep(handle);
    passes ? machine.pass_refer(input) : machine.refer(input);
  } else {
    if (request.message->method() == sip::Method::Info && machine.policy_stops_info(input)) return sweep(handle);
    if (!machine.recording_by_info(input) && !machine.digit_by_info(input) && !machine.picture_by_info(input))
      machine.pass_request(input);
    RecordingClient(core_, call, now, out).follow();
  }
  sweep(handle);
}

void Calls::on_ack(const transaction::AckArrived& ack, base::Instant now, Output& out) {
  const auto found = core_.dialogs.find(ack.message->to_tag());
  const Call* call = found != core_.dialogs.end() ? core_.calls.find(found->second.call) : nullptr;
  if (call != nullptr && found->second.recorder) {
    const CallHandle handle = found->second.call;
    RecordingClient(core_, *core_.calls.find(handle), now, out).on_ack(ack);
    return sweep(handle);
  }
  // RFC 3261 12.2.2: by Call-ID and tags, not by where it came from (trap 11).
  if (call == nullptr || !call->leg(found->second.side).dialog ||
      !call->leg(found->second.side).dialog->matches(*ack.message)) {
    ++core_.counters.stray_acks;
    return;
  }
  core_.layer.heard(*core_.calls.find(found->second.call), ack.message->to_tag(), *ack.message, ack.source);
  feed(found->second.call, Event::Ack, {.side = found->second.side, .message = ack.message, .source = ack.source}, now,
       out);
}

void Calls::on_cancel(const transaction::CancelArrived& cancel, base::Instant now, Output& out) {
  const auto handle = CallHandle::unpack(cancel.owner);
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  const Side side = call->b.server == cancel.invite ? Side::B : Side::A;
  hear(core_, *call, side, *cancel.message);
  Machine machine(core_, *call, now, out);
  if (machine.held_cancelled(cancel.invite)) return;
  if (machine.newcomer_cancelled({.side = side})) return sweep(handle);
  feed(handle, Event::Cancel, {.side = side, .message = cancel.message}, now, out);
}

void Calls::on_response(const transaction::ResponseArrived& response, base::Instant now, Output& out) {
  if (answer_farewell(core_, response, now, out)) return;
  const auto handle = CallHandle::unpack(response.owner);
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return answer_late_fork(core_, response, now, out);
  if (RecordingClient::owns(*call, response.message->from_tag())) {
    RecordingClient(core_, *call, now, out).on_response(response);
    return sweep(handle);
  }
  turn_to(*call, response.transaction);
  core_.layer.heard(*call, response.message->from_tag(), *response.message, response.source);
  if (answer_challenge(core_, *call, response, now, out)) return;
  if (response.message->status() == 503) {
    note_busy(core_, *call, response, now);
    if (fail_over(core_, *call, {response.transaction, response.request, response.hop}, now, out)) return;
  }
  note_answer(*call, response.transaction, response.message.get());
  const sip::Message& message = *response.message;
  for (const Side side : {Side::A, Side::B}) {
    if (call->leg(side).bye != response.transaction) continue;
    if (message.status() >= 200) {
      Machine(core_, *call, now, out).bye_done(side);
      sweep(handle);
    }
    return;
  }
  Machine aside(core_, *call, now, out);
  if (aside.passing_answered(response) || aside.transfer_answered(response) ||
      aside.early_response(response.transaction, response.message.get())) {
    aside.resume_held();
    return sweep(handle);
  }
  for (std::size_t i = 0; i < call->strays.size(); ++i) {
    if (call->strays[i].client != response.transaction) continue;
    Machine(core_, *call, now, out).stray_response(i, response.message);
    sweep(handle);
    return;
  }
  // Our own tag says which leg it is, also when the transaction belongs to an exchange that is over.
  const Side side = message.from_tag() == call->local_tag_a ? Side::A : Side::B;
  const bool current = call->leg(side).client == response.transaction ||
                       (side == Side::B && call->attempt && call->attempt->client == response.transaction);
  if (!current) {
    if (message.status_class() == 2 && message.method() == sip::Method::Invite)
      Machine(core_, *call, now, out)
          .repeat_ack({.side = side, .message = response.message, .source = response.source});
    return;
  }
  if (message.status() == 100) return;
  const Event event = message.status() < 200 ? Event::Progress : message.status() < 300 ? Event::Accept : Event::Reject;
  // Only a 2xx can say anything about an exchange that has ended already.
  if (event != Event::Accept && call->attempt && call->attempt->client == response.transaction &&
      call->state != State::Inviting && call->state != State::Canceling)
    return;
  hear(core_, *call, side, message);
  feed(handle, event, {.side = side, .message = response.message, .source = response.source}, now, out);
}

void Calls::on_client_failed(const transaction::ClientFailed& failed, base::Instant now, Output& out) {
  core_.farewells.forget(failed.transaction);
  const auto handle = CallHandle::unpack(failed.owner);
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  if (RecordingClient::owns(*call, failed.transaction)) {
    RecordingClient(core_, *call, now, out).on_failed(failed);
    return sweep(handle);
  }
  turn_to(*call, failed.transaction);
  if (fail_over(core_, *call, {failed.transaction, failed.request, failed.hop}, now, out)) return;
  note_answer(*call, failed.transaction, nullptr);
  for (const Side side : {Side::A, Side::B}) {
    if (call->leg(side).bye != failed.transaction) continue;
    Machine(core_, *call, now, out).bye_done(side);
    sweep(handle);
    return;
  }
  Machine aside(core_, *call, now, out);
  if (aside.passing_failed(failed) || aside.transfer_dead(failed) || aside.early_response(failed.transaction, nullptr))
    return sweep(handle);
  for (std::size_t i = 0; i < call->strays.size(); ++i) {
    if (call->strays[i].client != failed.transaction) continue;
    Machine(core_, *call, now, out).stray_gone(i);
    sweep(handle);
    return;
  }
  const bool of_attempt = call->attempt && call->attempt->client == failed.transaction;
  const bool of_leg_a = call->a.client && call->a.client == failed.transaction;
  const bool of_leg_b = call->b.client && call->b.client == failed.transaction;
  if (!of_attempt && !of_leg_a && !of_leg_b) return;
  if (of_attempt && call->state != State::Inviting && call->state != State::Canceling) return;
  Input input{.side = of_leg_a ? Side::A : Side::B};
  input.failure = failed.reason == transaction::ClientFailed::Reason::Timeout ? route::Failure::Cause::Timeout
                                                                              : route::Failure::Cause::Transport;
  feed(handle, Event::BranchDead, input, now, out);
}

void Calls::on_server_failed(const transaction::ServerFailed& failed, base::Instant now, Output& out) {
  // No ACK to a failure of ours leaves nothing to do (RFC 3261 17.2.1).
  if (failed.reason == transaction::ServerFailed::Reason::NoAck) return;
  const auto handle = CallHandle::unpack(failed.owner);
  const Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  const Side side = call->b.server == failed.transaction ? Side::B : Side::A;
  if (call->leg(side).server != failed.transaction) return;
  feed(handle, Event::PeerGone, {.side = side, .cause = EndCause::PeerGone}, now, out);
}

void Calls::on_located(const Lookup& lookup, const std::vector<route::Place>& places, const std::string& problem,
                       base::Instant now, Output& out) {
  const auto handle = CallHandle::unpack(lookup.owner);
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  if (lookup.number == 0) {
    if (Leg& leg = call->leg(lookup.leg); leg.way_of == lookup.host) {
      leg.way = places;
      leg.way_moved = false;
      leg.way_failures = 0;
    }
    return;
  }
  if (call->transfer && call->transfer->locating == lookup.number) {
    Machine(core_, *call, now, out).successor_located(places, problem);
    return sweep(handle);
  }
  if (call->recorder && call->recorder->locating == lookup.number) {
    RecordingClient(core_, *call, now, out).located(places, problem);
    return sweep(handle);
  }
  if (call->state != State::Locating || call->lookups != lookup.number) return;
  if (places.empty()) {
    feed(handle, Event::LocateFailed, {.text = problem}, now, out);
  } else {
    feed(handle, Event::Located, {.places = &places}, now, out);
  }
}

void Calls::on_answer(std::uint64_t owner, std::uint32_t number, policy::Found found, base::Instant now, Output& out) {
  const auto handle = CallHandle::unpack(owner);
  const Call* call = core_.calls.find(handle);
  if (call == nullptr || call->state != State::Asking || call->asking->number != number) return;
  feed(handle, Event::Answered, {.found = &found}, now, out);
}

std::expected<MovedLeg, int> Calls::give_leg(const LegWanted& wanted, base::Instant now, Output& out) {
  auto moved = call::give_leg(core_, wanted, now, out);
  sweep({});
  return moved;
}

void Calls::on_leg(const LegWanted& wanted, std::expected<MovedLeg, int> moved, base::Instant now, Output& out) {
  Call* call = core_.calls.find(wanted.call);
  if (call != nullptr && Machine(core_, *call, now, out).leg_arrived(wanted, moved)) return sweep(wanted.call);
  if (!moved) return;
  say_goodbye(core_, moved->leg, kOfNoCall, now, out);
  out.guests_gone.emplace_back(moved->leg.dialog->local_tag());
}

void Calls::on_relay_reply(const control::RelayReply& reply, base::Instant now, Output& out) {
  const auto handle = CallHandle::unpack(reply.owner);
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return on_last_reply(reply, out);
  if (const auto* closed = std::get_if<control::Closed>(&reply.reply)) {
    if (closed->id != call->session) return;
    call->close_answered = true;
    call->record.quality = quality_of(call->media.told(), closed->stats);
    return;
  }
  if (const auto* error = std::get_if<control::Error>(&reply.reply)) {
    if (reply.session != call->session) return;  // of one that was given up for another
    if (call->close_asked) call->close_answered = true;
    ++call->relay_answered;
    // A change that did not reach the session: what the relay does now nobody knows.
    using enum control::ErrorCode;
    const bool gone = error->code == LinkDown || error->code == Timeout || error->code == UnknownSession;
    if (gone && call->record.answered && call->state != State::Reanchoring)
      return feed(handle, Event::RelayLost, {.cause = EndCause::RelayFailure}, now, out);
    const bool awaited = call->relay_answered == call->relay_awaited;
    if (awaited && !gone && Machine(core_, *call, now, out).early_exchange_unanchored()) return sweep(handle);
    if (RecordingClient(core_, *call, now, out).refused(error->text)) {
      if (awaited) call->relay_awaited = call->relay_asked;
      return sweep(handle);
    }
    feed(handle, Event::RelayRefused,
         {.cause = EndCause::RelayFailure, .text = std::string(control::name_of(error->code)) + ": " + error->text},
         now, out);
    return;
  }
  const std::vector<control::FlowAddresses>* flows = nullptr;
  const control::SessionId* id = nullptr;
  if (const auto* opened = std::get_if<control::Opened>(&reply.reply)) {
    flows = &opened->flows;
    id = &opened->id;
  } else if (const auto* modified = std::get_if<control::Modified>(&reply.reply)) {
    flows = &modified->flows;
    id = &modified->id;
  } else {
    return;
  }
  if (*id != call->session) return;  // of a session that was given up for another one
  ++call->relay_answered;
  if (call->watch != nullptr) {
    for (const auto& flow : *flows)
      for (const auto* half : {&flow.a, &flow.b}) call->watch->allow(half->rtp.ip.text());
  }
  call->media.take_addresses(*flows);
  if (call->offered) call->offered->take_addresses(*flows);
  if (call->at_once)
    for (const Rival& rival : call->at_once->rivals) rival.offered->take_addresses(*flows);
  for (Fork& fork : call->forks)
    if (fork.media) fork.media->take_addresses(*flows);
  if (call->recorder) RecordingClient(core_, *call, now, out).anchored(*flows);
  if (call->relay_answered == call->relay_awaited) return feed(handle, Event::RelayReady, {}, now, out);
  RecordingClient(core_, *call, now, out).follow();
  sweep(handle);
}

void Calls::on_relay_event(const control::RelayEvent& event, base::Instant now, Output& out) {
  const auto found = core_.sessions.find(control::session_of(event.event));
  if (found == core_.sessions.end()) return;
  const CallHandle handle = found->second;
  const bool lost = std::holds_alternative<control::SessionLost>(event.event) ||
                    std::holds_alternative<control::SessionClosed>(event.event);
  if (Call* call = core_.calls.find(handle); call != nullptr && call->session != found->first) {
    // The session that the call is about to leave. Who has not moved yet still speaks there.
    if (lost) return Machine(core_, *call, now, out).held_session_lost();
    if (!std::holds_alternative<control::Dtmf>(event.event)) return;
  }
  if (std::holds_alternative<control::MediaLost>(event.event)) {
    feed(handle, Event::MediaLost, {.cause = EndCause::MediaTimeout}, now, out);
  } else if (const auto* peer = std::get_if<control::PeerChanged>(&event.event);
             peer != nullptr && peer->flow >= kFirstCopy) {
    const bool gone =
        peer->change == control::PeerChange::ConsentLost || peer->change == control::PeerChange::NotSecured;
    if (Call* call = core_.calls.find(handle); call != nullptr && gone)
      RecordingClient(core_, *call, now, out).not_secured();
    sweep(handle);
  } else if (peer != nullptr) {
    // RFC 7675: whoever stops to ask for media is gone.
    if (peer->change == control::PeerChange::ConsentLost)
      feed(handle, Event::MediaLost, {.cause = EndCause::MediaTimeout}, now, out);
    // Before the answer it is told and ignored; the relay says it again with the answer's change.
    if (peer->change == control::PeerChange::NotSecured)
      feed(handle, Event::MediaLost, {.cause = EndCause::NotSecured}, now, out);
  } else if (const auto* digit = std::get_if<control::Dtmf>(&event.event)) {
    if (Call* call = core_.calls.find(handle)) {
      Machine machine(core_, *call, now, out);
      const Side from = digit->half == control::HalfSide::A ? Side::A : Side::B;
      digit->began ? machine.key_began(from, digit->digit)
                   : machine.digit_heard(from, {digit->digit, digit->duration_ms});
    }
    sweep(handle);
  } else if (const auto* picture = std::get_if<control::PictureAsked>(&event.event)) {
    if (Call* call = core_.calls.find(handle)) Machine(core_, *call, now, out).picture_asked(*picture);
  } else if (const auto* ended = std::get_if<control::PlayEnded>(&event.event)) {
    on_play_ended(handle, *ended, now, out);
  } else if (lost) {
    const bool closed = std::holds_alternative<control::SessionClosed>(event.event);
    feed(handle, Event::RelayLost,
         {.cause = EndCause::RelayFailure, .why_lost = closed ? MoveReason::Closed : MoveReason::Lost}, now, out);
  } else if (std::holds_alternative<control::SessionDrains>(event.event)) {
    if (Call* call = core_.calls.find(handle)) Machine(core_, *call, now, out).leave_relay();
    sweep(handle);
  } else if (const auto* stopped = std::get_if<control::RecordingStopped>(&event.event)) {
    if (Call* call = core_.calls.find(handle)) Machine(core_, *call, now, out).recording_stopped(*stopped);
  } else if (const auto* one_sided = std::get_if<control::OneSided>(&event.event)) {
    if (Call* call = core_.calls.find(handle)) on_one_sided(*call, *one_sided, now, out);
  } else if (const auto* quality = std::get_if<control::Quality>(&event.event)) {
    if (Call* call = core_.calls.find(handle)) on_quality(*call, *quality, now, out);
  }
}

void Calls::on_play_ended(CallHandle handle, const control::PlayEnded& ended, base::Instant now, Output& out) {
  Call* call = core_.calls.find(handle);
  if (call == nullptr) return;
  if (ended.end != control::PlayEnd::Done && ended.end != control::PlayEnd::Yielded) {
    ++core_.counters.sounds_unheard;
    out.notes.push_back(
        note_about(*call, Note::Level::Warning, "a sound is not heard: " + std::string(control::name_of(ended.end))));
  }
  if (call->state == State::Announcing) return feed(handle, Event::Played, {}, now, out);
  Machine(core_, *call, now, out).sound_over(ended);
}

void Calls::on_deadline(base::Instant now, Output& out) {
  TimerKey key;
  while (core_.timers.pop_due(now, key)) {
    Call* call = core_.calls.find(key.call);
    if (key.kind == TimerKind::Ending) on_ending_due(key.call, out);
    if (call == nullptr) continue;
    Machine machine(core_, *call, now, out);
    switch (key.kind) {
      case TimerKind::Setup:
        machine.attempts_due();
        break;
      case TimerKind::Refresh:
        machine.refresh_progress();
        break;
      case TimerKind::Reliable:
        machine.repeat_progress();
        break;
      case TimerKind::Accepted:
        machine.resend_accepted(key.side);
        break;
      case TimerKind::Duration:
        machine.duration_over();
        break;
      case TimerKind::Transfer:
        machine.transfer_timeout();
        break;
      case TimerKind::Tidy:
        machine.tidy();
        break;
      case TimerKind::Session:
        machine.session_due(key.side);
        break;
      case TimerKind::Again:
        machine.offer_again();
        break;
      case TimerKind::Move:
        machine.go_on_moving();
        break;
      case TimerKind::Recording:
        RecordingClient(core_, *call, now, out).on_deadline();
        break;
      case TimerKind::Policy:
        machine.policy_timer_due();
        break;
      case TimerKind::Ask: {
        policy::Found found = std::unexpected("timeout");
        machine.feed(Event::Answered, {.found = &found});
        break;
      }
      case TimerKind::Held:
        machine.held_too_long();
        break;
      case TimerKind::Expiry:
        machine.feed(Event::Expired, {.side = Side::A});
        break;
      case TimerKind::Enter:
        machine.replace_party();
        break;
      case TimerKind::Keys:
        machine.keys_due(key.side);
        break;
      case TimerKind::Ending:  // of a call that is gone: above
        break;
    }
    machine.resume_held();
    sweep(key.call);
  }
}

void Calls::kill_all(base::Instant now, Output& out) {
  std::vector<CallHandle> all;
  core_.calls.for_each([&all](CallHandle handle, Call&) { all.push_back(handle); });
  for (const CallHandle handle : all) feed(handle, Event::Kill, {.cause = EndCause::Shutdown}, now, out);
}

}  // namespace sbc::call
