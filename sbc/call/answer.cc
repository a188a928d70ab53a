// Leg B rings and answers: early media, the 2xx and its ACKs, forks, and answers that cannot be used.

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/sip/contact.h"

namespace sbc::call {

void Machine::decide_nat(Side side, const sip::Message& message, const sip::Source& source) {
  Leg& leg = call_.leg(side);
  policy::LegFacts facts;
  facts.side = side == Side::A ? "caller" : "callee";
  facts.realm = leg.realm;
  facts.trunk = leg.trunk;
  facts.source_ip = source.hop.remote.ip.text();
  facts.transport = std::string(sip::name_of(source.hop.transport));
  if (const auto contact = sip::first_contact(message)) facts.contact_host = std::string(contact->uri.host);
  facts.media_host = call_.media.media_host(side);
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
  leg.symmetric = decision.symmetric_signalling || !vouched;
  call_.media.leg(side).latch = decision.latch;
  call_.media.leg(side).latch_from = std::move(decision.latch_from);
}

void Machine::ring(const Input& in) {
  const sip::Message& response = *in.message;
  Attempt& attempt = *call_.attempt;
  // 199 ends one early dialog of a fork (RFC 6228): with one call to show, the caller needs nothing of it.
  if (response.status() == 100 || response.status() == 199) return;
  if (!attempt.rang) {
    attempt.rang = true;
    call_.hunt.answered(core_.health);
    const auto& wanted = call_.hunt.current()->candidate;
    const base::Duration most =
        wanted.ring_timeout_s != 0 ? base::seconds(wanted.ring_timeout_s) : core_.settings->ring;
    arm(call_.setup_timer, TimerKind::Setup, attempt.started + most, Side::B);
  }
  std::string body;
  if (attempt.offered) {
    // An answer in an unreliable provisional response is the answer (RFC 3261 13.2.1), unless another fork differs.
    // What cannot be used is passed over here: the 2xx decides.
    const auto sdp = sdp_of(response);
    if (sdp && *sdp && call_.media.take_answer(Side::B, **sdp, sdp::Finality::Early)) {
      decide_nat(Side::B, response, in.source);
      ask_relay(false);
      if (auto made = call_.media.make_answer(Side::A, sdp::Finality::Early)) body = *std::move(made);
      attempt.early_media = !body.empty();
    }
  }
  // Later provisionals without SDP do not take early media away, so the last answer goes with them (RFC 3261 13.3.1.1).
  if (body.empty() && attempt.early_media) body = call_.last_progress_body;
  const int status = response.status() <= 183 ? response.status() : 183;
  call_.last_progress = status;
  call_.last_progress_body = body;
  respond_caller(status, {}, body);
  arm(call_.refresh_timer, TimerKind::Refresh, now_ + base::seconds(60));
}

void Machine::adopt_leg_b(const sip::Message& response, const sip::Source& source) {
  Leg& b = call_.b;
  // The parser has checked From, To, Call-ID and CSeq, so a 2xx always makes a dialog.
  if (auto made = dialog::Dialog::from_client(call_.attempt->start, response)) b.dialog = *std::move(made);
  b.hop = source.hop;
  learn_packages(Side::B, response);
  b.invite_cseq = call_.attempt->start.cseq;
  disarm(call_.setup_timer);
  call_.hunt.answered(core_.health);
  decide_nat(Side::B, response, source);
}

void Machine::answer(const Input& in) {
  const auto sdp = sdp_of(*in.message);
  const bool offered = call_.attempt->offered;
  std::expected<void, MediaError> taken;
  if (!sdp) {
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
  if (!call_.b.dialog) return fail_setup({.cause = EndCause::Error, .text = "2xx makes no dialog"});
  if (!taken) return bad_answer(taken.error());

  if (!offered) {
    // Late offer: the caller's 2xx carries it, with our ports; leg B's ACK waits for the caller's answer (trap 12).
    call_.b.owes_ack = true;
    call_.held_response = in.message;
    open_session();
    call_.state = State::Answering;
    return;
  }
  send_ack(Side::B, {});
  auto body = call_.media.make_answer(Side::A, sdp::Finality::Final);
  if (!body) return bad_answer(body.error());
  send_answer_to_caller(*body);
  ask_relay(false);  // with the answer out, silence counts
}

void Machine::answer_anchored() {
  auto body = call_.media.make_offer(Side::A);
  if (!body) return bad_answer(body.error());
  call_.held_response.reset();
  send_answer_to_caller(*body);
}

void Machine::send_answer_to_caller(const std::string& sdp) {
  call_.state = State::Confirming;
  call_.answered_at = now_;
  call_.record.answered = true;
  ++core_.connected;
  call_.a.dialog =
      dialog::Dialog::from_server(*call_.invite, call_.local_tag_a, sip::is_secure(call_.source.hop.transport));
  call_.a.dialog->confirm();
  respond_caller(200, {}, sdp);
  arm(call_.duration_timer, TimerKind::Duration, now_ + core_.settings->longest_call);
  arm(call_.tidy_timer, TimerKind::Tidy, now_ + 64 * core_.settings->t1);
}

// Leg B answered with something that cannot be used: it is acknowledged and hung up (RFC 3261 13.2.2.4), the caller
// gets the failure. Another candidate is not tried: a human has picked up.
void Machine::bad_answer(const MediaError& error) {
  note(Note::Level::Warning, "answer of the callee refused: " + error.text);
  ++core_.counters.refused_media;
  respond_caller(error.status == 488 ? 488 : 500);
  if (call_.b.owes_ack || !call_.b.acks.find(call_.b.dialog->remote_tag(), call_.b.invite_cseq, now_))
    send_ack(Side::B, call_.attempt && !call_.attempt->offered ? call_.media.make_refusal(Side::B).value_or("") : "");
  send_bye(Side::B, "Reason: SIP;cause=488;text=\"Not Acceptable Here\"\r\n");
  finished(EndCause::BadMedia, EndedBy::Border);
  close_session("bad answer");
  settle();
}

void Machine::confirm(const Input& in) {
  if (in.side != Side::A || !call_.a.accepted.on_ack(in.message->cseq().number)) return;
  disarm(call_.accepted_timer[0]);
  call_.a.accepted_bytes.reset();
  call_.state = State::Active;
  if (!call_.late_offer) return;

  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "ACK without an answer"});
  if (sdp && *sdp) taken = call_.media.take_answer(Side::A, **sdp, sdp::Finality::Final);
  std::expected<std::string, MediaError> body;
  if (taken) body = call_.media.make_answer(Side::B, sdp::Finality::Final);
  if (!taken || !body) {
    note(Note::Level::Warning,
         "late answer of the caller refused: " + (taken ? body.error().text : taken.error().text));
    ++core_.counters.refused_media;
    send_ack(Side::B, call_.media.make_refusal(Side::B).value_or(""));
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  decide_nat(Side::A, *call_.invite, call_.source);  // now that its media address is known
  send_ack(Side::B, *body);
  ask_relay(false);
}

// A 2xx while none is awaited: a retransmission gets its ACK again; another fork's 2xx gets ACK and BYE (RFC 3261
// 13.2.2.4); one that still waits for its ACK will get it.
void Machine::ack_again(const Input& in) {
  Leg& leg = call_.leg(in.side);
  const std::string_view tag = in.message->to_tag();
  if (const auto* ack = leg.acks.find(tag, in.message->cseq().number, now_)) {
    out_.transaction.sends.push_back({ack->hop, ack->bytes, 0});
    return;
  }
  if (leg.dialog && leg.dialog->remote_tag() == tag) {
    // Not acknowledged yet: a late answer is on its way, or the call is closing and nobody else will acknowledge it.
    if (call_.state == State::Closing && leg.invite_cseq == in.message->cseq().number) send_ack(in.side, {});
    return;
  }
  if (in.side == Side::B && call_.attempt) ack_and_bye(call_.attempt->start, in.source.hop, in.message);
}

void Machine::stray_response(std::size_t index, const sip::MessagePtr& response) {
  if (response->status() < 200) return;
  Attempt& stray = call_.strays[index];
  if (response->status_class() == 2) {
    if (const auto* ack = call_.b.acks.find(response->to_tag(), stray.start.cseq, now_)) {
      out_.transaction.sends.push_back({ack->hop, ack->bytes, 0});
      return;
    }
    ack_and_bye(stray.start, stray.hop, response);
  }
  stray_gone(index);
}

void Machine::stray_gone(std::size_t index) {
  Attempt& stray = call_.strays[index];
  if (stray.finished) return;
  stray.finished = true;
  core_.dialogs.erase(stray.start.local_tag);
  if (call_.state == State::Closing && !outstanding()) feed(Event::ByesDone);
}

}  // namespace sbc::call
