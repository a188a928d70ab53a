// How the sessions of a relay that drains get to another one: their owners are told, a few at a time.

#include <algorithm>
#include <utility>

#include "sbc/relay_client/limits.h"
#include "sbc/relay_client/relay_pool.h"

namespace sbc::relay_client {

void RelayPool::on_draining(RelayIndex relay) {
  rounds_[relay] = {};
  shed_timer_.arm(loop_.now());
}

void RelayPool::shed() {
  const bool elsewhere = healthy() > 0;
  bool any = false;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto relay = static_cast<RelayIndex>(i);
    if (!links_[relay]->draining()) {
      rounds_[relay] = {};
      continue;
    }
    any = true;
    // With nobody to take them they are better off where they are; a relay may still come up.
    if (elsewhere) shed_from(relay, rounds_[relay]);
  }
  if (any) shed_timer_.arm(loop_.now() + kShedTick);
}

void RelayPool::shed_from(RelayIndex relay, Round& round) {
  if (round.ids.empty()) {
    if (loop_.now() < round.next) return;
    round = next_round(relay, round.pause);
  }
  for (std::size_t asked = 0; asked < round.at_once && !round.ids.empty();) {
    const control::SessionId id = std::move(round.ids.back());
    round.ids.pop_back();
    const auto owner = links_[relay]->owner_of(id);
    if (!owner) continue;  // closed meanwhile
    ++asked;
    delegate_.on_relay_event({*owner, control::SessionDrains{id}});
  }
}

RelayPool::Round RelayPool::next_round(RelayIndex relay, base::Duration pause) const {
  Round round;
  round.ids = links_[relay]->opened();
  // By then most should be gone, for what is left when its time is over loses its media for a moment.
  const base::Duration half = std::max(base::Duration{}, links_[relay]->ends() - loop_.now()) / 2;
  const auto ticks = static_cast<std::size_t>(std::max<base::Duration::rep>(1, half / kShedTick));
  round.at_once = std::clamp(round.ids.size() / ticks, std::size_t{1}, kShedAtOnce);
  round.pause = std::clamp(pause * 2, kShedAgain, kShedAgainMost);
  round.next = loop_.now() + round.pause;
  return round;
}

}  // namespace sbc::relay_client
