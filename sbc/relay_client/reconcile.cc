// After each connect the two sides compare what they believe is alive.

#include <algorithm>
#include <utility>

#include "sbc/relay_client/machine.h"

namespace sbc::relay_client {

void RelayLink::Machine::on_internal_reply(const Context& context, control::Reply reply) {
  if (const auto* error = std::get_if<control::Error>(&reply)) {
    // A Close that fails is harmless: reconciling finds the session again. Nothing else may fail.
    if (std::holds_alternative<control::Close>(context.command)) return settle(context, reply);
    return disconnect("the relay refused " + std::string(control::name_of(context.command)) + ": " + error->text);
  }
  if (const auto* welcome = std::get_if<control::Welcome>(&reply)) {
    lease_ = base::milliseconds(welcome->lease_ms);
    networks_ = welcome->networks;
    resumes_within_ = base::milliseconds(welcome->resume_ms);
    listed_.clear();
    transmit_internal(control::Subscribe{control::kAllEvents});
    ping();  // its load is to be known when the first session comes
    return transmit_internal(control::List{});
  }
  if (auto* page = std::get_if<control::Listed>(&reply)) return on_listed(std::move(*page));
  if (const auto* pong = std::get_if<control::Pong>(&reply)) return on_pong(*pong);
  if (std::holds_alternative<control::Close>(context.command)) settle(context, reply);
}

bool RelayLink::Machine::serves(const control::SessionSpec& spec) const {
  const auto has = [this](const std::string& network) {
    return std::ranges::find(networks_, network) != networks_.end();
  };
  return std::ranges::all_of(spec.flows, [&](const auto& flow) { return has(flow.a.network) && has(flow.b.network); });
}

void RelayLink::Machine::on_listed(control::Listed page) {
  if (state_ != LinkState::Reconciling) return;
  // Pages ascend; a relay that repeats one would keep us here for ever.
  const bool progress =
      !page.ids.empty() && std::ranges::none_of(page.ids, [this](const auto& id) { return listed_.contains(id); });
  listed_.insert(page.ids.begin(), page.ids.end());
  if (page.next.empty()) return finish_reconciling();
  if (!progress) return disconnect("the relay's list of sessions does not end");
  transmit_internal(control::List{page.next});
}

void RelayLink::Machine::finish_reconciling() {
  const std::unordered_set<control::SessionId> listed = std::exchange(listed_, {});
  const std::unordered_set<control::SessionId> unwanted = std::exchange(unwanted_, {});
  lease_timer_.cancel();
  if (resuming()) ++counters_.resumptions;
  resume_until_ = {};
  backoff_ = options_.backoff_first;
  for (const control::SessionId& id : listed) {
    const bool wanted = !unwanted.contains(id) && (known_.contains(id) || delegate_.is_live(id));
    if (wanted) continue;
    ++counters_.orphans_closed;
    transmit_internal(control::Close{id, "nobody wants it"});
  }
  ping_timer_.arm(loop_.now() + std::min(options_.ping_interval, lease_ / 3));
  set_state(LinkState::Up);
  lose_sessions(listed, "the relay no longer has it");
}

void RelayLink::Machine::lose_sessions(const std::unordered_set<control::SessionId>& kept, std::string_view reason) {
  std::vector<control::RelayEvent> lost;
  for (auto it = known_.begin(); it != known_.end();) {
    if (kept.contains(it->first) || !it->second.opened) {
      ++it;
      continue;
    }
    lost.push_back({it->second.owner, control::SessionLost{it->first, std::string(reason)}});
    // Should it turn up after all, nobody waits for it any more.
    unwanted_.insert(it->first);
    it = known_.erase(it);
  }
  counters_.sessions_lost += lost.size();
  for (control::RelayEvent& event : lost) delegate_.on_relay_event(std::move(event));
}

}  // namespace sbc::relay_client
