// What comes back for a request that was carried: responses, silence, places, and the time that it may take.

#include <algorithm>

#include "sbc/call/identity.h"
#include "sbc/exchange/exchange.h"
#include "sbc/sip/retry_after.h"

namespace sbc::exchange {

// A 2xx of the far side: its status with the ordinary phrase, the headers that are listed, the body as it may cross.
void Exchange::accepted(Flight& flight, const sip::Message& response, const Context& context) {
  auto across = crossing_back(flight);
  auto body = across.body_of(response);
  if (!body.crosses()) ++counters_.bodies_dropped;
  const auto headers = across.response_headers(response);
  std::vector<sip::ExtraHeader> extra;
  for (const auto& [name, value] : headers) extra.push_back({name, value});
  finish(flight, response.status(), extra, context, body);
  end(flight, Outcome::Accepted);
}

// A trunk wants credentials: the request goes again, and the asking side sees nothing of it (RFC 3261 22.2).
bool Exchange::again(Flight& flight, const transaction::ResponseArrived& response, const Context& context) {
  const int status = response.message->status();
  if (status != 401 && status != 407) return false;
  auto* subscription = subscriptions_.find(flight.subscription);
  dialog::Dialog* dialog = nullptr;
  std::string trunk;
  if (flight.kind == Flight::Kind::Carry || flight.kind == Flight::Kind::Open) {
    trunk = flight.hunt.current()->trunk;
  } else if (subscription != nullptr) {
    const bool refresh = flight.kind == Flight::Kind::Refresh;
    const auto& leg = refresh ? subscription->b : subscription->a;
    // The Contact of a peer may name anybody: only the trunk itself gets an answer.
    const auto* found = calls_->routes->identify(leg.realm, response.hop.remote.ip);
    Pair* pair = pair_of(*subscription, flight.remote_tag);
    if (found == nullptr || pair == nullptr || found->name != leg.trunk) return false;
    trunk = leg.trunk;
    dialog = refresh ? &pair->b : &pair->a;
  }
  const auto repeated = credentials_.repeat({.settings = *calls_,
                                             .trunk = trunk,
                                             .before = flight.challenges,
                                             .least = dialog != nullptr ? dialog->next_cseq() : 0U},
                                            response, minter_, random_);
  if (!repeated) {
    if (!repeated.error().empty())
      context.out.notes.push_back({.level = call::Note::Level::Warning, .call = {}, .text = repeated.error()});
    return false;
  }
  if (dialog != nullptr) dialog->raise_local_cseq(repeated->cseq);
  if (flight.opening) flight.opening->start.cseq = repeated->cseq;
  if (flight.kind == Flight::Kind::Open && subscription != nullptr) subscription->start.cseq = repeated->cseq;
  send(flight, response.hop, repeated->branch, repeated->bytes, context);
  if (!flight.client) return false;
  ++flight.challenges;
  ++credentials_.counters.retried;
  return true;
}

Crossing Exchange::crossing_back(const Flight& flight) const {
  const route::Target* target = flight.hunt.current();
  const auto* inside = target == nullptr ? subscriptions_.find(flight.subscription) : nullptr;
  return crossing(
      {.realm = flight.realm,
       .domain = domain_of(flight.realm, flight.source.hop.listener),
       .trusted = target != nullptr ? trusts(flight, *target) : inside != nullptr && trusts(inside->a, inside->b)});
}

bool Exchange::on_response(const transaction::ResponseArrived& response, base::Instant now, call::Output& out) {
  Flight* flight = flight_of(response.transaction);
  if (flight == nullptr) return false;
  const Context context{now, out};
  // RFC 4320 4.1: a provisional response is at most 100, and that is each side's own.
  if (response.message->status() < 200 || again(*flight, response, context)) return true;
  note_busy(*flight, response, context);
  if (response.message->status() == 503 && fail_over(*flight, response.request, response.hop, context)) return true;
  if (auto* subscription = subscriptions_.find(flight->subscription)) {
    if (flight->kind == Flight::Kind::Refresh) subscription->b.way_failures = 0;
    if (flight->kind == Flight::Kind::Notify) subscription->a.way_failures = 0;
  }
  final_response(*flight, *response.message, response.source, context);
  return true;
}

// RFC 3261 21.5.4, inside a dialog; outside of it the hunt does that.
void Exchange::note_busy(const Flight& flight, const transaction::ResponseArrived& response, const Context& context) {
  const auto seconds = response.message->status() == 503 ? sip::retry_after(*response.message) : std::nullopt;
  if (!seconds || flight.kind == Flight::Kind::Carry || flight.kind == Flight::Kind::Open) return;
  const base::Duration wait = base::seconds(*seconds);
  health_.mark_busy(response.hop.transport, response.hop.remote, wait, context.now);
  health_.report({.key = {response.hop.transport, response.hop.remote},
                  .sign = route::TrunkHealth::Sign::Unavailable,
                  .busy = wait});
}

void Exchange::final_response(Flight& flight, const sip::Message& message, const sip::Source& source,
                              const Context& context) {
  guard_.heard(calls_, flight.watch.get(), leak::other(asker_of(flight)), message, source);
  if (flight.kind == Flight::Kind::Refresh || flight.kind == Flight::Kind::Notify)
    return in_dialog_answer(flight, message, source, context);
  flight.hunt.answered(health_);
  if (message.status() < 300) {
    auto* subscription = subscriptions_.find(flight.subscription);
    if (subscription != nullptr) return opened(flight, *subscription, message, source, context);
    return accepted(flight, message, context);
  }
  route::Failure failure;
  failure.status = static_cast<std::uint16_t>(message.status());
  failure.reason = std::string(sip::reason_phrase_for(message.status()));
  failure.retry_after = sip::retry_after(message);
  flight.failures.emplace_back(message.status(), crossing_back(flight).failure_headers(message));
  failed(flight, failure, context);
}

bool Exchange::on_client_failed(const transaction::ClientFailed& failure, base::Instant now, call::Output& out) {
  const Context context{now, out};
  Flight* flight = flight_of(failure.transaction);
  if (flight == nullptr) return false;
  const bool timeout = failure.reason == transaction::ClientFailed::Reason::Timeout;
  if (flight->kind == Flight::Kind::Carry || flight->kind == Flight::Kind::Open) {
    failed(*flight, {.cause = timeout ? route::Failure::Cause::Timeout : route::Failure::Cause::Transport}, context);
    return true;
  }
  if (fail_over(*flight, failure.request, failure.hop, context)) return true;
  // RFC 6665 4.2.2: a subscriber that does not answer has gone.
  auto* subscription = subscriptions_.find(flight->subscription);
  if (subscription != nullptr && flight->kind == Flight::Kind::Notify)
    drop_pair(*subscription, flight->remote_tag, now);
  if (!timeout) finish(*flight, 503, {}, context);
  end(*flight, timeout ? Outcome::Silent : Outcome::Unreachable);
  return true;
}

void Exchange::on_located(const call::Lookup& lookup, const std::vector<route::Place>& places, base::Instant now,
                          call::Output& out) {
  const Context context{now, out};
  const auto found = by_lookup_.find(lookup.number);
  Flight* flight = found != by_lookup_.end() ? flights_.find(found->second) : nullptr;
  if (flight == nullptr) {
    way_located(lookup, places);
    return;
  }
  by_lookup_.erase(found);
  flight->lookup = 0;
  const auto* target = flight->hunt.current();
  if (target == nullptr || !target->awaits_name()) return;
  const auto* realm = calls_->routes->realm(target->realm);
  if (places.empty() || realm == nullptr || !flight->hunt.located(places, *realm, health_, now))
    return failed(*flight, {.cause = route::Failure::Cause::Unresolved}, context);
  try_target(*flight, context);
}

void Exchange::on_deadline(base::Instant now, call::Output& out) {
  const Context context{now, out};
  Deadline due;
  while (timers_.pop_due(now, due)) {
    if (due.kind == Deadline::Kind::Expiry) {
      expire(due.subscription);
      continue;
    }
    Flight* flight = flights_.find(due.flight);
    if (flight == nullptr) continue;
    flight->patience = {};
    layer_.abandon(flight->client);
    failed(*flight, {.cause = route::Failure::Cause::Timeout}, context);
  }
}

}  // namespace sbc::exchange
