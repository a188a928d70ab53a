#include "sbc/transaction/client_side.h"

#include "sbc/sip/values.h"
#include "sbc/transaction/own_text.h"

namespace sbc::transaction {

std::optional<Seat> ClientSide::seat_for(const ClientRequest& request) {
  const bool inside = request.method == sip::Method::Bye || request.method == sip::Method::Prack;
  const auto seat = seats_.take(inside ? Seat::Dialog : request.first ? Seat::Help : Seat::Common);
  if (!seat) ++shared_.counters.client_overloads;
  if (seat == Seat::Dialog) ++shared_.counters.dialog_reserve;
  if (seat == Seat::Help) ++shared_.counters.emergency_reserve;
  return seat;
}

ClientId ClientSide::request(const ClientRequest& request, base::Instant now, Output& out) {
  const auto seat = seat_for(request);
  if (!seat) {
    // Half a call is worse than a BYE that nobody repeats.
    if (request.method == sip::Method::Bye) out.sends.push_back(Send{request.hop, request.bytes, 0});
    return {};
  }
  const Fingerprint base = shared_.matching.client_base(request.branch);
  auto large = shared_.oversize.over_tcp(request.hop, *request.bytes, now);
  if (shared_.oversize.held_by_flow(request.hop, request.bytes->size())) ++shared_.counters.large_on_flow;
  const ClientId id = open({.base = base,
                            .key = shared_.matching.with_method(base, request.method, request.method_text),
                            .invite = request.method == sip::Method::Invite,
                            .audience = Audience::User,
                            .seat = *seat,
                            .owner = request.owner,
                            .hop = large ? large->hop : request.hop,
                            .bytes = large ? base::share(std::move(large->text)) : request.bytes},
                           now, out);
  if (Transaction* t = large ? transactions_.find(id) : nullptr) {
    ++shared_.counters.over_tcp;
    t->spare = std::make_unique<Transaction::Spare>(request.hop, request.bytes);
  }
  return id;
}

ClientId ClientSide::open(const Opening& opening, base::Instant now, Output& out) {
  const ClientId id = transactions_.emplace();
  Transaction& t = *transactions_.find(id);
  if (!by_key_.insert(opening.key, id)) {
    // A branch was used twice: its responses could not be told apart.
    transactions_.erase(id);
    seats_.leave(opening.seat);
    note_bug(shared_.counters);
    return {};
  }
  t.base = opening.base;
  t.key = opening.key;
  t.owner = opening.owner;
  t.bytes = opening.bytes;
  t.hop = opening.hop;
  t.invite = opening.invite;
  t.seat = opening.seat;
  t.audience = opening.audience;
  t.timers.interval = shared_.config.t1;
  // RFC 3261 17.1.1.2, 17.1.2.2: timers A and E only where the transport may lose the request.
  if (!t.reliable()) t.timers.resend_at = now + shared_.config.t1;
  t.timers.expire_at = now + shared_.config.timer_64_t1();
  t.timers.settle(shared_.deadlines, token_of(id));
  ++shared_.counters.clients_started;
  send(id, t, out);
  return id;
}

void ClientSide::cancel(ClientId invite, std::string_view extra_headers, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(invite);
  if (t == nullptr || !t->invite || t->cancelling != Cancelling::No) return;
  using enum invite_client::State;
  if (t->invite_state != Calling && t->invite_state != Proceeding) return;
  if (extra_headers.size() > kMaxCancelHeaders) shared_.counters.limits.add(limit::Reached::CancelHeaders);
  if (extra_headers.size() > kMaxCancelHeaders || !extra_headers.ends_with("\r\n")) extra_headers = {};
  base::SharedBytes bytes = base::share(repeat_head(*t->bytes, sip::Method::Cancel, {}, extra_headers));
  if (t->invite_state == Calling) {
    // RFC 3261 9.1: it could overtake the INVITE.
    t->held_cancel = std::move(bytes);
    t->cancelling = Cancelling::Held;
    return;
  }
  send_cancel(*t, std::move(bytes), now, out);
  t->timers.settle(shared_.deadlines, token_of(invite));
}

void ClientSide::send_cancel(Transaction& t, base::SharedBytes bytes, base::Instant now, Output& out) {
  t.cancelling = Cancelling::Sent;
  t.held_cancel = nullptr;
  // RFC 3261 9.1: no final response to the INVITE within 64*T1 ends it.
  t.timers.expire_at = now + shared_.config.timer_64_t1();
  open({.base = t.base,
        .key = shared_.matching.with_method(t.base, sip::Method::Cancel, {}),
        .invite = false,
        .audience = Audience::Nobody,
        .seat = seats_.squeeze_in(),
        .owner = 0,
        .hop = t.hop,
        .bytes = std::move(bytes)},
       now, out);
}

void ClientSide::abandon(ClientId id) {
  if (Transaction* t = transactions_.find(id)) t->audience = Audience::Abandoned;
}

ClientId ClientSide::find_invite(std::string_view branch) const {
  const Matching& matching = shared_.matching;
  const ClientId* found = by_key_.find(matching.with_method(matching.client_base(branch), sip::Method::Invite, {}));
  return found != nullptr ? *found : ClientId{};
}

Owner ClientSide::owner_of(ClientId id) const {
  const Transaction* t = transactions_.find(id);
  return t != nullptr ? t->owner : 0;
}

void ClientSide::on_response(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out) {
  const sip::CSeq cseq = message->cseq();
  const Matching& matching = shared_.matching;
  const ClientId* found = by_key_.find(
      matching.with_method(matching.client_base(message->top_via().branch), cseq.method, cseq.method_text));
  // RFC 3261 17.1.3; 8.1.3.3: with more than one Via it was not meant for us. RFC 6026 8.9: strays go silently.
  if (found == nullptr || sip::count_values(*message, sip::HeaderId::Via) != 1) {
    ++shared_.counters.stray_responses;
    return;
  }
  const ClientId id = *found;
  Transaction& t = *transactions_.find(id);
  t.spare.reset();  // the peer has it
  const Input in{.now = now, .out = out, .message = &message, .source = &source};
  const int kind = message->status_class();
  if (t.invite) {
    using enum invite_client::Event;
    run_invite(id, t, kind == 1 ? Provisional : kind == 2 ? Success : Failure, in);
  } else {
    using enum other_client::Event;
    run_other(id, t, kind == 1 ? Provisional : Final, in);
  }
}

void ClientSide::on_timer(ClientId id, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr) return;
  t->timers.fired();
  const bool expired = t->timers.expire_at <= now;
  if (!expired && t->timers.resend_at > now) return t->timers.settle(shared_.deadlines, token_of(id));
  const Input in{.now = now, .out = out};
  if (t->invite) {
    using enum invite_client::Event;
    const bool ringing = t->invite_state == invite_client::State::Proceeding && t->cancelling != Cancelling::Sent;
    run_invite(id, *t, !expired ? Resend : ringing ? RingTimeout : Expire, in);
  } else {
    run_other(id, *t, expired ? other_client::Event::Expire : other_client::Event::Resend, in);
  }
}

void ClientSide::on_transport_error(ClientId id, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr) return;
  if (t->spare) return fall_back(id, *t, now, out);
  ++shared_.counters.client_transport_errors;
  const Input in{.now = now, .out = out};
  if (t->invite) {
    run_invite(id, *t, invite_client::Event::TransportError, in);
  } else {
    run_other(id, *t, other_client::Event::TransportError, in);
  }
}

void ClientSide::on_connection_lost(ClientId id, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr) return;
  // Whoever has answered provisionally had the request.
  if (t->invite ? t->invite_state == invite_client::State::Proceeding
                : t->other_state == other_client::State::Proceeding)
    return;
  const bool unheard =
      t->invite ? t->invite_state == invite_client::State::Calling : t->other_state == other_client::State::Trying;
  const bool can_open = t->hop.transport == sip::Transport::Tcp || t->hop.transport == sip::Transport::Tls;
  // A flow (RFC 5626 5.3) has no other connection.
  if (!unheard || !can_open || t->again || t->hop.connection) return on_transport_error(id, now, out);
  t->again = true;
  ++shared_.counters.requests_reopened;
  send(id, *t, out);
}

// RFC 3261 18.1.1: a peer that has no TCP gets the request over UDP. The branch stays: should the first copy have come
// through after all, this one is its retransmission.
void ClientSide::fall_back(ClientId id, Transaction& t, base::Instant now, Output& out) {
  ++shared_.counters.tcp_fallbacks;
  if (!shared_.oversize.refused(t.spare->hop.remote, now)) shared_.counters.limits.add(limit::Reached::WithoutTcp);
  t.hop = t.spare->hop;
  t.bytes = t.spare->bytes;
  t.spare.reset();
  if (t.held_cancel) t.held_cancel = base::share(with_via_of(*t.held_cancel, *t.bytes));
  t.timers.interval = shared_.config.t1;
  t.timers.resend_at = now + shared_.config.t1;
  t.timers.expire_at = now + shared_.config.timer_64_t1();
  t.timers.settle(shared_.deadlines, token_of(id));
  send(id, t, out);
}

void ClientSide::destroy(ClientId id, Transaction& t) {
  t.timers.stop(shared_.deadlines);
  by_key_.erase(t.key);
  seats_.leave(t.seat);
  transactions_.erase(id);
}

}  // namespace sbc::transaction
