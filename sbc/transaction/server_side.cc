#include "sbc/transaction/server_side.h"

#include <array>
#include <string>

#include "media-relay/base/text.h"

#include "sbc/sip/response.h"
#include "sbc/sip/service_urn.h"
#include "sbc/transaction/own_text.h"
#include "sbc/transaction/reply_hop.h"

namespace sbc::transaction {
namespace {

// RFC 4320 4.1: the moment at which the client's timer E is set to T2; only from then on may, and must, a non-INVITE be
// answered with 100.
base::Duration until_slow_retransmission(const Config& config) {
  base::Duration interval = config.t1;
  base::Duration total{};
  while (interval < config.t2 && total < config.timer_64_t1()) {
    total += interval;
    interval *= 2;
  }
  return std::max(total, config.t1);
}

}  // namespace

// --- matching
// ----------------------------------------------------------------------------------------------------------

ServerId ServerSide::find(const Fingerprint& key) const {
  const ServerId* id = by_key_.find(key);
  return id != nullptr ? *id : ServerId{};
}

// What finds room when others have filled the table: whoever knows a tag of ours has had a message of that dialog.
std::optional<Seat> ServerSide::seat_for(const sip::Message& request, const sip::Source& source) {
  const sip::Method method = request.method();
  Seat wish = Seat::Common;
  if (method == sip::Method::Invite &&
      (sip::is_emergency(request.request_uri(), shared_.emergency_numbers) ||
       (request.find("Resource-Priority") && shared_.trusts && shared_.trusts(source))))
    wish = Seat::Help;
  if ((method == sip::Method::Bye || method == sip::Method::Prack) && shared_.minter.shard_of(request.to_tag()))
    wish = Seat::Dialog;
  const auto seat = seats_.take(wish);
  if (!seat) ++shared_.counters.overload_rejects;
  if (seat == Seat::Dialog) ++shared_.counters.dialog_reserve;
  if (seat == Seat::Help) ++shared_.counters.emergency_reserve;
  return seat;
}

void ServerSide::on_request(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out) {
  const Matching& matching = shared_.matching;
  const Fingerprint key =
      matching.with_method(matching.server_base(*message), message->method(), message->method_text());
  if (const ServerId known = find(key)) {
    Transaction& t = *transactions_.find(known);
    ++shared_.counters.requests_absorbed;
    if (t.invite) {
      run_invite(known, t, invite_server::Event::Request, Input{.now = now, .out = out});
    } else {
      run_other(known, t, other_server::Event::Request, Input{.now = now, .out = out});
    }
    return;
  }
  const auto seat = seat_for(*message, source);
  if (!seat) return answer_stateless(*message, source, 503, out);
  // RFC 3261 8.2.2.2: the same request came on another way, and the first copy is being served.
  Fingerprint merge_key;
  if (message->to_tag().empty()) {
    merge_key = matching.merge(*message);
    if (by_merge_.find(merge_key) != nullptr) return answer_merged(open(message, source, key, *seat), now, out);
  }
  const ServerId id = open(message, source, key, *seat);
  if (merge_key) {
    by_merge_.insert(merge_key, id);
    transactions_.find(id)->merge_key = merge_key;
  }
  out.events.emplace_back(RequestArrived{id, std::move(message), source});
  admit(id, now, out);
}

void ServerSide::on_ack(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out) {
  const Matching& matching = shared_.matching;
  const ServerId id = find(matching.with_method(matching.server_base(*message), sip::Method::Invite, {}));
  Transaction* t = transactions_.find(id);
  // RFC 3261 17.2.3: without the magic cookie the To tag must be that of our response.
  const bool other_tag = t != nullptr && t->legacy && t->invite_state == invite_server::State::Completed &&
                         to_tag_of(*t->response) != message->to_tag();
  if (t != nullptr && !other_tag) {
    if (t->invite_state == invite_server::State::Proceeding) ++shared_.counters.stray_acks;
    return run_invite(id, *t, invite_server::Event::Ack,
                      Input{.now = now, .out = out, .message = &message, .source = &source});
  }
  // Every dialog has a tag of ours, and a refusal without transaction has one that is in no dialog.
  if (message->to_tag().empty() || message->to_tag() == matching.stateless_tag(*message)) {
    ++shared_.counters.stray_acks;
    return;
  }
  out.events.emplace_back(AckArrived{std::move(message), source});
}

void ServerSide::ignore(ServerId id, base::Instant now) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr || t->finished() || t->response) return;
  // The states that swallow everything until their timer ends.
  t->invite_state = invite_server::State::Confirmed;
  t->other_state = other_server::State::Completed;
  t->request = nullptr;
  t->timers.resend_at = base::kNever;
  // Not 64*T1: who is ignored must not fill the table, and a later repetition is ignored anew.
  t->timers.expire_at = now + shared_.config.t4;
  t->timers.settle(shared_.deadlines, token_of(id));
}

ServerId ServerSide::target_of_cancel(const Fingerprint& base) const {
  // RFC 3261 9.2: whatever its method. INVITE is the first, and but for curious peers the only one.
  for (auto i = static_cast<unsigned>(sip::Method::Invite); i < static_cast<unsigned>(sip::Method::Other); ++i) {
    const auto method = static_cast<sip::Method>(i);
    if (method == sip::Method::Ack || method == sip::Method::Cancel) continue;
    if (const ServerId id = find(shared_.matching.with_method(base, method, {}))) return id;
  }
  return {};
}

void ServerSide::on_cancel(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out) {
  const Matching& matching = shared_.matching;
  const Fingerprint base = matching.server_base(*message);
  const Fingerprint key = matching.with_method(base, sip::Method::Cancel, {});
  if (const ServerId known = find(key)) {
    ++shared_.counters.requests_absorbed;
    return run_other(known, *transactions_.find(known), other_server::Event::Request, Input{.now = now, .out = out});
  }
  const ServerId target = target_of_cancel(base);
  if (!target) {
    // RFC 3261 9.2 asks for 481. Over UDP the source may be forged and nobody would be helped: whoever has a
    // transaction with us gets 200 as long as it lives. On a connection the peer is who it is.
    ++shared_.counters.stray_cancels;
    if (sip::is_reliable(source.hop.transport)) answer_stateless(*message, source, 481, out);
    return;
  }
  Transaction& t = *transactions_.find(target);
  std::string tag(t.response ? to_tag_of(*t.response) : std::string_view{});
  if (tag.empty()) tag = shared_.minter.tag(shared_.random);
  if (t.invite && !t.finished() && !t.cancelled) {
    t.cancelled = true;
    out.events.emplace_back(CancelArrived{target, t.owner, message});
  }
  base::SharedBytes ok = base::share(sip::build_response(*message, 200, tag, source));
  respond(open(message, source, key, seats_.squeeze_in()), 200, std::move(ok), now, out);
}

// --- life
// --------------------------------------------------------------------------------------------------------------

ServerId ServerSide::open(const sip::MessagePtr& message, const sip::Source& source, const Fingerprint& key,
                          Seat seat) {
  const ServerId id = transactions_.emplace();
  by_key_.insert(key, id);
  Transaction& t = *transactions_.find(id);
  t.key = key;
  t.seat = seat;
  t.request = message;
  t.source = source;
  t.reply_port = reply_port_of(*message, source);
  t.invite = message->method() == sip::Method::Invite;
  t.legacy = !message->top_via().has_magic_cookie();
  if (t.legacy) ++shared_.counters.legacy_requests;
  ++shared_.counters.servers_started;
  return id;
}

void ServerSide::admit(ServerId id, base::Instant now, Output& out) {
  Transaction& t = *transactions_.find(id);
  const Config& config = shared_.config;
  if (!t.invite) {
    t.timers.expire_at = now + config.timer_64_t1();
    t.timers.resend_at = now + until_slow_retransmission(config);
  } else {
    t.timers.expire_at = now + config.invite_unanswered;
    t.timers.resend_at = now + config.trying_after;
    if (config.trying_after == base::Duration{})
      return run_invite(id, t, invite_server::Event::Resend, Input{.now = now, .out = out});
  }
  t.timers.settle(shared_.deadlines, token_of(id));
}

void ServerSide::answer_merged(ServerId id, base::Instant now, Output& out) {
  ++shared_.counters.merged_requests;
  // With a transaction of its own: a copy that is repeated after the first call has ended must not start another.
  const Transaction& t = *transactions_.find(id);
  const std::string tag = shared_.minter.tag(shared_.random);
  base::SharedBytes bytes = base::share(sip::build_response(*t.request, 482, tag, t.source));
  respond(id, 482, std::move(bytes), now, out);
}

void ServerSide::answer_stateless(const sip::Message& request, const sip::Source& source, int status, Output& out) {
  const std::string tag = shared_.matching.stateless_tag(request);
  std::string seconds;
  std::array<sip::ExtraHeader, 1> retry_after;
  std::span<const sip::ExtraHeader> extra;
  if (status == 503) {
    const auto least = static_cast<std::uint64_t>(kOverloadRetryAfter / base::seconds(1));
    base::append_number(seconds, least + shared_.random.below(least + 1));
    retry_after[0] = {"Retry-After", seconds};
    extra = retry_after;
  }
  sip::Hop hop = source.hop;
  hop.remote.port = reply_port_of(request, source);
  out.sends.push_back(Send{hop, base::share(sip::build_response(request, status, tag, source, extra)), 0});
}

bool ServerSide::respond(ServerId id, int status, base::SharedBytes bytes, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  // RFC 4320 4.1, 4.2: to a non-INVITE no provisional response but 100, and never 408.
  const bool forbidden = t != nullptr && !t->invite && (status == 408 || (status > 100 && status < 200));
  if (t == nullptr || t->finished()) {
    const bool again = t != nullptr && t->invite_state == invite_server::State::Accepted && status / 100 == 2;
    if (!again) {
      ++shared_.counters.late_responses;
      return false;
    }
  }
  if (forbidden) {
    ++shared_.counters.late_responses;
    return false;
  }
  const Input in{.now = now, .out = out, .bytes = std::move(bytes)};
  if (t->invite) {
    using enum invite_server::Event;
    run_invite(id, *t, status < 200 ? Provisional : status < 300 ? Success : Failure, in);
  } else {
    if (status >= 300) drop_merge_key(*t);
    using enum other_server::Event;
    run_other(id, *t, status < 200 ? Provisional : Final, in);
  }
  return true;
}

void ServerSide::on_timer(ServerId id, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr) return;
  t->timers.fired();
  const bool expired = t->timers.expire_at <= now;
  if (!expired && t->timers.resend_at > now) return t->timers.settle(shared_.deadlines, token_of(id));
  const Input in{.now = now, .out = out};
  if (t->invite) {
    run_invite(id, *t, expired ? invite_server::Event::Expire : invite_server::Event::Resend, in);
  } else {
    run_other(id, *t, expired ? other_server::Event::Expire : other_server::Event::Resend, in);
  }
}

void ServerSide::on_transport_error(ServerId id, base::Instant now, Output& out) {
  Transaction* t = transactions_.find(id);
  if (t == nullptr) return;
  ++shared_.counters.server_transport_errors;
  const Input in{.now = now, .out = out};
  if (t->invite) {
    run_invite(id, *t, invite_server::Event::TransportError, in);
  } else {
    run_other(id, *t, other_server::Event::TransportError, in);
  }
}

void ServerSide::drop_merge_key(Transaction& t) {
  // A request that failed is over: an upstream proxy may try again on another way, and that is a new attempt.
  if (t.merge_key) by_merge_.erase(t.merge_key);
  t.merge_key = {};
}

void ServerSide::destroy(ServerId id, Transaction& t) {
  t.timers.stop(shared_.deadlines);
  by_key_.erase(t.key);
  seats_.leave(t.seat);
  drop_merge_key(t);
  transactions_.erase(id);
}

void ServerSide::set_owner(ServerId id, Owner owner) {
  if (Transaction* t = transactions_.find(id)) t->owner = owner;
}

sip::MessagePtr ServerSide::request_of(ServerId id) const {
  const Transaction* t = transactions_.find(id);
  return t != nullptr ? t->request : nullptr;
}

const sip::Source* ServerSide::source_of(ServerId id) const {
  const Transaction* t = transactions_.find(id);
  return t != nullptr && t->request ? &t->source : nullptr;
}

}  // namespace sbc::transaction
