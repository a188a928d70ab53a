// The way of requests inside a subscription: where the peer was last seen, an address, or a name with its places.

#include "sbc/call/leg_message.h"
#include "sbc/call/under_way.h"
#include "sbc/exchange/exchange.h"
#include "sbc/sip/parser.h"

namespace sbc::exchange {
namespace {

// What call::next_hop needs. A peer that nobody vouches for must not aim our requests at third parties by its Contact
// or Record-Route: it is reached where it was last seen.
call::Leg way_to(const SubscriptionLeg& leg, const dialog::Dialog& dialog) {
  call::Leg way;
  way.realm = leg.realm;
  way.hop = leg.hop;
  way.symmetric = !leg.vouched;
  way.dialog = dialog;
  way.way_of = leg.way_of;
  way.way = leg.way;
  way.way_moved = leg.way_moved;
  way.way_failures = leg.way_failures;
  return way;
}

}  // namespace

sip::Hop Exchange::next_hop(const SubscriptionLeg& leg, const dialog::Dialog& dialog) const {
  return call::next_hop(*calls_, way_to(leg, dialog));
}

// A remote target or first Route that is a host name: asked for when it is learned, so that no request waits for it.
// Until the answer comes they go to where the peer was last seen.
void Exchange::learn_way(Subscription& subscription, Side side, const dialog::Dialog& dialog, const Context& context) {
  SubscriptionLeg& leg = side == Side::A ? subscription.a : subscription.b;
  if (!leg.vouched) return;
  const auto host = call::name_of_next_hop(dialog);
  if (!host || *host == leg.way_of) return;
  leg.way_of = *host;
  leg.way.clear();
  leg.way_moved = false;
  leg.way_failures = 0;
  if (++lookups_ == 0) ++lookups_;
  ways_asked_[lookups_] = {.subscription = subscription.handle, .side = side};
  context.out.lookups.push_back({.owner = 0, .number = lookups_, .realm = leg.realm, .host = *host});
}

void Exchange::learn_ways(Subscription& subscription, const Pair& pair, const Context& context) {
  learn_way(subscription, Side::A, pair.a, context);
  learn_way(subscription, Side::B, pair.b, context);
}

void Exchange::way_located(const call::Lookup& lookup, const std::vector<route::Place>& places) {
  const auto found = ways_asked_.find(lookup.number);
  if (found == ways_asked_.end()) return;
  auto* subscription = subscriptions_.find(found->second.subscription);
  const Side side = found->second.side;
  ways_asked_.erase(found);
  if (subscription == nullptr) return;
  SubscriptionLeg& leg = side == Side::A ? subscription->a : subscription->b;
  if (leg.way_of == lookup.host) leg.way = places;
}

bool Exchange::fail_over(Flight& flight, const base::SharedBytes& request, const sip::Hop& hop,
                         const Context& context) {
  auto* subscription = subscriptions_.find(flight.subscription);
  const bool refresh = flight.kind == Flight::Kind::Refresh;
  if (subscription == nullptr || request == nullptr || (!refresh && flight.kind != Flight::Kind::Notify)) return false;
  Pair* pair = pair_of(*subscription, flight.remote_tag);
  SubscriptionLeg& leg = refresh ? subscription->b : subscription->a;
  if (pair == nullptr || !leg.vouched || leg.way.size() < 2) return false;
  dialog::Dialog& dialog = refresh ? pair->b : pair->a;
  call::Leg way = way_to(leg, dialog);
  const bool more = call::pass_over(way, hop.remote);
  leg.way = std::move(way.way);
  leg.way_moved = way.way_moved;
  leg.way_failures = way.way_failures;
  if (!more) return false;
  const sip::Hop next = next_hop(leg, dialog);
  if (next.remote == hop.remote) return false;  // its next hop is not this name
  const auto parsed = sip::parse(std::string(*request));
  if (!parsed.ok()) return false;
  const sip::Message& message = *parsed.message;
  const auto credentials = [&](sip::Writer& writer) {
    const auto* trunk = calls_->routes->identify(leg.realm, next.remote.ip);
    if (trunk == nullptr || trunk->name != leg.trunk) return;
    credentials_.write(*calls_, leg.trunk,
                       {.method = message.method_text(), .uri = message.request_uri_text(), .body = message.body()},
                       random_, writer);
  };
  const std::string branch = minter_.branch(random_);
  std::string via;
  sip::append_via(via, next.transport, calls_->faces.at(next.listener).sent_by, branch);
  send(flight, next, branch, call::same_request(message, via, credentials), context);
  return static_cast<bool>(flight.client);
}

}  // namespace sbc::exchange
