// How long a subscription lasts (RFC 6665 4.1.2.4, 4.2.2, 4.4.1).

#include <algorithm>

#include "sbc/exchange/exchange.h"

namespace sbc::exchange {

void Exchange::drop_pair(Subscription& subscription, std::string_view remote_tag_of_b, base::Instant now) {
  const Pair* pair = pair_of(subscription, remote_tag_of_b);
  if (pair == nullptr) return;
  if (pair->a.local_tag() != subscription.first_tag) tags_.erase(pair->a.local_tag());
  subscription.pairs.erase(subscription.pairs.begin() + (pair - subscription.pairs.data()));
  if (!subscription.pairs.empty()) return;
  // RFC 6665 4.1.2.4, timer N: other notifiers may still come forward, and the 2xx may be on its way.
  if (subscription.opening) return;
  if (now < subscription.opened + 64 * calls_->t1) return arm(subscription);
  remove(subscription.handle);
}

// Until nobody has asked for more, and no other notifier can come forward.
void Exchange::arm(Subscription& subscription) {
  timers_.cancel(subscription.timer);
  base::Instant when = subscription.opened + 64 * calls_->t1;
  for (const auto& pair : subscription.pairs) when = std::max(when, pair.until);
  subscription.timer =
      timers_.arm(when, {.kind = Deadline::Kind::Expiry, .flight = {}, .subscription = subscription.handle});
}

void Exchange::expire(SubscriptionHandle handle) {
  auto* subscription = subscriptions_.find(handle);
  if (subscription == nullptr) return;
  if (!subscription->pairs.empty()) ++counters_.subscriptions_expired;
  remove(handle);
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
