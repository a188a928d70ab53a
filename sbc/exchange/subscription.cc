// Subscriptions across the border (RFC 6665).

#include <algorithm>
#include <array>

#include "sbc/call/crossing.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/exchange/exchange.h"
#include "sbc/exchange/limits.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/writer.h"

namespace sbc::exchange {
namespace {

// RFC 6665 4.1.2.2, 4.2.2: after these the subscription is no more.
bool ends_subscription(int status) {
  constexpr std::array<int, 7> kEnds = {404, 405, 410, 416, 489, 501, 604};
  return (status >= 480 && status <= 485) || std::ranges::find(kEnds, status) != kEnds.end();
}

void add(std::vector<sip::ExtraHeader>& extra, const call::HeaderList& headers) {
  for (const auto& [name, value] : headers) extra.push_back({name, value});
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

bool Exchange::has_room(const transaction::RequestArrived& request, const Context& context) {
  const auto source = per_source_.find(request.source.hop.remote.ip.text());
  if (subscriptions_.size() < settings_.max_subscriptions &&
      (source == per_source_.end() || source->second < settings_.max_per_source))
    return true;
  const std::string seconds = std::to_string(calls_->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  counters_.count(request.message->method(), Outcome::Limit);
  answer(request, 503, retry, context);
  return false;
}

bool Exchange::may_subscribe(const transaction::RequestArrived& request, const Context& context) {
  const auto refuse = [&](int status, Headers headers, Outcome outcome) {
    counters_.count(sip::Method::Subscribe, outcome);
    answer(request, status, headers, context);
    return false;
  };
  const auto package = event_package(*request.message);
  if (package == kReferPackage) return refuse(403, {}, Outcome::BadEvent);  // RFC 3515 2.4.4: only a REFER begins one
  if (std::ranges::find(settings_.events, package) == settings_.events.end()) {
    // RFC 6665 8.3.2: with the packages that we know.
    std::string known;
    for (const auto& event : settings_.events) known.append(known.empty() ? "" : ", ").append(event);
    const sip::ExtraHeader allow[] = {{"Allow-Events", known}};
    return refuse(489, allow, Outcome::BadEvent);
  }
  if (!sip::first_contact(*request.message)) return refuse(400, {}, Outcome::Stray);  // nobody could be notified
  return has_room(request, context);
}

void Exchange::open_subscription(Flight& flight, const call::Arrival& arrival, const Context& context) {
  const auto handle = subscriptions_.emplace();
  Subscription& subscription = *subscriptions_.find(handle);
  const sip::Hop& hop = flight.source.hop;
  subscription.handle = handle;
  subscription.request = flight.request;
  subscription.source = hop.remote.ip.text();
  const bool refer = flight.request->method() == sip::Method::Refer;
  subscription.event = refer ? kReferPackage : event_package(*flight.request);
  subscription.told_event = refer ? kReferPackage : event_of_subscriber(*flight.request);
  ++per_source_[subscription.source];
  subscription.a = {.realm = arrival.realm,
                    .trunk = arrival.trunk,
                    .vouched = !arrival.trunk.empty() || call::trusts(*calls_, arrival.realm, {}),
                    .hop = hop,
                    .contact = call::contact_value(*calls_, hop.transport, hop.listener, minter_.user(random_))};
  subscription.first_tag = flight.tag;
  subscription.watch = flight.watch;
  subscription.opened = context.now;
  flight.subscription = handle;
  ++counters_.subscriptions_started;
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
  subscription.b.trunk = target.trunk;
  subscription.b.vouched = !target.trunk.empty() || call::trusts(*calls_, target.realm, {});
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
  subscription.pairs.push_back({.a = std::move(a), .b = std::move(b), .until = {}});
  return &subscription.pairs.back();
}

void Exchange::opened(Flight& flight, Subscription& subscription, const sip::Message& response,
                      const sip::Source& source, const Context& context) {
  subscription.opening = false;
  if (!subscription.b.vouched) subscription.b.hop = source.hop;
  if (flight.request->method() == sip::Method::Refer) return referred(flight, subscription, response, context);
  Pair* pair = pair_of(subscription, response.to_tag());
  if (pair == nullptr)
    if (auto dialog = dialog::Dialog::from_client(subscription.start, response))
      pair = add_pair(subscription, *std::move(dialog));
  // RFC 6665 4.2.1.1: a notifier may shorten what was asked for, and never lengthen it.
  const auto wanted = expires_in(*flight.request);
  const auto said = expires_in(response);
  const auto granted = said && wanted ? std::min(said, wanted) : said ? said : wanted;
  if (pair != nullptr) {
    pair->until = context.now + expiry_of(granted) + kMargin;
    learn_ways(subscription, *pair, context);
  }
  arm(subscription);
  auto headers = crossing_back(flight).response_headers(response);
  std::erase_if(headers, [](const auto& header) { return header.first == "Expires"; });
  headers.emplace_back("Expires", std::to_string(static_cast<std::int64_t>(base::to_seconds(expiry_of(granted)))));
  std::vector<sip::ExtraHeader> extra{{"Contact", subscription.a.contact}};
  add(extra, headers);
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
  if (refuse_early(request, true, context)) return;
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
  // RFC 6665 4.5.2: one subscription in each dialog.
  if (event_package(*request.message) != subscription.event) {
    counters_.count(sip::Method::Subscribe, Outcome::BadEvent);
    const sip::ExtraHeader allow[] = {{"Allow-Events", subscription.event}};
    return answer(request, 489, allow, context);
  }
  it->a.refresh_target(*request.message);
  subscription.a.hop = request.source.hop;
  learn_ways(subscription, *it, context);
  relay_in_dialog(subscription, *it, Side::A, request, context);
}

void Exchange::on_notify(Subscription& subscription, const transaction::RequestArrived& request,
                         const Context& context) {
  const sip::Message& notify = *request.message;
  const auto refuse = [&](int status, Outcome outcome) {
    counters_.count(sip::Method::Notify, outcome);
    answer(request, status, {}, context);
  };
  const auto state = subscription_state(notify);
  if (state.text.empty()) return refuse(400, Outcome::Body);  // RFC 6665 4.1.3: there must be one
  const bool ours = notify.call_id() == subscription.start.call_id && event_package(notify) == subscription.event;
  Pair* pair = ours ? pair_of(subscription, notify.from_tag()) : nullptr;
  if (pair == nullptr) {
    // The first word of a notifier, before or beside the 2xx (trap 78; RFC 6665 4.1.2.4, 4.4.1).
    const bool timely = subscription.opening || context.now < subscription.opened + 64 * calls_->t1;
    if (ours && timely && !notify.from_tag().empty()) {
      auto dialog = dialog::Dialog::from_server(notify, subscription.start.local_tag);
      dialog.raise_local_cseq(subscription.start.cseq);
      dialog.confirm();
      pair = add_pair(subscription, std::move(dialog));
      if (pair == nullptr) ++counters_.forks_refused;
    }
    if (pair == nullptr) return refuse(481, Outcome::Stray);
    pair->until = context.now + expiry_of(state.expires ? state.expires : expires_in(*subscription.request)) + kMargin;
  } else if (pair->b.on_request(notify) == dialog::Dialog::Check::OutOfOrder) {
    return refuse(500, Outcome::Stray);
  }
  pair->b.refresh_target(notify);
  learn_ways(subscription, *pair, context);
  if (!subscription.b.vouched) subscription.b.hop = request.source.hop;
  // Of a REFER only this says how long it lasts (RFC 3515 2.4.4).
  if ((state.expires || subscription.event == kReferPackage) && !state.terminated)
    pair->until = context.now + expiry_of(state.expires) + kMargin;
  if (subscription.event == kReferPackage) note_refer_id(subscription, notify);
  if (!subscription.opening) arm(subscription);
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
  const Toward toward{
      .realm = target.realm, .domain = domain_of(target.realm, hop.listener), .trusted = trusts(source, target)};
  if (!crosses(request, toward, context)) return;

  const auto handle = flights_.emplace();
  Flight& flight = *flights_.find(handle);
  flight.handle = handle;
  flight.kind = from == Side::A ? Flight::Kind::Refresh : Flight::Kind::Notify;
  flight.server = request.transaction;
  flight.request = request.message;
  flight.source = request.source;
  flight.realm = source.realm;
  flight.trunk = source.trunk;
  flight.subscription = subscription.handle;
  flight.watch = subscription.watch;
  flight.remote_tag = pair.b.remote_tag();
  flight.ends = from == Side::B && subscription_state(message).terminated;

  auto across = crossing(toward);
  const auto body = across.body_of(message);
  const std::string branch = minter_.branch(random_);
  std::string via;
  sip::append_via(via, hop.transport, calls_->faces.at(hop.listener).sent_by, branch);
  std::string bytes;
  sip::Writer writer(bytes, 700 + body.text.size());
  dialog.write_request_head(writer, message.method_text(), dialog.next_cseq(), via,
                            message.max_forwards().value_or(70) - 1);
  writer.header(sip::HeaderId::Contact, target.contact);
  call::HeaderList headers;
  across.request_headers(message, headers, from == Side::B ? subscription.told_event : subscription.asked_event);
  for (const auto& [name, value] : headers) writer.header(name, value);
  const auto* trunk = calls_->routes->identify(target.realm, hop.remote.ip);
  if (trunk != nullptr && trunk->name == target.trunk)
    credentials_.write(*calls_, target.trunk,
                       {.method = message.method_text(), .uri = dialog.remote_target(), .body = body.text}, random_,
                       writer);
  writer.finish(body.type, body.text);
  send(flight, hop, branch, base::share(std::move(bytes)), context);
  if (flight.client) return;
  finish(flight, 503, {}, context);
  end(flight, Outcome::Limit);
}

void Exchange::in_dialog_answer(Flight& flight, const sip::Message& response, const sip::Source& source,
                                const Context& context) {
  const int status = response.status();
  auto* subscription = subscriptions_.find(flight.subscription);
  const bool refresh = flight.kind == Flight::Kind::Refresh;
  const auto across = crossing_back(flight);
  std::vector<sip::ExtraHeader> extra;
  call::HeaderList headers;
  if (status >= 300) {
    headers = across.failure_headers(response);
    if (const auto seconds = sip::retry_after(response)) headers.emplace_back("Retry-After", std::to_string(*seconds));
  } else if (subscription != nullptr) {
    extra.push_back({"Contact", refresh ? subscription->a.contact : subscription->b.contact});
    Pair* pair = pair_of(*subscription, flight.remote_tag);
    if (pair != nullptr) {
      (refresh ? pair->b : pair->a).refresh_target(response);
      learn_ways(*subscription, *pair, context);
    }
    auto& answered = refresh ? subscription->b : subscription->a;
    if (!answered.vouched) answered.hop = source.hop;
    if (refresh) {
      headers = across.response_headers(response);
      const auto granted = expires_in(response) ? expires_in(response) : expires_in(*flight.request);
      if (pair != nullptr) pair->until = context.now + expiry_of(granted) + kMargin;
      arm(*subscription);
    }
  }
  add(extra, headers);
  // RFC 4320 4.2: no 408. The others as for requests inside calls.
  if (const int told = call::crossing_status(status); told != 0) finish(flight, told, extra, context);
  const bool over = flight.ends || ends_subscription(status) || (!refresh && status == 408);
  if (subscription != nullptr && over) drop_pair(*subscription, flight.remote_tag, context.now);
  end(flight, status < 300 ? Outcome::Accepted : Outcome::Rejected);
}

}  // namespace sbc::exchange
