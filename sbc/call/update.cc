// Re-INVITE and UPDATE: either leg changes the session (hold, resume, codecs, addresses), the other leg agrees or not.

#include "media-relay/base/text.h"

#include "sbc/call/explaining.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"

namespace sbc::call {
namespace {

// The other peer may have to ask its user what an UPDATE must not wait for (RFC 3311 5.2): it is given up in time for
// the 504 to find its transaction, which lives for 64*T1.
constexpr int kUpdateWaitsT1 = 40;

}  // namespace

void Machine::accept_offer(const Input& in) {
  Leg& from = call_.leg(in.side);
  Leg& to = call_.leg(other(in.side));
  explain_offer(core_, call_, in.side, in.message, now_);
  if (refuse_interval(in) || policy_stops_offer(in)) return;
  // Active means that no INVITE or UPDATE is under way on either leg, so both gates open.
  (void)from.gate.on_remote_invite();
  (void)to.gate.try_local_invite();
  from.server = in.server;
  core_.layer.set_owner(in.server, call_.handle.pack());
  from.hop = in.source.hop;
  learn_packages(in.side, *in.message);
  call_.inviter = in.side;
  call_.inviter_gone = false;
  call_.by_update = in.message->method() == sip::Method::Update;
  call_.tries = 0;

  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken;
  if (sdp && *sdp && answer_unchanged(in, **sdp)) return;
  if (!sdp) {
    taken = std::unexpected(sdp.error());
  } else if (*sdp) {
    taken = call_.media.take_offer(in.side, **sdp);
  }
  if (!taken) {
    ++core_.counters.refused_media;
    note(Note::Level::Info, "offer refused: " + taken.error().text);
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}, {"Accept-Encoding", "identity"}};
    respond_inviter(taken.error().status, taken.error().status == 415 ? std::span<const sip::ExtraHeader>(accept)
                                                                      : std::span<const sip::ExtraHeader>());
    call_.media.roll_back();
    finish_exchange();
    return;
  }
  call_.late_offer = !*sdp;
  if (call_.takeover) decide_nat(in.side, *in.message, in.source);
  if (!call_.late_offer && call_.media.needs_ports()) {
    ask_relay(true);
    call_.state = State::Reanchoring;
    return;
  }
  send_offer();
}

// RFC 3261 14.2, RFC 3311 5.2: ours is in progress on this leg: 491; theirs is not answered yet: 500. In both cases
// ours, or the one we carry for the other leg, goes first. What collides with nothing waits (held_request.h).
void Machine::defer_offer(const Input& in) {
  if (takes_update_in_change(in) || hold(in)) return;
  refuse_for_now(in);
}

void Machine::refuse_offer(const Input& in) {
  respond_to(in, 481);
}

void Machine::send_offer() {
  if (waits_for_new_relay()) return moved_to_new_relay();
  const Side to = other(call_.inviter);
  Leg& leg = call_.leg(to);
  std::string body;
  if (!call_.late_offer) {
    auto made = call_.media.make_offer(to);
    if (!made) {
      note(Note::Level::Error, "cannot make an offer: " + made.error().text);
      respond_inviter(made.error().status);
      call_.media.roll_back();
      finish_exchange();
      return;
    }
    body = *std::move(made);
  }
  call_.state = State::Reinviting;
  // RFC 3311 5.1: UPDATE only where the peer has it. A re-INVITE stays one: the other user may have to be asked.
  // What brings the other leg back after that follows the request that it answered, a re-INVITE.
  const bool update = call_.by_update && leg.allows_update && !call_.inviter_gone;
  if (call_.by_update && !update && !call_.inviter_gone)
    arm(call_.setup_timer, TimerKind::Setup, now_ + kUpdateWaitsT1 * core_.settings->t1, to);
  const Leg& from = call_.leg(call_.inviter);
  if (!call_.by_update && from.gate.remote_pending())
    if (const auto* asked = core_.layer.request_of(from.server)) begin_change_expiry(*asked);
  send_change(to, update ? sip::Method::Update : sip::Method::Invite, body);
}

void Machine::send_change(Side to, sip::Method method, std::string_view body) {
  Leg& leg = call_.leg(to);
  call_.change.reset();
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  leg.change_cseq = leg.dialog->next_cseq();
  if (method == sip::Method::Invite) leg.invite_cseq = leg.change_cseq;
  auto bytes = in_dialog_request(core_, leg, hop, method, leg.change_cseq, branch,
                                 leg.session.request_lines(able_in_change(method)), sdp_body(body));
  leg.client = core_.layer.request({.method = method,
                                    .method_text = {},
                                    .branch = branch,
                                    .hop = hop,
                                    .bytes = std::move(bytes),
                                    .owner = call_.handle.pack()},
                                   now_, out_.transaction);
  if (!leg.client) feed(Event::BranchDead, {.side = to, .failure = route::Failure::Cause::Transport});
}

void Machine::pass_answer(const Input& in) {
  const Side to = other(call_.inviter);
  Leg& leg = call_.leg(to);
  // 2xx of the dialog's first INVITE may still come again while this exchange runs.
  if (in.side != to || in.message->cseq().number != leg.change_cseq) return ack_again(in);
  leg.gate.local_done();
  leg.dialog->refresh_target(*in.message);
  leg.hop = in.source.hop;
  learn_way(to);
  learn_packages(to, *in.message);
  note_session(to, *in.message);
  if (holds_accepted_change(in)) return;

  const bool settled = call_.change && call_.change->settled;  // by a reliable provisional response
  const bool told = settled && call_.change->told;
  const bool by_update = in.message->method() == sip::Method::Update;  // needs no ACK
  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{500, "2xx without a description"});
  if (settled) {
    taken = {};
  } else if (sdp && *sdp) {
    taken =
        call_.late_offer ? call_.media.take_offer(to, **sdp) : call_.media.take_answer(to, **sdp, sdp::Finality::Final);
  }
  if (call_.inviter_gone) return restore_other_leg(taken.has_value());
  if (std::exchange(call_.joining, false)) return offer_to_remaining(to, *in.message, in.source);
  if (settled) call_.late_offer = false;
  std::expected<std::string, MediaError> body;
  if (taken && !told) {
    body = call_.late_offer ? call_.media.make_offer(call_.inviter)
                            : call_.media.make_answer(call_.inviter, sdp::Finality::Final);
  }
  if (!taken || !body) {
    // The two legs no longer agree on a session, and nothing says that another try would help.
    note(Note::Level::Warning, "answer to re-INVITE refused: " + (taken ? body.error().text : taken.error().text));
    if (!by_update) send_ack(to, call_.late_offer && taken ? call_.media.make_refusal(to).value_or("") : "");
    respond_inviter(500);
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  if (call_.late_offer) {
    leg.owes_ack = true;
  } else {
    if (!by_update) acknowledge_accepted_change();
    ask_relay(false);
  }
  Leg& from = call_.leg(call_.inviter);
  if (from.owes_ack) {  // a party that took a transferor's place: its INVITE was ours
    send_ack(call_.inviter, *body);
    explain_with(core_.advisor, call_.record, now_, [this] { return changed(call_); });
    finish_exchange();
    return;
  }
  if (const sip::Message* request = core_.layer.request_of(from.server)) from.dialog->refresh_target(*request);
  learn_way(call_.inviter);
  call_.state = State::Reconfirming;
  respond_inviter(200, {}, *body);
  if (!call_.late_offer) explain_with(core_.advisor, call_.record, now_, [this] { return changed(call_); });
  if (call_.by_update) finish_exchange();  // RFC 3311: no ACK follows
}

// The leg that asked for the change took it back while the other leg agreed: the other leg is asked to return to the
// session that the first one still has.
void Machine::restore_other_leg(bool offer_taken) {
  undo_takeover();
  const Side to = other(call_.inviter);
  if (call_.late_offer && !(call_.change && call_.change->settled)) {
    // It was asked for an offer, and what it offers is answered with what the first leg still has.
    std::expected<std::string, MediaError> body = std::unexpected(MediaError{});
    if (offer_taken) body = call_.media.make_answer(to, sdp::Finality::Final);
    send_ack(to, body ? *body : call_.media.make_refusal(to).value_or(""));
    if (!body) {
      feed(Event::Kill, {.cause = EndCause::BadMedia});
      return;
    }
    ask_relay(false);
    finish_exchange();
    return;
  }
  acknowledge_accepted_change();
  (void)undo_change();
  if (call_.restored || call_.leg(call_.inviter).over) {
    call_.restored = false;
    call_.inviter_gone = false;
    ask_relay(false);
    finish_exchange();
    return;
  }
  offer_what_was_before();
}

void Machine::roll_back(Event event, const Input& in) {
  if (waits_for_new_relay()) return no_relay_yet();
  const Side to = other(call_.inviter);
  Leg& leg = call_.leg(to);
  const bool spoken_for = call_.change && (call_.change->before || call_.change->told);
  if (event == Event::Reject && !spoken_for && try_again(in)) return;
  if (begins_new_session(event)) return;
  leg.gate.local_done();
  const int status = event == Event::Reject ? in.message->status() : 503;
  if (call_.joining || call_.leg(call_.inviter).owes_ack) {  // the transferor is gone: nothing to go back to
    call_.joining = false;
    call_.media.roll_back();
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  const bool anchored_more = call_.media.needs_ports() || call_.relay_awaited == call_.relay_asked;
  const bool undone = undo_change();
  if (anchored_more || undone) ask_relay(false);
  // RFC 3261 12.2.1.2: the other leg no longer knows the dialog.
  if (status == 481 || status == 408) {
    respond_inviter(call_.by_update ? 481 : status);  // RFC 4320 4.2: an UPDATE never gets 408
    leg.over = status == 481;                         // whoever says 408 may well be there, and waits for a BYE
    feed(Event::PeerGone, {.side = to, .cause = EndCause::PeerGone});
    return;
  }
  const Refusal refusal = event == Event::Reject ? refusal_by(*in.message) : Refusal{status};
  const sip::ExtraHeader retry[] = {{"Retry-After", refusal.retry_after}};
  respond_inviter(refusal.status, refusal.retry_after.empty() ? std::span<const sip::ExtraHeader>()
                                                              : std::span<const sip::ExtraHeader>(retry));
  if (undone && event == Event::Reject && !call_.restored) {
    close_change(false);
    undo_takeover();
    if (!call_.leg(call_.inviter).over) return offer_what_was_before();
  }
  finish_exchange();
}

void Machine::confirm_offer(const Input& in) {
  Leg& from = call_.leg(call_.inviter);
  if (in.side != call_.inviter || !from.accepted.on_ack(in.message->cseq().number)) return;
  disarm(call_.accepted_timer[static_cast<int>(call_.inviter)]);
  from.accepted_bytes.reset();
  const Side to = other(call_.inviter);
  if (call_.late_offer) {
    const auto sdp = sdp_of(*in.message);
    std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "ACK without an answer"});
    if (sdp && *sdp) taken = call_.media.take_answer(call_.inviter, **sdp, sdp::Finality::Final);
    std::expected<std::string, MediaError> body;
    if (taken) body = call_.media.make_answer(to, sdp::Finality::Final);
    if (!taken || !body) {
      note(Note::Level::Warning, "late answer refused: " + (taken ? body.error().text : taken.error().text));
      send_ack(to, call_.media.make_refusal(to).value_or(""));
      feed(Event::Kill, {.cause = EndCause::BadMedia});
      return;
    }
    send_ack(to, *body);
    ask_relay(false);
    explain_with(core_.advisor, call_.record, now_, [this] { return changed(call_); });
  }
  finish_exchange();
}

// The re-INVITE was cancelled, or nobody acknowledges our response to it (RFC 3262 3), or the UPDATE has waited for the
// other leg's user for too long (RFC 3311 5.2).
void Machine::cancel_offer(Event event) {
  const int status = call_.by_update || event == Event::NoAck ? 504 : 487;
  Leg& leg = call_.leg(other(call_.inviter));
  if (call_.state == State::Reinviting && leg.client) return give_up_change(status);
  respond_inviter(status);
  call_.inviter_gone = true;
  // Only the relay was asked, or the offer waits for its next try; what it opened more goes again.
  leg.gate.local_done();
  call_.media.roll_back();
  ask_relay(false);
  finish_exchange();
}

void Machine::finish_exchange() {
  close_change(false);
  call_.change.reset();
  undo_takeover();
  call_.leg(call_.inviter).gate.remote_done();
  call_.leg(other(call_.inviter)).gate.local_done();
  call_.inviter_gone = false;
  call_.restored = false;
  call_.late_offer = false;
  disarm(call_.setup_timer);
  disarm(call_.again_timer);
  call_.leg(other(call_.inviter)).client = {};
  call_.state = State::Active;
  arm(call_.tidy_timer, TimerKind::Tidy, now_ + 64 * core_.settings->t1);
  // It hung up while somebody was about to take its place, and nobody did.
  if (call_.leg(call_.inviter).over) feed(Event::Kill, {.cause = EndCause::Bye});
}

void Machine::respond_inviter(int status, std::span<const sip::ExtraHeader> headers, std::string_view sdp) {
  Leg& leg = call_.leg(call_.inviter);
  const auto request = core_.layer.request_ptr(leg.server);
  const sip::Source* source = core_.layer.source_of(leg.server);
  if (request == nullptr || source == nullptr) return;
  disarm(call_.setup_timer);
  leg.gate.remote_done();
  std::string interval;
  const auto all =
      with_session(call_.inviter, *request, status, with_packages(call_.inviter, *request, status, headers), interval);
  auto bytes = leg_response(*request, *source, leg, status, leg.dialog->local_tag(), all, sdp_body(sdp));
  const std::uint32_t cseq = request->cseq().number;
  core_.layer.respond(leg.server, status, bytes, now_, out_.transaction);
  if (status < 300 && !call_.by_update) start_accepted(call_.inviter, cseq, std::move(bytes));
  if (status < 300 && call_.takeover) let_go();
}

}  // namespace sbc::call
