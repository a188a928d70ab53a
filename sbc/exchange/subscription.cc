// Subscriptions across the border (RFC 6665).

#include <algorithm>
#include <array>

#include "sbc/call/leg_message.h"
#include "sbc/exchange/exchange.h"
#include "sbc/exchange/limits.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/writer.h"

namespace sbc::exchange {
namespace {

// RFC 6665 4.1.2.2, 4.2.2: after these the subscription is no more.
bool ends_subscription(int status) {
  constexpr std::array<int, 7> kEnds = {404, 405, 410, 416, 489, 501, 604};
  return (status >= 480 && status <= 485) || std::ranges::find(kEnds, status) != kEnds.end();
}

base::Duration expiry_of(const std::optional<std::uint32_t>& seconds) {
  if (!seconds) return kUsualExpiry;
  return std::min<base::Duration>(base::seconds(*seconds), kLongestExpiry);
}

std::optional<std::uint32_t> expires_in(const sip::Message& message) {
  const auto value = message.find(sip::HeaderId::Expires);
  return value ? sip::parse_delta_seconds(*value) : std::nullopt;
}

}  // namespace

bool Exchange::may_subscribe(const transaction::RequestArrived& request, const Context& context) {
  const auto refuse = [&](int status, Headers headers, Outcome outcome) {
    counters_.count(sip::Method::Subscribe, outcome);
    answer(request, status, headers, context);
    return false;
  };
  if (std::ranges::find(settings_.events, event_package(*request.message)) == settings_.events.end()) {
    // RFC 6665 8.3.2: with the packages that we know.
    std::string known;
    for (const auto& event : settings_.events) known.append(known.empty() ? "" : ", ").append(event);
    const sip::ExtraHeader allow[] = {{"Allow-Events", known}};
    return refuse(489, allow, Outcome::BadEvent);
  }
  if (!sip::first_contact(*request.message)) return refuse(400, {}, Outcome::Stray);  // nobody could be notified
  const std::string seconds = std::to_string(calls_->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  const auto source = per_source_.find(request.source.hop.remote.ip.text());
  if (subscriptions_.size() >= settings_.max_subscriptions ||
      (source != per_source_.end() && source->second >= settings_.max_per_source))
    return refuse(503, retry, Outcome::Limit);
  return true;
}

void Exchange::open_subscription(Flight& flight, const call::Arrival& arrival, const Context& context) {
  const auto handle = subscriptions_.emplace();
  Subscription& subscription = *subscriptions_.find(handle);
  const sip::Hop& hop = flight.source.hop;
  subscription.handle = handle;
  subscription.request = flight.request;
  subscription.source = hop.remote.ip.text();
  ++per_source_[subscription.source];
  subscription.a = {.realm = arrival.realm,
                    .vouched = !arrival.trunk.empty() || trusted(arrival.realm),
                    .hop = hop,
                    .contact = call::contact_value(*calls_, hop.transport, hop.listener, minter_.user(random_))};
  subscription.first_tag = flight.tag;
  subscription.watch = flight.watch;
  subscription.opened = context.now;
  flight.subscription = handle;
  ++counters_.subscriptions_started;
  // Each attempt may take its time; the answer sets it anew.
  keep_until(subscription, context.now + base::minutes(5));
}

// The SUBSCRIBE goes to a target: what an earlier one may have begun is forgotten.
void Exchange::start_attempt(Flight& flight, const route::Target& target) {
  Subscription& subscription = *subscriptions_.find(flight.subscription);
  for (const auto& pair : subscription.pairs) {
    tags_.erase(pair.a.local_tag());
    tags_.erase(pair.b.local_tag());
  }
  subscription.pairs.clear();
  subscription.b.realm = target.realm;
  subscription.b.vouched = !target.trunk.empty() || trusted(target.realm);
  subscription.b.hop = target.hop;
  tags_.emplace(subscription.start.local_tag, TagRef{subscription.handle, Side::B});
}

Pair* Exchange::pair_of(Subscription& subscription, std::string_view remote_tag_of_b) {
  const auto it = std::ranges::find_if(subscription.pairs,
                                       [&](const Pair& pair) { return pair.b.remote_tag() == remote_tag_of_b; });
  return it == subscription.pairs.end() ? nullptr : &*it;
}

Pair* Exchange::add_pair(Subscription& subscription, dialog::Dialog b) {
  if (subscription.pairs.size() >= kMaxForks) return nullptr;
  // The first dialog has the tag of the 2xx, sent already or not.
  const bool first = !tags_.contains(subscription.first_tag);
  std::string tag = first ? subscription.first_tag : minter_.tag(random_);
  tags_.emplace(tag, TagRef{subscription.handle, Side::A});
  auto a = dialog::Dialog::from_server(*subscription.request, std::move(tag));
  a.raise_local_cseq(1 + static_cast<std::uint32_t>(random_.below(1U << 20)));
  a.confirm();
  subscription.pairs.push_back({.a = std::move(a), .b = std::move(b)});
  return &subscription.pairs.back();
}

void Exchange::opened(Flight& flight, Subscription& subscription, const sip::Message& response,
                      const sip::Source& source, const Context& context) {
  subscription.opening = false;
  if (!subscription.b.vouched) subscription.b.hop = source.hop;
  if (pair_of(subscription, response.to_tag()) == nullptr)
    if (auto dialog = dialog::Dialog::from_client(subscription.start, response))
      add_pair(subscription, *std::move(dialog));
  const auto granted = expires_in(response) ? expires_in(response) : expires_in(*flight.request);
  keep_until(subscription, context.now + expiry_of(granted) + kMargin);
  const std::string domain = domain_of(subscription.a.realm, flight.source.hop.listener);
  Crossing crossing({.realm = subscription.a.realm, .domain = domain, .trusted = false}, key_, dialogs_);
  auto headers = crossing.response_headers(response);
  // RFC 6665 4.2.1.1: a 2xx says how long.
  if (!expires_in(response))
    headers.emplace_back("Expires",
                         std::to_string(std::chrono::duration_cast<base::seconds>(expiry_of(granted)).count()));
  std::vector<sip::ExtraHeader> extra{{"Contact", subscription.a.contact}};
  for (const auto& [name, value] : headers) extra.push_back({name, value});
  finish(flight, response.status(), extra, context);
  end(flight, Outcome::Accepted);
}

void Exchange::on_dialog_request(const transaction::RequestArrived& request, base::Instant now, call::Output& out) {
  const Context context{now, out};
  const auto found = tags_.find(request.message->to_tag());
  auto* subscription = found != tags_.end() ? subscriptions_.find(found->second.subscription) : nullptr;
  const sip::Method method = request.message->method();
  if (subscription == nullptr) {
    counters_.count(method, Outcome::Stray);
    return answer(request, 481, {}, context);
  }
  const sip::Method wanted = found->second.side == Side::A ? sip::Method::Subscribe : sip::Method::Notify;
  if (method != wanted) {
    counters_.count(method, Outcome::Stray);
    const sip::ExtraHeader allow[] = {{"Allow", sip::name_of(wanted)}};
    return answer(request, 405, allow, context);
  }
  if (refuse_early(request, context)) return;
  if (found->second.side == Side::A) return on_subscribe(*subscription, request, context);
  on_notify(*subscription, request, context);
}

void Exchange::on_subscribe(Subscription& subscription, const transaction::RequestArrived& request,
                            const Context& context) {
  const auto it =
      std::ranges::find_if(subscription.pairs, [&](const Pair& p) { return p.a.matches(*request.message); });
  if (it == subscription.pairs.end()) {
    counters_.count(sip::Method::Subscribe, Outcome::Stray);
    return answer(request, 481, {}, context);
  }
  if (it->a.on_request(*request.message) == dialog::Dialog::Check::OutOfOrder) {
    counters_.count(sip::Method::Subscribe, Outcome::Stray);
    return answer(request, 500, {}, context);
  }
  it->a.refresh_target(*request.message);
  subscription.a.hop = request.source.hop;
  relay_in_dialog(subscription, *it, Side::A, request, context);
}

void Exchange::on_notify(Subscription& subscription, const transaction::RequestArrived& request,
                         const Context& context) {
  const sip::Message& notify = *request.message;
  Pair* pair = notify.call_id() == subscription.start.call_id ? pair_of(subscription, notify.from_tag()) : nullptr;
  if (pair == nullptr) {
    // The first word of a notifier, before or beside the 2xx (trap 78; RFC 6665 4.1.2.4, 4.4.1).
    const bool ours = notify.call_id() == subscription.start.call_id && !notify.from_tag().empty();
    const bool timely = subscription.opening || context.now < subscription.opened + 64 * calls_->t1;
    if (ours && timely) {
      auto dialog = dialog::Dialog::from_server(notify, subscription.start.local_tag);
      dialog.raise_local_cseq(subscription.start.cseq);
      dialog.confirm();
      pair = add_pair(subscription, std::move(dialog));
      if (pair == nullptr) ++counters_.forks_refused;
    }
    if (pair == nullptr) {
      counters_.count(sip::Method::Notify, Outcome::Stray);
      return answer(request, 481, {}, context);
    }
  } else if (pair->b.on_request(notify) == dialog::Dialog::Check::OutOfOrder) {
    counters_.count(sip::Method::Notify, Outcome::Stray);
    return answer(request, 500, {}, context);
  }
  if (!subscription.b.vouched) subscription.b.hop = request.source.hop;
  const auto state = subscription_state(notify);
  if (state.text.empty()) {  // RFC 6665 4.1.3: there must be one
    counters_.count(sip::Method::Notify, Outcome::Body);
    return answer(request, 400, {}, context);
  }
  if (state.expires && !state.terminated) keep_until(subscription, context.now + expiry_of(state.expires) + kMargin);
  relay_in_dialog(subscription, *pair, Side::B, request, context);
}

// SUBSCRIBE goes from A to B, NOTIFY from B to A.
void Exchange::relay_in_dialog(Subscription& subscription, Pair& pair, Side from,
                               const transaction::RequestArrived& request, const Context& context) {
  const sip::Message& message = *request.message;
  const SubscriptionLeg& source = from == Side::A ? subscription.a : subscription.b;
  const SubscriptionLeg& target = from == Side::A ? subscription.b : subscription.a;
  dialog::Dialog& dialog = from == Side::A ? pair.b : pair.a;
  const sip::Hop hop = next_hop(target, dialog);
  const std::string domain = domain_of(target.realm, hop.listener);
  const Toward toward{
      .realm = target.realm, .domain = domain, .trusted = trusted(source.realm) && trusted(target.realm)};
  if (!crosses(request, toward, context)) return;

  const auto handle = flights_.emplace();
  Flight& flight = *flights_.find(handle);
  flight.handle = handle;
  flight.kind = from == Side::A ? Flight::Kind::Refresh : Flight::Kind::Notify;
  flight.server = request.transaction;
  flight.request = request.message;
  flight.source = request.source;
  flight.realm = source.realm;
  flight.subscription = subscription.handle;
  flight.watch = subscription.watch;
  flight.remote_tag = pair.b.remote_tag();
  flight.ends = from == Side::B && subscription_state(message).terminated;

  Crossing crossing(toward, key_, dialogs_);
  const auto body = crossing.body_of(message);
  const std::string branch = minter_.branch(random_);
  std::string via;
  sip::append_via(via, hop.transport, calls_->faces.at(hop.listener).sent_by, branch);
  std::string bytes;
  sip::Writer writer(bytes, 700 + body.text.size());
  dialog.write_request_head(writer, message.method_text(), dialog.next_cseq(), via,
                            message.max_forwards().value_or(70) - 1);
  writer.header(sip::HeaderId::Contact, target.contact);
  call::HeaderList headers;
  crossing.request_headers(message, headers);
  for (const auto& [name, value] : headers) writer.header(name, value);
  writer.finish(body.type, body.text);
  send(flight, hop, branch, base::share(std::move(bytes)), context);
  if (flight.client) return;
  finish(flight, 503, {}, context);
  end(flight, Outcome::Limit);
}

void Exchange::in_dialog_answer(Flight& flight, const sip::Message& response, const sip::Source& source,
                                const Context& context) {
  const int status = response.status();
  // 3xx, 401 and 407 would tell of places and credentials of the other side (route/hunt.h does the same).
  const int answer = status >= 300 && status < 400 ? 480 : status == 401 || status == 407 ? 502 : status;
  auto* subscription = subscriptions_.find(flight.subscription);
  const bool refresh = flight.kind == Flight::Kind::Refresh;
  std::vector<sip::ExtraHeader> extra;
  call::HeaderList headers;
  if (subscription != nullptr && status < 300) {
    const auto& leg = refresh ? subscription->a : subscription->b;
    extra.push_back({"Contact", leg.contact});
    if (Pair* pair = pair_of(*subscription, flight.remote_tag)) {
      dialog::Dialog& dialog = refresh ? pair->b : pair->a;
      dialog.refresh_target(response);
    }
    auto& answered = refresh ? subscription->b : subscription->a;
    if (!answered.vouched) answered.hop = source.hop;
    if (refresh) {
      headers = Crossing({}, key_, dialogs_).response_headers(response);
      const auto granted = expires_in(response) ? expires_in(response) : expires_in(*flight.request);
      keep_until(*subscription, context.now + expiry_of(granted) + kMargin);
    }
  } else if (const auto least = response.find(sip::HeaderId::MinExpires); least && status == 423) {
    headers.emplace_back("Min-Expires", std::string(*least));
  }
  for (const auto& [name, value] : headers) extra.push_back({name, value});
  if (answer != 408) finish(flight, answer, extra, context);  // RFC 4320 4.2
  const bool over = flight.ends || ends_subscription(status) || (!refresh && status == 408);
  if (subscription != nullptr && over) drop_pair(*subscription, flight.remote_tag, context.now);
  end(flight, status < 300 ? Outcome::Accepted : Outcome::Rejected);
}

void Exchange::drop_pair(Subscription& subscription, std::string_view remote_tag_of_b, base::Instant now) {
  const Pair* pair = pair_of(subscription, remote_tag_of_b);
  if (pair == nullptr) return;
  if (pair->a.local_tag() != subscription.first_tag) tags_.erase(pair->a.local_tag());
  subscription.pairs.erase(subscription.pairs.begin() + (pair - subscription.pairs.data()));
  if (!subscription.pairs.empty()) return;
  // RFC 6665 4.1.2.4, timer N: other notifiers may still come forward, and the 2xx may be on its way.
  const auto last = subscription.opened + 64 * calls_->t1;
  if (subscription.opening || now < last) return keep_until(subscription, std::max(now, last));
  remove(subscription.handle);
}

void Exchange::keep_until(Subscription& subscription, base::Instant when) {
  timers_.cancel(subscription.timer);
  subscription.until = when;
  subscription.timer =
      timers_.arm(when, {.kind = Deadline::Kind::Expiry, .flight = {}, .subscription = subscription.handle});
}

void Exchange::remove(SubscriptionHandle handle) {
  auto* subscription = subscriptions_.find(handle);
  if (subscription == nullptr) return;
  timers_.cancel(subscription->timer);
  for (const auto& pair : subscription->pairs) tags_.erase(pair.a.local_tag());
  tags_.erase(subscription->first_tag);
  tags_.erase(subscription->start.local_tag);
  if (const auto source = per_source_.find(subscription->source); source != per_source_.end() && --source->second == 0)
    per_source_.erase(source);
  subscriptions_.erase(handle);
}

}  // namespace sbc::exchange
