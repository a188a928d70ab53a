// Leg B rings and answers: early media, the 2xx and its ACKs, forks, and answers that cannot be used.

#include "media-relay/base/text.h"

#include "sbc/call/explaining.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/rivals.h"
#include "sbc/sip/contact.h"

namespace sbc::call {

void Machine::decide_nat(Side side, const sip::Message& message, const sip::Source& source) {
  auto decision = nat_decision(side, message, source, call_.media);
  call_.leg(side).symmetric = decision.symmetric_signalling;
  call_.media.leg(side).latch = decision.latch;
  call_.media.leg(side).latch_from = std::move(decision.latch_from);
}

policy::NatDecision Machine::nat_decision(Side side, const sip::Message& message, const sip::Source& source,
                                          const Media& media) {
  const Leg& leg = call_.leg(side);
  policy::LegFacts facts;
  facts.under = call_.arrival.under;
  facts.call_id = call_.record.call_id_a;
  facts.side = side == Side::A ? "caller" : "callee";
  facts.realm = leg.realm;
  facts.trunk = leg.trunk;
  facts.source_ip = source.hop.remote.ip.text();
  facts.transport = std::string(sip::name_of(source.hop.transport));
  if (const auto contact = sip::first_contact(message)) facts.contact_host = std::string(contact->uri.host);
  facts.media_host = media.media_host(side);
  facts.user_agent =
      std::string(message.find(message.is_request() ? sip::HeaderId::UserAgent : sip::HeaderId::Server).value_or(""));
  const auto elsewhere = [&source](const std::string& host) {
    const auto ip = base::IpAddress::parse(host);
    return ip && *ip != source.hop.remote.ip && !ip->is_any();
  };
  facts.behind_nat = elsewhere(facts.contact_host) || elsewhere(facts.media_host) ||
                     (message.is_request() && behind_nat(message, source));
  auto decision = core_.advisor.nat(facts);
  // A peer that nobody vouches for must not aim our requests at third parties by its Contact or Record-Route.
  const auto* realm = core_.settings->routes->realm(leg.realm);
  const bool vouched = !leg.trunk.empty() || (realm != nullptr && realm->trust == route::Trust::Trusted);
  decision.symmetric_signalling = decision.symmetric_signalling || !vouched;
  // RFC 5626 5.3.2, 4.3: ;ob in its Contact asks for requests over the flow that it has opened.
  const auto contact = sip::first_contact(message);
  if (contact && contact->uri.param("ob")) decision.symmetric_signalling = true;
  return decision;
}

void Machine::adopt_leg_b(const sip::Message& response, const sip::Source& source) {
  Leg& b = call_.b;
  // The parser has checked From, To, Call-ID and CSeq, so a 2xx always makes a dialog.
  b.dialog = call_.selected->b;
  if (b.dialog) b.dialog->confirm(response);
  b.hop = source.hop;
  learn_packages(Side::B, response);
  b.invite_cseq = call_.attempt->start.cseq;
  note_session(Side::B, response);
  disarm(call_.setup_timer);
  call_.hunt.answered(core_.health);
  decide_nat(Side::B, response, source);
  learn_way(Side::B);
}

void Machine::answer(const Input& in) {
  Fork* fork = fork_of(in);
  // The caller has ended this early dialog: its phone that picks up all the same is hung up, the others go on.
  if (fork->hung_up) {
    call_.attempt->finished = true;
    return ack_and_bye(*call_.attempt, in.source.hop, in.message);
  }
  if (hung_up_by_policy(in)) return;
  if (call_.at_once) {
    cancel_rivals(kElsewhere, "another one answered");
    write_into_record(call_.hunt.current()->candidate.cdr);
    call_.at_once.reset();
  }
  fork->ended = false;
  select(*fork);
  const auto sdp = sdp_of(*in.message);
  const bool offered = call_.attempt->offered;
  const bool settled = call_.media.agreed(Side::B);
  std::expected<void, MediaError> taken;
  if (dialog::has_too_many_routes(*in.message)) {
    ++core_.counters.refused_routes;
    taken = std::unexpected(MediaError{500, "2xx with too many Record-Routes"});
  } else if (!sip::target_contact(*in.message)) {
    ++core_.counters.refused_contacts;
    taken = std::unexpected(MediaError{500, "2xx with a Contact that is no SIP URI"});
  } else if (settled) {
    // The answer came in a reliable response: what the 2xx says is none (RFC 6337 3.1.1).
  } else if (!sdp) {
    taken = std::unexpected(sdp.error());
  } else if (!*sdp) {
    if (!offered || !call_.media.commit_early(Side::B))
      taken = std::unexpected(MediaError{500, offered ? "2xx without an answer" : "2xx without an offer"});
  } else if (offered) {
    taken = call_.media.take_answer(Side::B, **sdp, sdp::Finality::Final);
  } else {
    taken = call_.media.take_offer(Side::B, **sdp);
  }
  adopt_leg_b(*in.message, in.source);
  if (!sip::target_contact(*in.message)) call_.b.symmetric = true;  // it is reached where it was heard
  if (!call_.b.dialog) return fail_setup({.cause = EndCause::Error, .text = "2xx makes no dialog"});
  if (!taken) return bad_answer(taken.error());

  if (!offered && !settled && call_.media.exchange(Side::B) == sdp::OfferAnswer::State::OfferReceived) {
    // Late offer: the caller's 2xx carries it, with our ports; leg B's ACK waits for the caller's answer (trap 12).
    call_.b.owes_ack = true;
    call_.held_response = in.message;
    open_session();
    call_.state = State::Answering;
    return;
  }
  send_ack(Side::B, {});
  call_.state = State::Answering;
  accept_when_ready();
}

// The callee has its ACK, the caller's 2xx waits as long as a reliable response with SDP is not acknowledged (RFC
// 3262 5), or an offer is under way in the early dialog.
void Machine::accept_when_ready() {
  if (call_.state != State::Answering || call_.held_response != nullptr) return;
  const Fork& fork = *call_.selected;
  if (fork.exchange || fork.owed || (fork.to_caller.waiting() && fork.unacknowledged_sdp)) return;
  std::string sdp;
  if (!call_.media.settled(Side::A)) {
    auto body =
        call_.proposed ? call_.media.make_offer(Side::A) : call_.media.make_answer(Side::A, sdp::Finality::Final);
    if (!body) return bad_answer(body.error());
    sdp = *std::move(body);
  }
  call_.late_offer = call_.proposed && !call_.media.settled(Side::A);  // what we offer now is answered in the ACK
  send_answer_to_caller(sdp);
  ask_relay(false);  // with the answer out, silence counts
}

void Machine::answer_anchored() {
  if (early_exchange_anchored()) return;
  if (call_.held_response == nullptr) return;  // it is not the relay that is waited for
  auto body = call_.media.make_offer(Side::A);
  if (!body) return bad_answer(body.error());
  call_.held_response.reset();
  send_answer_to_caller(*body);
}

void Machine::send_answer_to_caller(const std::string& sdp) {
  call_.state = State::Confirming;
  call_.answered_at = now_;
  call_.record.answered = true;
  announce_answered();
  ++core_.connected;
  keep_winner();
  learn_way(Side::A);
  const auto change = std::exchange(call_.answer_change, nullptr);
  respond_caller(200, {}, sdp, {},
                 change ? std::span<const policy::HeaderOp>(change->headers) : std::span<const policy::HeaderOp>());
  explain_with(core_.advisor, call_.record, now_, [this] { return answered(call_); });
  begin_duration();
  arm(call_.tidy_timer, TimerKind::Tidy, now_ + 64 * core_.settings->t1);
}

// Leg B answered with something that cannot be used: it is acknowledged and hung up (RFC 3261 13.2.2.4), the caller
// gets the failure. Another candidate is not tried: a human has picked up.
void Machine::bad_answer(const MediaError& error) {
  note(Note::Level::Warning, "answer of the callee refused: " + error.text);
  ++core_.counters.refused_media;
  respond_caller(error.status == 488 ? 488 : 500);
  const bool ours = !call_.b.server;  // and not a newcomer's INVITE
  if (call_.b.owes_ack || (ours && !call_.b.acks.find(call_.b.dialog->remote_tag(), call_.b.invite_cseq, now_)))
    send_ack(Side::B, call_.attempt && !call_.attempt->offered ? call_.media.make_refusal(Side::B).value_or("") : "");
  send_bye(Side::B, "Reason: SIP;cause=488;text=\"Not Acceptable Here\"\r\n");
  finished(EndCause::BadMedia, EndedBy::Border);
  close_session("bad answer");
  settle();
}

void Machine::confirm(const Input& in) {
  Leg& leg = call_.leg(in.side);
  if (!leg.accepted.on_ack(in.message->cseq().number)) return;
  disarm(call_.accepted_timer[static_cast<int>(in.side)]);
  leg.accepted_bytes.reset();
  if (in.side == Side::B) return newcomer_confirmed(in);
  if (!call_.newcomer_waits && !call_.b.accepted.waiting()) call_.state = State::Active;
  if (!call_.late_offer) return;

  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "ACK without an answer"});
  if (sdp && *sdp) taken = call_.media.take_answer(Side::A, **sdp, sdp::Finality::Final);
  std::expected<std::string, MediaError> body;
  if (taken) body = call_.proposed ? "" : call_.media.make_answer(Side::B, sdp::Finality::Final);
  if (!taken || !body) {
    note(Note::Level::Warning,
         "late answer of the caller refused: " + (taken ? body.error().text : taken.error().text));
    ++core_.counters.refused_media;
    if (call_.b.owes_ack) send_ack(Side::B, call_.media.make_refusal(Side::B).value_or(""));
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  decide_nat(Side::A, *call_.invite, call_.source);  // now that its media address is known
  if (call_.newcomer_waits) {
    answer_newcomer(200, *body);
  } else if (!call_.proposed) {
    send_ack(Side::B, *body);
  }
  ask_relay(false);
}

// A 2xx while none is awaited: a retransmission gets its ACK again; another fork's 2xx gets ACK and BYE (RFC 3261
// 13.2.2.4); one that still waits for its ACK will get it.
void Machine::ack_again(const Input& in) {
  if (in.message->method() != sip::Method::Invite) return;  // RFC 3311: no ACK to an UPDATE
  // A party that is about to be replaced is still in its dialog, and stays there when the newcomer is refused.
  const bool replaced = call_.takeover && call_.takeover->replaced.dialog->local_tag() == in.message->from_tag();
  Leg& leg = replaced ? call_.takeover->replaced : call_.leg(in.side);
  const std::string_view tag = in.message->to_tag();
  if (const auto* ack = leg.acks.find(tag, in.message->cseq().number, now_)) {
    core_.layer.send(call_, ack->hop, ack->bytes, out_.transaction);
    return;
  }
  if (leg.dialog && leg.dialog->remote_tag() == tag) {
    // Not acknowledged yet: a late answer is on its way, or the call is closing and nobody else will acknowledge it.
    if (!replaced && call_.state == State::Closing && leg.invite_cseq == in.message->cseq().number)
      send_ack(in.side, {});
    return;
  }
  if (in.side == Side::B && call_.attempt) ack_and_bye(*call_.attempt, in.source.hop, in.message);
}

void Machine::stray_response(std::size_t index, const sip::MessagePtr& response) {
  if (response->status() < 200) return;
  Attempt& stray = call_.strays[index];
  if (response->status_class() == 2) {
    if (const auto* ack = call_.b.acks.find(response->to_tag(), stray.start.cseq, now_)) {
      core_.layer.send(call_, ack->hop, ack->bytes, out_.transaction);
      return;
    }
    ack_and_bye(stray, stray.hop, response);
  }
  stray_gone(index);
}

void Machine::stray_gone(std::size_t index) {
  Attempt& stray = call_.strays[index];
  if (stray.finished) return;
  stray.finished = true;
  if (!stray.shares_tag) core_.dialogs.erase(stray.start.local_tag);
  if (call_.state == State::Closing && !outstanding()) feed(Event::ByesDone);
}

}  // namespace sbc::call
