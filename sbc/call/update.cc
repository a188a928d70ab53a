// Re-INVITE: either leg changes the session (hold, resume, codecs, addresses), the other leg agrees or not.

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"

namespace sbc::call {

void Machine::accept_offer(const Input& in) {
  Leg& from = call_.leg(in.side);
  Leg& to = call_.leg(other(in.side));
  // Active means that no INVITE is under way on either leg, so both gates open.
  (void)from.gate.on_remote_invite();
  (void)to.gate.try_local_invite();
  from.server = in.server;
  core_.layer.set_owner(in.server, call_.handle.pack());
  from.hop = in.source.hop;
  learn_packages(in.side, *in.message);
  call_.inviter = in.side;
  call_.inviter_gone = false;

  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken;
  if (!sdp) {
    taken = std::unexpected(sdp.error());
  } else if (*sdp) {
    taken = call_.media.take_offer(in.side, **sdp);
  }
  if (!taken) {
    ++core_.counters.refused_media;
    note(Note::Level::Info, "re-INVITE refused: " + taken.error().text);
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}};
    respond_inviter(taken.error().status, taken.error().status == 415 ? std::span<const sip::ExtraHeader>(accept)
                                                                      : std::span<const sip::ExtraHeader>());
    call_.media.roll_back();
    finish_exchange();
    return;
  }
  call_.late_offer = !*sdp;
  if (!call_.late_offer && call_.media.needs_ports()) {
    ask_relay(true);
    call_.state = State::Reanchoring;
    return;
  }
  send_offer();
}

// RFC 3261 14.2: ours is in progress on this leg: 491; theirs is not answered yet: 500. In both cases ours, or the one
// we carry for the other leg, goes first.
void Machine::defer_offer(const Input& in) {
  Leg& leg = call_.leg(in.side);
  if (leg.gate.remote_pending() || !leg.dialog) {
    const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
    const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
    respond_to(in, 500, retry);
    return;
  }
  respond_to(in, 491);
}

void Machine::refuse_offer(const Input& in) {
  respond_to(in, 481);
}

void Machine::send_offer() {
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
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  leg.invite_cseq = leg.dialog->next_cseq();
  auto bytes = in_dialog_request(core_, leg, hop, sip::Method::Invite, leg.invite_cseq, branch, {}, sdp_body(body));
  leg.client = core_.layer.request({.method = sip::Method::Invite,
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
  if (in.side != to || in.message->cseq().number != leg.invite_cseq) return ack_again(in);
  leg.gate.local_done();
  leg.dialog->refresh_target(*in.message);
  leg.hop = in.source.hop;
  learn_packages(to, *in.message);

  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{500, "2xx without a description"});
  if (sdp && *sdp) {
    taken =
        call_.late_offer ? call_.media.take_offer(to, **sdp) : call_.media.take_answer(to, **sdp, sdp::Finality::Final);
  }
  if (call_.inviter_gone) return restore_other_leg(taken.has_value());
  std::expected<std::string, MediaError> body;
  if (taken) {
    body = call_.late_offer ? call_.media.make_offer(call_.inviter)
                            : call_.media.make_answer(call_.inviter, sdp::Finality::Final);
  }
  if (!taken || !body) {
    // The two legs no longer agree on a session, and nothing says that another try would help.
    note(Note::Level::Warning, "answer to re-INVITE refused: " + (taken ? body.error().text : taken.error().text));
    send_ack(to, call_.late_offer && taken ? call_.media.make_refusal(to).value_or("") : "");
    respond_inviter(500);
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  if (call_.late_offer) {
    leg.owes_ack = true;
  } else {
    send_ack(to, {});
    ask_relay(false);
  }
  Leg& from = call_.leg(call_.inviter);
  if (const sip::Message* request = core_.layer.request_of(from.server)) from.dialog->refresh_target(*request);
  call_.state = State::Reconfirming;
  respond_inviter(200, {}, *body);
}

// The leg that asked for the change took it back while the other leg agreed: the other leg is asked to return to the
// session that the first one still has.
void Machine::restore_other_leg(bool offer_taken) {
  const Side to = other(call_.inviter);
  if (call_.late_offer) {
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
  send_ack(to, {});
  call_.media.roll_back();
  if (call_.restored) {
    call_.restored = false;
    call_.inviter_gone = false;
    ask_relay(false);
    finish_exchange();
    return;
  }
  call_.restored = true;
  (void)call_.leg(to).gate.try_local_invite();
  send_offer();
}

void Machine::roll_back(Event event, const Input& in) {
  const Side to = other(call_.inviter);
  Leg& leg = call_.leg(to);
  leg.gate.local_done();
  const int status = event == Event::Reject ? in.message->status() : 503;
  const bool anchored_more = call_.media.needs_ports() || call_.relay_awaited == call_.relay_asked;
  call_.media.roll_back();
  if (anchored_more) ask_relay(false);
  // RFC 3261 12.2.1.2: the other leg no longer knows the dialog.
  if (status == 481 || status == 408) {
    respond_inviter(status);
    leg.over = true;
    feed(Event::PeerGone, {.side = to, .cause = EndCause::PeerGone});
    return;
  }
  // A challenge is meant for us, not for the other leg; what it asks for nobody here can give.
  respond_inviter(status == 401 || status == 407 ? 403 : status < 400 ? 488 : status);
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
  }
  finish_exchange();
}

void Machine::cancel_offer() {
  respond_inviter(487);
  call_.inviter_gone = true;
  Leg& leg = call_.leg(other(call_.inviter));
  if (call_.state == State::Reinviting) {
    core_.layer.cancel(leg.client, {}, now_, out_.transaction);
    return;
  }
  // Only the relay was asked; what it opened more goes again.
  leg.gate.local_done();
  call_.media.roll_back();
  ask_relay(false);
  finish_exchange();
}

void Machine::finish_exchange() {
  call_.leg(call_.inviter).gate.remote_done();
  call_.leg(other(call_.inviter)).gate.local_done();
  call_.inviter_gone = false;
  call_.restored = false;
  call_.late_offer = false;
  call_.state = State::Active;
  arm(call_.tidy_timer, TimerKind::Tidy, now_ + 64 * core_.settings->t1);
}

void Machine::respond_inviter(int status, std::span<const sip::ExtraHeader> headers, std::string_view sdp) {
  Leg& leg = call_.leg(call_.inviter);
  const auto request = core_.layer.request_ptr(leg.server);
  const sip::Source* source = core_.layer.source_of(leg.server);
  if (request == nullptr || source == nullptr) return;
  leg.gate.remote_done();
  const auto all = with_packages(call_.inviter, *request, status, headers);
  auto bytes = leg_response(*request, *source, leg, status, leg.dialog->local_tag(), all, sdp_body(sdp));
  const std::uint32_t cseq = request->cseq().number;
  core_.layer.respond(leg.server, status, bytes, now_, out_.transaction);
  if (status < 300) start_accepted(call_.inviter, cseq, std::move(bytes));
}

}  // namespace sbc::call
