// A re-INVITE that has no final response yet: reliable provisional responses (RFC 3262) and what they carry, on each
// leg for itself. What was agreed meanwhile counts at once, and is gone back on when the re-INVITE fails (RFC
// 6141 3.1).

#include "sbc/call/change_progress.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/sip/rseq.h"
#include "sbc/sip/values.h"

namespace sbc::call {

// Whether the leg that asks can be told anything before its final response. An UPDATE cannot, and who is about to take
// somebody's place has no dialog yet that outlives a refusal.
bool Machine::asking_has_reliable() const {
  const Leg& leg = call_.leg(call_.inviter);
  const sip::Message* invite = core_.layer.request_of(leg.server);
  if (invite == nullptr || call_.by_update || call_.inviter_gone || call_.takeover || leg.owes_ack) return false;
  if (!leg.gate.remote_pending() || core_.settings->reliable_toward(leg.realm) == Reliable::Never) return false;
  return caller_requires_reliable(*invite) || sip::lists_token(*invite, sip::HeaderId::Supported, "100rel");
}

// An answer may as well wait for the 2xx; an offer needs somebody who answers it in a PRACK (RFC 3262 5).
bool Machine::tells_answer_early() const {
  if (!asking_has_reliable()) return false;
  const auto wanted = core_.settings->reliable_toward(call_.leg(call_.inviter).realm);
  return wanted != Reliable::Required ||
         caller_requires_reliable(*core_.layer.request_of(call_.leg(call_.inviter).server));
}

// The "100rel" of a re-INVITE of ours.
std::string_view Machine::able_in_change(sip::Method method) const {
  const bool plain = method == sip::Method::Invite && call_.state == State::Reinviting && !call_.inviter_gone;
  return plain && (!call_.late_offer || asking_has_reliable()) ? "100rel" : "";
}

ChangeProgress& Machine::change_progress() {
  if (!call_.change) call_.change = std::make_unique<ChangeProgress>();
  return *call_.change;
}

void Machine::change_rings(const Input& in) {
  Leg& leg = call_.leg(in.side);
  const auto rseq = sip::reliable_number(*in.message);
  if (!rseq || !leg.client || in.message->cseq().number != leg.change_cseq) return;
  ChangeProgress& change = change_progress();
  if (change.from_asked.on_response(*rseq) != dialog::ReliableClient::Verdict::Take) return;
  leg.dialog->refresh_target(*in.message);  // RFC 6141 4.3: by a reliable provisional response as well
  leg.hop = in.source.hop;
  learn_way(in.side);
  const auto sdp = sdp_of(*in.message);
  if (!sdp || !*sdp || change.settled || change.owed || call_.inviter_gone) return acknowledge_change(*rseq, {});
  if (call_.late_offer && call_.state == State::Reinviting) return take_change_offer(in, **sdp, *rseq);
  const Media::Agreed before = call_.media.agreed();
  // What cannot be used is passed over here: the 2xx decides.
  const bool taken = call_.media.take_answer(in.side, **sdp, sdp::Finality::Final).has_value();
  acknowledge_change(*rseq, {});
  if (!taken) return;
  change.before = before;
  change.settled = true;
  ask_relay(false);
  if (call_.state == State::Reinviting && tells_answer_early()) tell_asking_leg(in.message->status());
}

// RFC 3262 5: whoever was asked for an offer makes it in the first reliable response, and wants the answer in PRACK.
void Machine::take_change_offer(const Input& in, std::string_view sdp, std::uint32_t rseq) {
  if (!asking_has_reliable() || !call_.media.take_offer(in.side, sdp)) return acknowledge_change(rseq, {});
  call_.change->owed = rseq;
  tell_asking_leg(in.message->status());
}

void Machine::acknowledge_change(std::uint32_t rseq, std::string_view sdp) {
  const Side side = asked_side();
  std::string headers = "RAck: ";
  base::append_number(headers, rseq);
  headers += ' ';
  base::append_number(headers, call_.leg(side).change_cseq);
  headers += " INVITE\r\n";
  call_.change->prack = request_inside(side, sip::Method::Prack, headers, sdp);
}

Side Machine::asked_side() const {
  return call_.state == State::Refreshing ? call_.refreshing : other(call_.inviter);
}

transaction::ClientId Machine::request_inside(Side side, sip::Method method, std::string_view headers,
                                              std::string_view sdp) {
  Leg& leg = call_.leg(side);
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  auto bytes = in_dialog_request(core_, leg, hop, method, leg.dialog->next_cseq(), branch, headers, sdp_body(sdp));
  return core_.layer.request({.method = method,
                              .method_text = {},
                              .branch = branch,
                              .hop = hop,
                              .bytes = std::move(bytes),
                              .owner = call_.handle.pack()},
                             now_, out_.transaction);
}

// --- toward the leg that asks -----------------------------------------------------------------------------------

// What the other leg has offered or answered. One such response is enough: what changes later goes in UPDATE.
void Machine::tell_asking_leg(int status) {
  Leg& leg = call_.leg(call_.inviter);
  ChangeProgress& change = *call_.change;
  const auto body = change.owed ? call_.media.make_offer(call_.inviter)
                                : call_.media.make_answer(call_.inviter, sdp::Finality::Final);
  if (!body) {
    note(Note::Level::Info, "offer refused: " + body.error().text);
    return give_up_change(body.error().status);
  }
  const auto request = core_.layer.request_ptr(leg.server);
  const sip::Source* source = core_.layer.source_of(leg.server);
  change.cseq = request->cseq().number;
  change.to_asking = dialog::ReliableServer(core_.settings->t1);
  const std::string number = std::to_string(*change.to_asking.start(core_.random, now_));
  const sip::ExtraHeader headers[] = {{"Require", "100rel"}, {"RSeq", number}};
  change.status = status <= 183 ? status : 183;
  change.unacknowledged =
      leg_response(*request, *source, leg, change.status, leg.dialog->local_tag(), headers, sdp_body(*body));
  change.told = true;
  core_.layer.respond(leg.server, change.status, change.unacknowledged, now_, out_.transaction);
  arm_reliable();
}

// False: nobody has acknowledged it, and the re-INVITE is over.
bool Machine::repeat_change_progress() {
  if (!call_.change) return true;
  switch (call_.change->to_asking.on_deadline(now_)) {
    case dialog::ReliableServer::Step::Idle:
      return true;
    case dialog::ReliableServer::Step::Resend:
      core_.layer.respond(call_.leg(call_.inviter).server, call_.change->status, call_.change->unacknowledged, now_,
                          out_.transaction);
      return true;
    case dialog::ReliableServer::Step::GiveUp:
      feed(Event::NoAck, {.side = call_.inviter, .cause = EndCause::NoAck});
      return false;
  }
  return true;
}

bool Machine::change_acknowledged(const Input& in, const sip::RAck& rack) {
  if (!call_.change || call_.state != State::Reinviting || in.side != call_.inviter) return false;
  ChangeProgress& change = *call_.change;
  if (!change.told || !change.to_asking.on_prack(rack, change.cseq)) return false;
  change.unacknowledged.reset();
  arm_reliable();
  const auto sdp = sdp_of(*in.message);
  if (change.owed) {
    pass_change_answer(in, sdp ? sdp->value_or("") : "");
  } else if (!sdp) {
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}};
    respond_early(in, sdp.error().status, accept);
  } else if (!*sdp) {
    respond_early(in, 200);
  } else if (policy_stops_offer(in)) {  // RFC 6337 2.3: a PRACK with an offer may be refused
    return true;
  } else {
    start_change_exchange(in, **sdp);
  }
  release_accepted_change();
  return true;
}

// The answer to the other leg's offer goes on in our PRACK.
void Machine::pass_change_answer(const Input& in, std::string_view sdp) {
  ChangeProgress& change = *call_.change;
  const Side to = other(in.side);
  const Media::Agreed before = call_.media.agreed();
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "PRACK without an answer"});
  if (!sdp.empty()) taken = call_.media.take_answer(in.side, sdp, sdp::Finality::Final);
  std::expected<std::string, MediaError> body;
  if (taken) body = call_.media.make_answer(to, sdp::Finality::Final);
  if (taken) change.before = before;
  if (!taken || !body) {
    ++core_.counters.refused_media;
    note(Note::Level::Info, "late answer refused: " + (taken ? body.error().text : taken.error().text));
    respond_early(in, 488);
    return give_up_change(488);
  }
  change.settled = true;
  acknowledge_change(*std::exchange(change.owed, std::nullopt), *body);
  respond_early(in, 200);
  ask_relay(false);
}

// --- offers meanwhile -------------------------------------------------------------------------------------------

// RFC 3311 5.1, 5.2: once the re-INVITE's own exchange is complete on both legs either may offer again. False: it is to
// be answered as any other that comes too early.
bool Machine::takes_update_in_change(const Input& in) {
  if (!call_.change || call_.state != State::Reinviting || in.message->method() != sip::Method::Update) return false;
  ChangeProgress& change = *call_.change;
  if (!change.settled || !change.told || call_.inviter_gone) return false;
  if (change.exchange) {
    change.exchange->from == in.side ? ask_again_later(in) : respond_early(in, 491);
    return true;
  }
  if (change.to_asking.waiting()) return false;
  if (refuse_interval(in)) return true;
  const auto sdp = sdp_of(*in.message);
  if (!sdp || !*sdp) {
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}};
    respond_early(in, sdp ? 400 : sdp.error().status, accept);
    return true;
  }
  if (policy_stops_offer(in)) return true;
  start_change_exchange(in, **sdp);
  release_accepted_change();
  return true;
}

// It goes to the other leg in UPDATE. A PRACK's offer cannot be refused for want of one (RFC 6337 2.3): it is answered
// with what that leg has agreed. An UPDATE can come again when the re-INVITE is over, and may be a re-INVITE then.
void Machine::start_change_exchange(const Input& in, std::string_view sdp) {
  const Side to = other(in.side);
  const bool in_prack = in.message->method() == sip::Method::Prack;
  if (const auto taken = call_.media.take_offer(in.side, sdp); !taken) {
    ++core_.counters.refused_media;
    return respond_early(in, taken.error().status);
  }
  // A line that has no ports yet would have to wait for the relay, and an UPDATE must be answered promptly.
  const bool carried = call_.leg(to).allows_update && !call_.media.needs_ports() && call_.media.settled(to);
  if (!carried && !in_prack) {
    call_.media.roll_back(in.side);
    return ask_again_later(in);
  }
  auto& exchange = call_.change->exchange;
  exchange =
      EarlyExchange{.from = in.side, .server = in.server, .request = in.message, .source = in.source, .client = {}};
  if (!carried) return fail_change_exchange({488});
  const auto body = call_.media.make_offer(to);
  if (!body) return fail_change_exchange({body.error().status});
  exchange->client = request_inside(to, sip::Method::Update, call_.leg(to).session.request_lines(), *body);
  if (!exchange->client) fail_change_exchange({503});
}

bool Machine::change_answered(transaction::ClientId client, const sip::Message* response) {
  if (!call_.change || !call_.change->exchange || call_.change->exchange->client != client) return false;
  if (response != nullptr && response->status() < 200) return true;
  if (response != nullptr && response->status_class() == 2) {
    finish_change_exchange(*response);
  } else {
    fail_change_exchange(response != nullptr ? refusal_by(*response) : Refusal{504});
  }
  release_accepted_change();
  return true;
}

void Machine::finish_change_exchange(const sip::Message& response) {
  const Side from = call_.change->exchange->from;
  const Side to = other(from);
  call_.leg(to).dialog->refresh_target(response);
  note_session(to, response);
  const auto sdp = sdp_of(response);
  if (!sdp || !*sdp || !call_.media.take_answer(to, **sdp, sdp::Finality::Final)) return fail_change_exchange({500});
  const auto body = call_.media.make_answer(from, sdp::Finality::Final);
  if (!body) return fail_change_exchange({500});
  const EarlyExchange done = *std::exchange(call_.change->exchange, std::nullopt);
  const Input in{.side = from, .message = done.request, .source = done.source, .server = done.server};
  std::string interval;
  std::vector<sip::ExtraHeader> headers;
  if (done.request->method() == sip::Method::Update) {
    call_.leg(from).dialog->refresh_target(*done.request);
    headers = with_session(from, *done.request, 200, {}, interval);
  }
  respond_early(in, 200, headers, *body);
  ask_relay(false);
}

// The other leg did not agree: an UPDATE is refused and all is as before (RFC 3311 5.3); a PRACK has to be answered.
void Machine::fail_change_exchange(Refusal refusal) {
  const EarlyExchange lost = *std::exchange(call_.change->exchange, std::nullopt);
  const Input in{.side = lost.from, .message = lost.request, .source = lost.source, .server = lost.server};
  call_.media.roll_back(other(lost.from));
  if (lost.request->method() == sip::Method::Prack) {
    if (const auto body = call_.media.make_answer(lost.from, sdp::Finality::Final)) {
      respond_early(in, 200, {}, *body);
      return ask_relay(false);
    }
    refusal = {488};
  }
  call_.media.roll_back(lost.from);
  const sip::ExtraHeader retry[] = {{"Retry-After", refusal.retry_after}};
  respond_early(
      in, refusal.status,
      refusal.retry_after.empty() ? std::span<const sip::ExtraHeader>() : std::span<const sip::ExtraHeader>(retry));
}

// --- the final response -----------------------------------------------------------------------------------------

// RFC 3262 3, 5: no 2xx to the leg that asks while a reliable response with SDP has no PRACK, nor while an offer has no
// answer. Ours to the other leg need not wait.
bool Machine::holds_accepted_change(const Input& in) {
  if (!call_.change || call_.inviter_gone) return false;
  ChangeProgress& change = *call_.change;
  if (!change.to_asking.waiting() && !change.exchange) return false;
  if (change.acknowledged) {
    ack_again(in);
    return true;
  }
  change.accepted = in.message;
  change.accepted_from = in.source;
  if (change.settled) acknowledge_accepted_change();
  return true;
}

// Its ACK has nothing to carry any more.
void Machine::acknowledge_accepted_change() {
  if (call_.change && std::exchange(call_.change->acknowledged, true)) return;
  send_ack(other(call_.inviter), {});
}

void Machine::release_accepted_change() {
  if (!call_.change || !call_.change->accepted || call_.inviter_gone || call_.state != State::Reinviting) return;
  const Input in{.side = other(call_.inviter),
                 .message = std::exchange(call_.change->accepted, nullptr),
                 .source = call_.change->accepted_from};
  pass_answer(in);
}

// The leg that asks gets a refusal, the other one CANCEL.
void Machine::give_up_change(int status) {
  close_change(false);
  respond_inviter(status);
  call_.inviter_gone = true;
  Leg& leg = call_.leg(other(call_.inviter));
  // It has accepted meanwhile: back to what the other leg still has.
  if (call_.change && call_.change->accepted) return restore_other_leg(false);
  core_.layer.cancel(leg.client, {}, now_, out_.transaction);
}

// No provisional response is repeated any more, and a request that waits for its answer gets none from the other leg.
void Machine::close_change(bool call_ends) {
  if (!call_.change) return;
  call_.change->to_asking.stop();
  arm_reliable();
  if (!call_.change->exchange) return;
  const EarlyExchange lost = *std::exchange(call_.change->exchange, std::nullopt);
  core_.layer.abandon(lost.client);
  const Input in{.side = lost.from, .message = lost.request, .source = lost.source, .server = lost.server};
  call_ends ? respond_early(in, 487) : ask_again_later(in);  // RFC 3261 15.1.2
}

// RFC 6141 3.1: all is as it was before the re-INVITE. True: something else had been agreed with the leg that was
// asked.
bool Machine::undo_change() {
  if (!call_.change || !call_.change->before) {
    call_.media.roll_back();
    return false;
  }
  call_.media.revert(*call_.change->before);
  return call_.change->settled;
}

// RFC 6141 3.4: whoever refuses what he had agreed to before may see it otherwise: he is offered once more what was
// agreed before the re-INVITE.
void Machine::offer_what_was_before() {
  call_.inviter_gone = true;
  call_.restored = true;
  call_.late_offer = false;
  call_.change.reset();
  (void)call_.leg(other(call_.inviter)).gate.try_local_invite();
  send_offer();
}

}  // namespace sbc::call
