// Requests inside early dialogs: PRACK (RFC 3262), UPDATE (RFC 3311), and the offers that either of them carries to the
// other leg.

#include <algorithm>

#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/sip/cseq.h"
#include "sbc/sip/values.h"

namespace sbc::call {

bool Machine::in_order(const Input& in) {
  Fork* fork = fork_for(in.side, *in.message);
  return fork == nullptr || fork->dialog(in.side)->on_request(*in.message) == dialog::Dialog::Check::Accept;
}

void Machine::prack(const Input& in) {
  const auto text = in.message->find(sip::HeaderId::RAck);
  const auto rack = text ? sip::parse_rack(*text) : std::unexpected(sip::Error{});
  if (!rack) return respond_early(in, 400);
  if (change_acknowledged(in, *rack)) return;
  // Of a call that begins only the caller has been sent anything reliably: the callee's PRACK matches nothing.
  Fork* fork = in.side == Side::A ? fork_for(in.side, *in.message) : nullptr;
  if (fork == nullptr || !fork->to_caller.on_prack(*rack, call_.invite->cseq().number)) {
    ++core_.counters.stray_pracks;
    return respond_early(in, 481);
  }
  fork->unacknowledged.reset();
  arm_reliable();
  const auto sdp = sdp_of(*in.message);
  if (!sdp) {
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}};
    respond_early(in, sdp.error().status, accept);
  } else if (fork->offered && (fork->owed || (call_.proposed && !media_of(*fork).agreed(Side::A)))) {
    if (!pass_prack_answer(*fork, in, sdp->value_or(""))) return;
  } else if (!*sdp) {
    respond_early(in, 200);
  } else if (fork->ended || !waits_for_answer()) {
    respond_early(in, 488);
  } else {
    start_early_exchange(*fork, in, **sdp);
  }
  if (!waits_for_answer() || fork->ended) return;
  if (!fork->held.empty() && !fork->to_caller.waiting()) {
    const Progress next = std::move(fork->held.front());
    fork->held.erase(fork->held.begin());
    send_progress(*fork, next);
  }
  accept_when_ready();
}

// The caller's answer to the offer of a reliable response goes on in our PRACK to the callee. False: the call is over.
bool Machine::pass_prack_answer(Fork& fork, const Input& in, std::string_view sdp) {
  Media& media = media_of(fork);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "PRACK without an answer"});
  if (!sdp.empty()) taken = media.take_answer(Side::A, sdp, sdp::Finality::Final);
  std::expected<std::string, MediaError> body;
  if (taken) body = fork.owed ? media.make_answer(Side::B, sdp::Finality::Final) : "";
  if (!taken || !body) {
    ++core_.counters.refused_media;
    respond_early(in, 488);
    feed(Event::Kill, {.cause = EndCause::BadMedia, .text = taken ? body.error().text : taken.error().text});
    return false;
  }
  if (fork.owed) send_prack(fork, *std::exchange(fork.owed, std::nullopt), *body);
  respond_early(in, 200);
  if (&fork == call_.selected) {
    decide_nat(Side::A, *call_.invite, call_.source);  // now that its media address is known
    ask_relay(false);
  }
  return true;
}

bool Machine::waits_for_answer() const {
  return call_.state == State::Inviting || call_.state == State::Answering;
}

void Machine::early_update(const Input& in) {
  Fork* fork = fork_for(in.side, *in.message);
  if (fork == nullptr || fork->ended || !waits_for_answer()) return respond_early(in, 481);
  const auto sdp = sdp_of(*in.message);
  if (!sdp) {
    const sip::ExtraHeader accept[] = {{"Accept", "application/sdp"}};
    return respond_early(in, sdp.error().status, accept);
  }
  // RFC 3311 5.2: theirs is not answered yet: 500; ours is under way: 491 (trap 23). An offer that crosses to the other
  // leg counts on both.
  if (fork->exchange) return fork->exchange->from == in.side ? ask_again_later(in) : respond_early(in, 491);
  if (!*sdp) {
    fork->dialog(in.side)->refresh_target(*in.message);
    return respond_early(in, 200);
  }
  Media& media = media_of(*fork);
  if (media.exchange(in.side) == sdp::OfferAnswer::State::OfferSent) return respond_early(in, 491);
  if (!media.settled(in.side) || call_.state == State::Answering) return ask_again_later(in);
  start_early_exchange(*fork, in, **sdp);
}

// An offer in UPDATE or PRACK: it goes to the other leg in UPDATE. A PRACK's offer cannot be refused for want of one
// (RFC 6337 2.3): without UPDATE on the other leg, it is answered with what that leg has agreed.
void Machine::start_early_exchange(Fork& fork, const Input& in, std::string_view sdp) {
  const Side to = other(in.side);
  const bool in_prack = in.message->method() == sip::Method::Prack;
  Media& media = media_of(fork);
  if (answer_preconditions(fork, in, sdp)) return;
  if (const auto taken = media.take_offer(in.side, sdp); !taken) {
    ++core_.counters.refused_media;
    return respond_early(in, taken.error().status);
  }
  const bool has_update =
      fork.dialog(to) &&
      (to == Side::B ? fork.allows_update : sip::lists_token(*call_.invite, sip::HeaderId::Allow, "UPDATE"));
  fork.exchange =
      EarlyExchange{.from = in.side, .server = in.server, .request = in.message, .source = in.source, .client = {}};
  if (!has_update || !media.settled(to)) {
    if (!in_prack && has_update) {
      media.roll_back(in.side);
      fork.exchange.reset();
      return ask_again_later(in);
    }
    return fail_early_exchange(fork, {488});
  }
  // Of a fork that the relay does not forward a line without ports is offered as refused.
  if (&fork != call_.selected || !media.needs_ports()) return pass_early_exchange(fork);
  fork.exchange->anchoring = true;
  ask_relay(true);
}

void Machine::pass_early_exchange(Fork& fork) {
  const Side to = other(fork.exchange->from);
  const auto body = media_of(fork).make_offer(to);
  if (!body) return fail_early_exchange(fork, {body.error().status});
  fork.exchange->client =
      request_early(to, fork, {.method = sip::Method::Update, .headers = {}, .sdp = *body, .answer_matters = true});
  if (!fork.exchange->client) fail_early_exchange(fork, {503});
}

Fork* Machine::anchoring_fork() {
  const auto found =
      std::ranges::find_if(call_.forks, [](const Fork& fork) { return fork.exchange && fork.exchange->anchoring; });
  return found == call_.forks.end() ? nullptr : &*found;
}

// The relay has ports for the lines that the offer adds.
bool Machine::early_exchange_anchored() {
  Fork* fork = anchoring_fork();
  if (fork == nullptr) return false;
  fork->exchange->anchoring = false;
  pass_early_exchange(*fork);
  return true;
}

bool Machine::early_exchange_unanchored() {
  Fork* fork = anchoring_fork();
  if (fork == nullptr) return false;
  note(Note::Level::Warning, "the relay has no ports for an offer before the answer");
  fail_early_exchange(*fork, {500});
  accept_when_ready();
  return true;
}

bool Machine::early_response(transaction::ClientId client, const sip::Message* response) {
  if (change_answered(client, response)) return true;
  for (Fork& fork : call_.forks) {
    if (!fork.exchange || fork.exchange->client != client) continue;
    if (response != nullptr && response->status() < 200) return true;
    if (response != nullptr && response->status_class() == 2) {
      finish_early_exchange(fork, *response);
    } else {
      fail_early_exchange(fork, response != nullptr ? refusal_by(*response) : Refusal{504});
    }
    accept_when_ready();
    return true;
  }
  return false;
}

// The other leg has answered.
void Machine::finish_early_exchange(Fork& fork, const sip::Message& response) {
  const Side from = fork.exchange->from;
  Media& media = media_of(fork);
  fork.dialog(other(from))->refresh_target(response);
  const auto sdp = sdp_of(response);
  if (!sdp || !*sdp || !media.take_answer(other(from), **sdp, sdp::Finality::Final))
    return fail_early_exchange(fork, {500});
  const auto body = media.make_answer(from, sdp::Finality::Final);
  if (!body) return fail_early_exchange(fork, {500});
  const EarlyExchange done = *std::exchange(fork.exchange, std::nullopt);
  if (done.request->method() == sip::Method::Update) fork.dialog(from)->refresh_target(*done.request);
  respond_early({.side = from, .message = done.request, .source = done.source, .server = done.server}, 200, {}, *body);
  if (&fork == call_.selected) ask_relay(false);
}

// The other leg did not agree: an UPDATE is refused and all is as before (RFC 3311 5.3); a PRACK has to be answered.
void Machine::fail_early_exchange(Fork& fork, Refusal refusal) {
  const EarlyExchange lost = *std::exchange(fork.exchange, std::nullopt);
  Media& media = media_of(fork);
  const Input in{.side = lost.from, .message = lost.request, .source = lost.source, .server = lost.server};
  media.roll_back(other(lost.from));
  if (lost.request->method() == sip::Method::Prack) {
    if (const auto body = media.make_answer(lost.from, sdp::Finality::Final)) {
      respond_early(in, 200, {}, *body);
      if (&fork == call_.selected) ask_relay(false);
      return;
    }
    refusal = {488};
  }
  media.roll_back(lost.from);
  if (&fork == call_.selected) ask_relay(false);  // what it opened more goes again
  const sip::ExtraHeader retry[] = {{"Retry-After", refusal.retry_after}};
  respond_early(
      in, refusal.status,
      refusal.retry_after.empty() ? std::span<const sip::ExtraHeader>() : std::span<const sip::ExtraHeader>(retry));
}

}  // namespace sbc::call
