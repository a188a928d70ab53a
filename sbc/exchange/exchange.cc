#include "sbc/exchange/exchange.h"

#include <algorithm>

#include "sbc/call/extensions.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/sips.h"
#include "sbc/exchange/limits.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/privacy.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/params.h"
#include "sbc/sip/writer.h"

namespace sbc::exchange {
namespace {

std::vector<sip::ExtraHeader> as_extra(const std::vector<policy::Header>& headers) {
  std::vector<sip::ExtraHeader> extra;
  for (const auto& header : headers) extra.push_back({header.name, header.value});
  return extra;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Accepted:
      return "accepted";
    case Outcome::Rejected:
      return "rejected";
    case Outcome::Refused:
      return "refused";
    case Outcome::Silent:
      return "silent";
    case Outcome::Unreachable:
      return "unreachable";
    case Outcome::Limit:
      return "limit";
    case Outcome::Looped:
      return "looped";
    case Outcome::Extension:
      return "extension";
    case Outcome::Body:
      return "body";
    case Outcome::BadEvent:
      return "bad_event";
    case Outcome::Stray:
      return "stray";
    case Outcome::Reference:
      return "reference";
  }
  return "unknown";
}

Exchange::Exchange(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Advisor& advisor,
                   const Dialogs& dialogs, Shared shared, std::shared_ptr<const call::Settings> calls,
                   Settings settings)
    : layer_(layer),
      minter_(minter),
      random_(random),
      advisor_(advisor),
      dialogs_(dialogs),
      guard_(shared.guard),
      calls_(std::move(calls)),
      settings_(std::move(settings)),
      key_{random.below(UINT64_MAX), random.below(UINT64_MAX)},
      health_(shared.health),
      credentials_(shared.credentials) {}

void Exchange::replace_settings(std::shared_ptr<const call::Settings> calls, Settings settings) {
  calls_ = std::move(calls);
  settings_ = std::move(settings);
}

void Exchange::answer(const transaction::RequestArrived& request, int status, Headers headers, const Context& context,
                      std::string_view reason) {
  auto bytes = base::share(
      sip::build_response(*request.message, status, minter_.tag(random_), request.source, headers, {}, {}, reason));
  layer_.respond(request.transaction, status, std::move(bytes), context.now, context.out.transaction);
}

// What needs no policy. `inside` a subscription, which goes on while the border is about to stop.
bool Exchange::refuse_early(const transaction::RequestArrived& request, bool inside, const Context& context) {
  const auto refuse = [&](int status, Headers headers, Outcome outcome) {
    counters_.count(request.message->method(), outcome);
    answer(request, status, headers, context);
    return true;
  };
  const std::string seconds = std::to_string(calls_->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  if ((draining_ && !inside) || flights_.size() >= settings_.max_flights) return refuse(503, retry, Outcome::Limit);
  if (!inside && request.message->request_uri().scheme == sip::Uri::Scheme::Sips &&
      !sip::is_secure(request.source.hop.transport)) {
    const std::string warning = "380 " + calls_->faces.at(request.source.hop.listener).sent_by +
                                " \"SIPS Not Allowed: this transport is not TLS\"";
    const sip::ExtraHeader why[] = {{"Warning", warning}};
    return refuse(480, why, Outcome::Unreachable);
  }
  if (request.message->max_forwards() == 0) return refuse(483, {}, Outcome::Looped);
  if (dialog::has_too_many_routes(*request.message)) return refuse(400, {}, Outcome::Limit);
  // What of these is too much stays away when the request is written; it is counted here, once.
  (void)identity::resource_priorities(*request.message, &counters_.limits);
  // RFC 3323 5: privacy that is critical and cannot be provided.
  if (!identity::unprovidable(identity::privacy_of(*request.message, &counters_.limits)).empty())
    return refuse(500, {}, Outcome::Extension);
  if (const auto tags = call::unsupported_extensions(*request.message); !tags.empty()) {
    const sip::ExtraHeader unsupported[] = {{"Unsupported", tags}};
    return refuse(420, unsupported, Outcome::Extension);
  }
  return false;
}

bool Exchange::on_request(const transaction::RequestArrived& request, const call::Arrival& arrival, base::Instant now,
                          call::Output& out) {
  const Context context{now, out};
  auto decision = advisor_.request(*request.message, request.source, arrival, named_party(*request.message));
  switch (decision.kind) {
    case policy::RequestDecision::Kind::Accept:
      return false;
    case policy::RequestDecision::Kind::Drop:
      counters_.count(request.message->method(), Outcome::Refused);
      layer_.ignore(request.transaction, now);
      return true;
    case policy::RequestDecision::Kind::Reject:
      counters_.count(request.message->method(), Outcome::Refused);
      answer(request, decision.status, as_extra(decision.headers), context, decision.reason);
      return true;
    case policy::RequestDecision::Kind::Challenge: {
      const auto challenge = advisor_.challenge(*request.message, arrival.realm);
      answer(request, challenge.status, as_extra(challenge.headers), context);
      return true;
    }
    case policy::RequestDecision::Kind::Route:
      break;
  }
  if (!refuse_early(request, false, context)) carry(request, arrival, std::move(decision.candidates), context);
  return true;
}

// RFC 3892 4: the token signs a Refer-To and a Referred-By that are others on the far side.
bool Exchange::may_leave(const sip::Message& request, body::Fate fate) {
  const auto referred = request.find(sip::HeaderId::ReferredBy);
  if (request.method() != sip::Method::Refer || !referred) return false;
  const auto bracket = referred->find('>');
  const auto params = bracket != std::string_view::npos ? bracket + 1 : std::min(referred->find(';'), referred->size());
  return (fate == body::Fate::Unknown || fate == body::Fate::Unwanted) &&
         sip::find_param(referred->substr(params), "cid");
}

// A body that cannot cross is refused before anybody is disturbed. It is rewritten again for each target: realms
// differ.
bool Exchange::crosses(const transaction::RequestArrived& request, const Toward& toward, const Context& context) {
  const auto body = crossing(toward).body_of(*request.message);
  if (body.crosses()) return true;
  if (may_leave(*request.message, body.fate)) {
    ++counters_.bodies_dropped;
    return true;
  }
  counters_.count(request.message->method(), Outcome::Body);
  context.out.notes.push_back({.level = call::Note::Level::Info, .call = {}, .text = "body refused: " + body.why});
  if (body.fate == body::Fate::Malformed) {
    answer(request, 400, {}, context);
    return false;
  }
  std::string types = "text/*";
  for (const auto type : body::kReadable) types.append(", ").append(type);
  const sip::ExtraHeader accept[] = {{"Accept", types}, {"Accept-Encoding", "identity"}};
  answer(request, 415, accept, context);
  return false;
}

void Exchange::carry(const transaction::RequestArrived& request, const call::Arrival& arrival,
                     std::vector<policy::Candidate> candidates, const Context& context) {
  const sip::Method method = request.message->method();
  const bool subscribe = method == sip::Method::Subscribe;
  const bool refer = method == sip::Method::Refer;
  if (subscribe && !may_subscribe(request, context)) return;
  if (refer && !may_refer(request, context)) return;
  const std::string dialled = sip::unescape(request.message->request_uri().user);
  auto plan =
      route::resolve(*calls_->routes, candidates, {dialled, context.now}, advisor_.contacts(), health_, random_);
  for (const auto& skipped : plan.skipped)
    context.out.notes.push_back(
        {.level = call::Note::Level::Info, .call = {}, .text = "not tried: " + skipped.what + ": " + skipped.why});
  // RFC 3608: the sender's own registrar wants its routes on these, too.
  for (auto& target : plan.targets)
    if (!target.trunk.empty() && std::ranges::find(arrival.upstream, target.trunk) != arrival.upstream.end())
      target.routes = arrival.service_route;
  if (!plan.targets.empty()) {
    const auto& realm = plan.targets.front().realm;
    const bool trusted =
        call::trusts(*calls_, arrival.realm, arrival.trunk) && call::trusts(*calls_, realm, plan.targets.front().trunk);
    const Toward there{.realm = realm,
                       .domain = "invalid",
                       .trusted = trusted,
                       .trunk = plan.targets.front().trunk,
                       .from = arrival.realm};
    if (refer && !refer_crosses(request, there, context)) return;
    if (!crosses(request, there, context)) return;
    if (subscribe && crossing(there).accepts_nothing(*request.message)) {
      counters_.count(method, Outcome::Body);
      return answer(request, 406, {}, context);
    }
  }
  const auto handle = flights_.emplace();
  Flight& flight = *flights_.find(handle);
  flight.handle = handle;
  flight.kind = subscribe || refer ? Flight::Kind::Open : Flight::Kind::Carry;
  flight.server = request.transaction;
  flight.request = request.message;
  flight.source = request.source;
  flight.realm = arrival.realm;
  flight.trunk = arrival.trunk;
  flight.sender = call::sender_of(*calls_, arrival);
  flight.tag = minter_.tag(random_);
  flight.watch = call::LeakGuard::watch(*calls_);
  flight.hunt = route::Hunt(std::move(plan.targets));
  if (subscribe || refer) open_subscription(flight, arrival, context);
  try_target(flight, context);
}

void Exchange::try_target(Flight& flight, const Context& context) {
  const route::Target* target = flight.hunt.current();
  if (target == nullptr) return give_up(flight, context);
  if (target->awaits_name()) {
    if (++lookups_ == 0) ++lookups_;
    flight.lookup = lookups_;
    by_lookup_[flight.lookup] = flight.handle;
    context.out.lookups.push_back({.owner = 0, .number = flight.lookup, .realm = target->realm, .host = *target->name});
    return;
  }
  send_to_target(flight, context);
}

void Exchange::send_to_target(Flight& flight, const Context& context) {
  const route::Target& target = *flight.hunt.current();
  if (flight.request->request_uri().scheme == sip::Uri::Scheme::Sips && call::leaves_in_clear(*calls_, target)) {
    context.out.notes.push_back(
        {.level = call::Note::Level::Info,
         .call = {},
         .text = "not tried: " + target.text() + ": it was sent to sips:, and this is not TLS"});
    return failed(flight, {.cause = route::Failure::Cause::Response, .status = 480}, context);
  }
  // What it names may be known to the target before, and not to this one.
  if (flight.request->method() == sip::Method::Refer &&
      !crossing(toward(flight, target)).refer_headers(*flight.request))
    return failed(flight, {.cause = route::Failure::Cause::Unresolved}, context);
  auto& opening = flight.opening;
  if (!opening) opening = Opening{.start = fresh_start(flight, target), .contact = {}, .hop = {}};
  if (opening->contact.empty() || opening->hop.transport != target.hop.transport ||
      opening->hop.listener != target.hop.listener) {
    opening->hop = target.hop;
    opening->contact = call::contact_value(*calls_, target.hop.transport, target.hop.listener, minter_.user(random_));
  }
  const std::string branch = minter_.branch(random_);
  auto bytes = outside_request(flight, target, branch, opening->start, opening->contact);
  if (auto* subscription = subscriptions_.find(flight.subscription)) {
    tags_.erase(subscription->start.local_tag);  // of the target before
    subscription->start = opening->start;
    subscription->b.contact = opening->contact;
    start_attempt(flight, target);
  }
  send(flight, target.hop, branch, std::move(bytes), context);
  if (!flight.client) return failed(flight, {.cause = route::Failure::Cause::Transport}, context);
  // With nobody else to ask, the transaction's own end is the end (RFC 4320: no 408 could be sent earlier either).
  if (flight.hunt.remaining() == 0) return;
  const base::Duration wait =
      target.candidate.timeout_s != 0 ? base::seconds(target.candidate.timeout_s) : calls_->first_response;
  flight.patience =
      timers_.arm(context.now + wait, {.kind = Deadline::Kind::Patience, .flight = flight.handle, .subscription = {}});
}

void Exchange::send(Flight& flight, const sip::Hop& hop, std::string_view branch, base::SharedBytes bytes,
                    const Context& context) {
  forget_client(flight);
  const leak::End asker = asker_of(flight);
  guard_.heard(calls_, flight.watch.get(), asker, *flight.request, flight.source);
  bytes = guard_.checked(*calls_, flight.watch.get(), leak::other(asker), std::move(bytes), {});
  flight.client = layer_.request({.method = flight.request->method(),
                                  .method_text = flight.request->method_text(),
                                  .branch = branch,
                                  .hop = hop,
                                  .bytes = std::move(bytes),
                                  .owner = 0},
                                 context.now, context.out.transaction);
  if (flight.client) by_client_.emplace(flight.client.pack(), flight.handle);
}

Flight* Exchange::flight_of(transaction::ClientId client) {
  const auto found = by_client_.find(client.pack());
  return found == by_client_.end() ? nullptr : flights_.find(found->second);
}

void Exchange::forget_client(Flight& flight) {
  if (flight.client) by_client_.erase(flight.client.pack());
}

void Exchange::failed(Flight& flight, const route::Failure& failure, const Context& context) {
  timers_.cancel(flight.patience);
  flight.patience = {};
  const auto verdict = flight.hunt.failed(failure, health_, context.now);
  if (verdict == route::Verdict::Next && flight.hunt.remaining() > 0) {
    // RFC 3263 4.3: the next place of a name gets "a new request, which is identical to the previous, but has a
    // different value of the Via branch ID"; another target gets one of its own.
    if (!flight.hunt.next_is_same_name()) flight.opening.reset();
    flight.hunt.advance();
    return try_target(flight, context);
  }
  give_up(flight, context);
}

void Exchange::give_up(Flight& flight, const Context& context) {
  const auto answer = flight.hunt.answer();
  auto headers = as_extra(answer.headers);
  const auto said =
      std::ranges::find(flight.failures, int{answer.status}, &decltype(flight.failures)::value_type::first);
  if (said != flight.failures.end())
    for (const auto& [name, value] : said->second) headers.push_back({name, value});
  const std::string seconds = std::to_string(answer.retry_after.value_or(0));
  if (answer.retry_after) headers.push_back({"Retry-After", seconds});
  const SubscriptionHandle subscription = flight.subscription;
  if (answer.status == 408) {
    // RFC 4320 4.2: a 408 would come when nobody waits for it any more. The server transaction ends by itself.
    end(flight, Outcome::Silent);
  } else {
    finish(flight, answer.status, headers, context);
    end(flight, flight.client ? Outcome::Rejected : Outcome::Unreachable);
  }
  if (auto* left = subscriptions_.find(subscription)) {
    left->opening = false;
    // RFC 6665 4.1.2.4: a NOTIFY without the 2xx makes the subscription as well.
    if (left->pairs.empty() || answer.status != 408) return remove(subscription);
    arm(*left);
  }
}

void Exchange::finish(Flight& flight, int status, Headers headers, const Context& context, const body::Result& body) {
  auto bytes = base::share(sip::build_response(*flight.request, status, flight.tag, flight.source, headers,
                                               body.crosses() ? body.type : std::string_view(),
                                               body.crosses() ? body.text : std::string_view()));
  bytes = guard_.checked(*calls_, flight.watch.get(), asker_of(flight), std::move(bytes), {});
  layer_.respond(flight.server, status, std::move(bytes), context.now, context.out.transaction);
}

void Exchange::end(Flight& flight, Outcome outcome) {
  counters_.count(flight.request->method(), outcome);
  timers_.cancel(flight.patience);
  forget_client(flight);
  if (flight.lookup != 0) by_lookup_.erase(flight.lookup);
  flights_.erase(flight.handle);
}

}  // namespace sbc::exchange
